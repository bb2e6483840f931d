// Tokens of the bundle (which holds the byte pairs) against those of the Python tokenizer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { modelOf, reference, runBundle } from "./reference.mjs";

const { Tokenizer } = runBundle();
const tokenizer = new Tokenizer(modelOf("prose"));

test("a long text full of what is odd has the same tokens", () => {
  const { text, ids } = reference.odd;
  assert.ok(ids.length >= 10_000);
  assert.deepEqual(tokenizer.encode(text), ids);
  assert.equal(tokenizer.decode(ids), text);
});

test("plain characters are put where the library puts them", () => {
  assert.equal(tokenizer.plainText(reference.odd.text), reference.odd.plain);
});

test("short texts are read as the library reads them", () => {
  for (const { text, ids } of reference.pieces) {
    assert.deepEqual(tokenizer.read(text).ids, [0, ...ids.slice(0, 255)], JSON.stringify(text));
  }
});

test("labels are those of token_labels", () => {
  assert.deepEqual(reference.labels.map((_, id) => tokenizer.label(id)), reference.labels);
});

test("of a long text no more is read than fits, and the same tokens", () => {
  for (const { text, ids } of Object.values(reference.models)) {
    const read = tokenizer.read(text);
    assert.deepEqual(read.ids, ids);
    assert.ok(read.notes.includes("cut"));
    const kept = tokenizer.decode(ids.slice(1));
    assert.equal(read.cut, tokenizer.plainText(text).length - kept.length);
    assert.deepEqual(tokenizer.read(text.repeat(300)).ids, ids);
  }
});

test("a text of millions of characters is read at once", () => {
  for (const text of ["a".repeat(3e6), "word ".repeat(1e6), "é".repeat(1e6), "😀".repeat(1e6)]) {
    const start = performance.now();
    const { ids, cut } = tokenizer.read(text);
    assert.ok(performance.now() - start < 5000);
    assert.equal(ids.length, 256);
    assert.ok(cut > 0.9 * text.length);
  }
});

test("what is odd is noted", () => {
  const notes = (text) => tokenizer.read(text).notes;
  assert.deepEqual(notes(""), ["empty"]);
  assert.deepEqual(tokenizer.read("").ids, [0]);
  assert.deepEqual(notes("Plain words."), []);
  assert.deepEqual(notes("“Well”"), ["plain"]);
  assert.deepEqual(notes("\u200b"), ["empty", "plain"]);
  assert.deepEqual(notes("a\ud800b"), ["surrogate", "bytes"]);
  assert.deepEqual(notes("\udc00\ud800"), ["surrogate", "bytes"]);
  assert.deepEqual(notes("a\u0007"), ["control"]);
  assert.deepEqual(notes("😀"), ["bytes"]);
  assert.deepEqual(notes("שלום"), ["bytes"]);
  assert.deepEqual(notes("<|endoftext|>"), ["special"]);
  assert.deepEqual(notes("a\nb"), []);
});
