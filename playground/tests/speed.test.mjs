// Processor time of what the page does while one types and turns, the least of several tries.

import assert from "node:assert/strict";
import { test } from "node:test";

import { engineOf, reference } from "./reference.mjs";

const { read, look, effects } = engineOf("prose");
const { ids } = reference.models.prose;
const GROUP = { neurons: [43, 307, 414, 110, 213, 2, 17, 250, 373], how: "clamp", direction: null };

function milliseconds(act) {
  const tries = Array.from({ length: 7 }, (_, index) => {
    const start = process.cpuUsage();
    act(index);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...tries);
}

function withToken(length, at, id) {
  return [...ids.slice(0, at), id, ...ids.slice(at + 1, length)];
}

for (const [length, bound] of [[64, 100], [256, 250]]) {
  test(`a token changed at the beginning of ${length} is answered within ${bound} ms`, () => {
    assert.ok(milliseconds((index) => read(withToken(length, 1, 10 + index))) < bound);
  });

  test(`a token changed at the end of ${length} is answered within 20 ms`, () => {
    assert.ok(milliseconds((index) => read(withToken(length, length - 1, 10 + index))) < 20);
  });

  test(`a group is turned 30 times a second along ${length} tokens`, () => {
    const text = ids.slice(0, length);
    read(text);
    const turn = (value) => {
      read(text, { ...GROUP, value });
      look(length - 2, { ...GROUP, value });
    };
    assert.ok(milliseconds(turn) < 1000 / 30);
  });
}

test("effects of all neurons are known within 70 ms", () => {
  read(ids);
  assert.ok(milliseconds((index) => effects(100 + index)) < 70);
});
