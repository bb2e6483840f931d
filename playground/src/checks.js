// What the engine refuses, in words.

export function checkTurn(turn, { neurons, width }) {
  const chosen = turn.neurons;
  if (!Array.isArray(chosen) || new Set(chosen).size < chosen.length) {
    throw new Error(`expected neurons as a list of different numbers, got ${said(chosen)}`);
  }
  for (const neuron of chosen) whole("a neuron", neuron, neurons);
  if (!["mean", "clamp", "boost"].includes(turn.how)) {
    throw new Error(`expected how as mean, clamp or boost, got ${said(turn.how)}`);
  }
  if (turn.how !== "mean") finite("value", turn.value);
  if (turn.direction === null || turn.direction === undefined) return;
  whole("a direction", turn.direction, width);
  finite("strength", turn.strength);
}

// A whole number from 0 to below `end`.
export function whole(what, value, end) {
  if (!Number.isInteger(value) || value < 0 || value >= end) {
    throw new Error(`expected ${what} from 0 to ${end - 1}, got ${said(value)}`);
  }
}

function finite(what, value) {
  if (!Number.isFinite(value)) throw new Error(`expected ${what} as a finite number, got ${said(value)}`);
}

function said(value) {
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
}
