// The worker's side of the page's requests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADDRESSES, excess, reference, runBundle } from "./reference.mjs";

runBundle();

function ask(kind, name, ...details) {
  return new Promise((resolve) => {
    globalThis.postMessage = resolve;
    globalThis.onmessage({ data: { kind, name, details, models: ADDRESSES } });
  });
}

test("a model is told without its weights", async () => {
  const { answer } = await ask("open", "prose");
  assert.equal(answer.name, "prose");
  assert.equal(answer.means.length, 512);
  for (const heavy of ["data", "directions", "tensors", "tokenizer"]) assert.ok(!(heavy in answer));
});

test("texts are read by either model, with one tokenizer", async () => {
  for (const [name, { text, ids, entropy }] of Object.entries(reference.models)) {
    const { answer } = await ask("read", name, text, null);
    assert.deepEqual(answer.tokens.map(({ id }) => id), ids);
    assert.ok(excess(answer.clean.entropy, entropy, { absolute: 1e-4 }) <= 0);
    assert.equal(answer.tokens.slice(1).map((token) => token.text).join(""), text.slice(0, -answer.cut));
  }
});

test("what goes wrong is told in words", async () => {
  assert.match((await ask("look", "prose", 999)).error, /expected a position/);
});
