// A turn: neurons of the last layer held or boosted, then a direction written. Both add to the
// residual stream of each position by itself, so that nothing has to be run again. Its control
// adds as much along what random neurons of the same norm write, and along a random direction.
//
// A turn is taken as steps: what is written, and how much of it.

import { moments } from "./arithmetic.js";
import { numbersFrom } from "./random.js";
import { Writes } from "./writes.js";

const NEAREST = 10; // in weight norm: a control is one of them

export class Interventions {
  constructor(model, forward, readout) {
    Object.assign(this, { model, readout, writes: new Writes(model, forward, readout) });
    this.stream = new Float64Array(model.config.width);
    this.product = new Float64Array(model.config.vocabulary);
  }

  steps(turn) {
    return this.#steps(turn, turn.neurons, () => this.writes.direction(turn.direction));
  }

  control(turn, draw) {
    const partners = this.#partners(turn.neurons, draw);
    return this.#steps(turn, partners, () => this.writes.randomDirection(draw));
  }

  // A clean prediction after some steps, with the scale that they give or with its own; until the
  // next call.
  apply(steps, clean) {
    const { stream, product, readout } = this;
    stream.set(clean.stream);
    product.set(clean.product);
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

  // Activations of the turned neurons, before and after.
  moved({ neurons, how, value }, { activations }) {
    const before = neurons.map((neuron) => activations[neuron]);
    const turned = {
      mean: (neuron) => this.model.means[neuron],
      clamp: () => value,
      boost: (neuron) => value * activations[neuron],
    };
    return { before, after: neurons.map(turned[how]) };
  }

  #steps(turn, writers, direction) {
    const steps = writers.map((neuron, index) => {
      const amount = (clean) => {
        const { before, after } = this.moved(turn, clean);
        return after[index] - before[index];
      };
      return { neuron, amount, ...this.writes.neuron(neuron) };
    });
    if (!Number.isInteger(turn.direction)) return steps;
    const amount = (_, stream) => turn.strength * Math.sqrt(moments(stream).squares);
    return [...steps, { amount, ...direction() }];
  }

  // For each neuron another of about its norm, of no group; drawn anew for each draw.
  #partners(neurons, draw) {
    const norms = this.model.neurons.weightNorm;
    const taken = new Set([...Object.values(this.model.groups).flat(), ...neurons]);
    return neurons.map((neuron) => {
      const distance = (other) => Math.abs(norms[other] - norms[neuron]);
      const free = [...norms.keys()].filter((other) => !taken.has(other));
      const near = free.sort((one, other) => distance(one) - distance(other)).slice(0, NEAREST);
      const partner = near[Math.floor(numbersFrom(neuron, draw)() * near.length)];
      taken.add(partner);
      return partner;
    });
  }
}
