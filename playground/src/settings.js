// The state of the page, and the address that holds it: #text=...&at=5&neurons=43&value=2
// What an address has wrong is told and left out; the rest of it counts.

const whole = (below) => (text) =>
  /^\d{1,9}$/.test(text) && Number(text) < below ? Number(text) : undefined;
const number = (most) => (text) =>
  text.trim() !== "" && Math.abs(Number(text)) <= most ? Number(text) : undefined;
const oneOf = (...names) =>
  [(text) => (names.includes(text) ? text : undefined), names.join(" or ")];
const head = (said) => (/^[0-2]\.[0-3]$/.test(said) ? said : undefined);
const neurons = (said) => {
  const numbers = said.split(",").map(whole(512));
  return numbers.includes(undefined) ? undefined : [...new Set(numbers)];
};

// For each key: what holds where an address has none, how it is read, and what may be there.
const KEYS = {
  text: ["", (said) => (said.length <= 20000 ? said : undefined), "at most 20,000 characters"],
  at: [null, whole(256), "the number of a token, 0 to 255"],
  colour: ["entropy", ...oneOf("entropy", "surprisal", "scale", "attention")],
  head: [null, head, "layer.head, 0.0 to 2.3"],
  neurons: [[], neurons, "numbers from 0 to 511 with commas between them"],
  how: ["clamp", ...oneOf("clamp", "boost", "mean")],
  value: [null, number(100), "a number from −100 to 100"],
  frozen: [0, whole(2), "0 or 1"],
  direction: [126, whole(128), "a number from 0 to 127"],
  strength: [0, number(100), "a number from −100 to 100"],
  draw: [0, whole(1000), "a number from 0 to 999"],
  beside: [0, whole(2), "0 or 1"],
};

export const defaults = () =>
  Object.fromEntries(Object.entries(KEYS).map(([key, [value]]) => [key, value]));

// What only the model can say: its entropy neurons, and the head that copies best.
export const complete = (state, { groups, heads }) => ({
  ...state,
  neurons: state.neurons.length ? state.neurons : groups.entropy,
  head: state.head ?? heads.induction[0].join("."),
});

// -> {state, problems}: problems are sentences for the reader.
export function fromHash(hash, base = defaults()) {
  const [state, problems] = [{ ...base }, []];
  const cut = (said) => (said.length > 30 ? `${said.slice(0, 30)}…` : said);
  for (const [key, said] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const [, read, expected] = Object.hasOwn(KEYS, key) ? KEYS[key] : [];
    const value = read?.(said);
    if (!read) problems.push(`“${cut(key)}” is nothing that this page knows.`);
    else if (value === undefined) problems.push(`“${key}=${cut(said)}” should be ${expected}.`);
    else state[key] = value;
  }
  return { state, problems };
}

// Only what differs from what stands there without an address.
export function toHash(state, base) {
  const written = (from) => Object.keys(KEYS).map((key) => [key, String(from[key] ?? "")]);
  const own = written(base);
  const changed = written(state).filter(([, value], i) => value !== own[i][1]);
  return `#${new URLSearchParams(changed)}`;
}

// What the engine is asked to change, or null where the model is left alone.
export function turnOf({ how, value, direction, strength, frozen, ...state }) {
  const turned = how === "mean" || value !== null ? state.neurons : [];
  const along = strength ? direction : null;
  if (!turned.length && along === null) return null;
  return { neurons: turned, how, value: value ?? 0, direction: along, strength, frozen };
}
