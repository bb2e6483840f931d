// The worker's side of the page's requests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { excess, reference, runBundle } from "./reference.mjs";

runBundle();

function ask(kind, name, ...details) {
  return new Promise((resolve) => {
    globalThis.postMessage = resolve;
    globalThis.onmessage({ data: { kind, name, details } });
  });
}

test("a model is told without its weights", async () => {
  const { found } = await ask("open", "prose");
  assert.equal(found.name, "prose");
  assert.equal(found.means.length, 512);
  for (const heavy of ["data", "directions", "tensors", "tokenizer"]) assert.ok(!(heavy in found));
});

test("texts are read by either model, with one tokenizer", async () => {
  for (const [name, { text, ids, entropy }] of Object.entries(reference.models)) {
    const { found } = await ask("read", name, text, null);
    assert.deepEqual(found.tokens.map(({ id }) => id), ids);
    assert.ok(excess(found.clean.entropy, entropy, { absolute: 1e-4 }) <= 0);
    assert.equal(found.tokens.slice(1).map((token) => token.text).join(""), text.slice(0, -found.cut));
  }
});

test("what goes wrong is told in words", async () => {
  assert.match((await ask("look", "prose", 999)).error, /expected a position/);
});
