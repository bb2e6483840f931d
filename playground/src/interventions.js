// A turn: neurons of the last layer held or boosted, then a direction written. Its control adds as
// much along what random neurons of the same norm write, and along a random direction. All of them
// are steps that add to the stream of one position, so that nothing has to be run again: a vector,
// its reading (what a unit of it adds to the products that logits come from), and how much of it.

import { moments, rowOf } from "./arithmetic.js";
import { bufferOf } from "./weights.js";

const NEAREST = 10; // in weight norm: a neuron's partner is one of them

export class Interventions {
  constructor(model, outputWeights, readout) {
    const { width, neurons } = model.config;
    Object.assign(this, { model, readout, width });
    this.directions = new Float64Array(new Float32Array(bufferOf(model.directions)));
    this.outputs = new Float64Array(neurons * width).map((_, at) =>
      outputWeights[(at % width) * neurons + Math.floor(at / width)]);
    this.readings = []; // of pairs of neurons, where they were needed
  }

  // The steps of a turn, or of its control where there is a draw.
  steps(turn, draw = null) {
    checkTurn(turn, this.model.config);
    const { neurons, direction, strength } = turn;
    const writers = draw === null ? neurons : partnersOf(neurons, draw, this.model);
    const steps = writers.map((writer, i) => {
      const amount = (clean) => this.level(turn, neurons[i], clean) - clean.activations[neurons[i]];
      return { writer, amount, ...this.#neuron(writer) };
    });
    if (!Number.isInteger(direction)) return steps;
    const singular = rowOf(this.directions, direction, this.width);
    const vector = draw === null ? singular : randomDirection(draw, this.width);
    const amount = (_, stream) => strength * Math.sqrt(moments(stream).squares);
    return [...steps, { amount, vector, reading: this.readout.products(vector, 1) }];
  }

  // What a turn sets the activation of a neuron to.
  level({ how, value }, neuron, { activations }) {
    if (how === "mean") return this.model.means[neuron];
    return how === "clamp" ? value : value * activations[neuron];
  }

  // A clean prediction after some steps, with the scale that they give or with its own.
  apply(steps, clean) {
    const { readout } = this;
    const [stream, product] = [clean.stream.slice(), clean.product.slice()];
    for (const { vector, reading, amount } of steps) {
      const added = amount(clean, stream);
      for (let i = 0; i < stream.length; i++) stream[i] += added * vector[i];
      for (let id = 0; id < product.length; id++) product[id] += added * reading[id];
    }
    return {
      whole: () => readout.predict(product, readout.scale(stream)),
      direct: () => readout.predict(product, clean.scale),
    };
  }

  // Two neighbours are read together: that costs no more than one.
  #neuron(neuron) {
    const pair = Math.floor(neuron / 2);
    this.readings[pair] ??= this.readout.products(rowOf(this.outputs, pair, 2 * this.width), 2);
    return {
      vector: rowOf(this.outputs, neuron, this.width),
      reading: rowOf(this.readings[pair], neuron % 2, this.readout.vocabulary),
    };
  }
}

// For each neuron another of about its norm, of no group; drawn anew for each draw.
function partnersOf(chosen, draw, { groups, neurons: { weightNorm: norms } }) {
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
function randomDirection(draw, width) {
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

function checkTurn({ neurons, how, value, direction, strength }, config) {
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
