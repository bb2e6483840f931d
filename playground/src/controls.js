// What a turn is compared with: neurons of about the same norm, or a direction, drawn at random.

const NEAREST = 10; // in weight norm: a neuron's partner is one of them

// For each neuron another of about its norm, of no group; drawn anew for each draw.
export function partnersOf(chosen, draw, { groups, neurons: { weightNorm: norms } }) {
  const taken = new Set([...Object.values(groups).flat(), ...chosen]);
  return chosen.map((neuron) => {
    const distance = (other) => Math.abs(norms[other] - norms[neuron]);
    const free = [...norms.keys()].filter((other) => !taken.has(other));
    const near = free.sort((one, other) => distance(one) - distance(other)).slice(0, NEAREST);
    const partner = near[Math.floor(numbersFrom(neuron, draw)() * near.length)];
    taken.add(partner);
    return partner;
  });
}

// Of length 1, like a singular direction.
export function randomDirection(draw, width) {
  const next = numbersFrom(draw);
  return new Float64Array(width).map(() => (next() < 0.5 ? -1 : 1) / Math.sqrt(width));
}

// Numbers from 0 to 1 that look random and are the same for the same seeds (mulberry32).
export function numbersFrom(...seeds) {
  let state = seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) + 0x85ebca6b, 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
