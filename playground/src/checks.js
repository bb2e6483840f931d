// What the engine refuses, in words.

export function checkTurn({ neurons, how, value, direction, strength }, config) {
  const list = Array.isArray(neurons) && new Set(neurons).size === neurons.length;
  expect(list, "neurons as a list of different numbers", neurons);
  for (const neuron of neurons) checkNumber("a neuron", neuron, config.neurons);
  expect(["mean", "clamp", "boost"].includes(how), "how as mean, clamp or boost", how);
  expect(how === "mean" || Number.isFinite(value), "value as a finite number", value);
  if (direction === null || direction === undefined) return;
  checkNumber("a direction", direction, config.width);
  expect(Number.isFinite(strength), "strength as a finite number", strength);
}

// A whole number from 0 on, below `end`.
export function checkNumber(what, value, end) {
  const inside = Number.isInteger(value) && value >= 0 && value < end;
  expect(inside, `${what} as a whole number from 0 to ${end - 1}`, value);
}

function expect(holds, what, got) {
  if (holds) return;
  throw new Error(`expected ${what}, got ${typeof got === "number" ? got : JSON.stringify(got)}`);
}
