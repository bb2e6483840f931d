// A turn: neurons of the last layer held or boosted, then a direction written. Both add to the
// residual stream of each position by itself, so that nothing has to be run again. Its control
// adds as much along what random neurons of the same norm write, and along a random direction.
//
// A turn is taken as steps: what is written, and the amount of it at a position.

import { moments } from "./arithmetic.js";
import { numbersFrom } from "./random.js";

const NEAREST = 10; // in weight norm: a control is one of them

export class Interventions {
  constructor(engine) {
    const { width, vocabulary } = engine.model.config;
    this.engine = engine;
    this.stream = new Float64Array(width);
    this.changed = new Float64Array(vocabulary);
  }

  steps(turn) {
    const direction = isWritten(turn) ? this.engine.writes.direction(turn.direction) : null;
    return this.#steps(turn, turn.neurons, direction);
  }

  control(turn, draw) {
    const direction = isWritten(turn) ? this.engine.writes.randomDirection(draw) : null;
    return this.#steps(turn, this.partners(turn.neurons, draw), direction);
  }

  // The products (until the next call) and the scale at a position after some steps.
  apply(steps, position) {
    const { engine, stream, changed } = this;
    stream.set(engine.forward.residualAt(position));
    changed.set(engine.product(position));
    for (const { vector, reading, amount } of steps) {
      const added = amount(position, stream);
      for (let i = 0; i < stream.length; i++) stream[i] += added * vector[i];
      for (let id = 0; id < changed.length; id++) changed[id] += added * reading[id];
    }
    return { product: changed, scale: engine.readout.scale(stream) };
  }

  // The turned neurons' activations before and after.
  activations({ neurons, how, value }, position) {
    const { forward, model } = this.engine;
    const all = forward.activationsAt(position);
    const before = neurons.map((neuron) => all[neuron]);
    const turned = {
      mean: (neuron) => model.means[neuron],
      clamp: () => value,
      boost: (neuron) => value * all[neuron],
    };
    return { before, after: neurons.map(turned[how]) };
  }

  // For each neuron another of about its norm, of no group; drawn anew for each draw.
  partners(neurons, draw) {
    const { groups, neurons: known } = this.engine.model;
    const norms = known.weightNorm;
    const taken = new Set([...Object.values(groups).flat(), ...neurons]);
    return neurons.map((neuron) => {
      const distance = (other) => Math.abs(norms[other] - norms[neuron]);
      const free = norms.map((_, other) => other).filter((other) => !taken.has(other));
      const near = free.sort((one, two) => distance(one) - distance(two)).slice(0, NEAREST);
      const partner = near[Math.floor(numbersFrom(neuron, draw)() * near.length)];
      taken.add(partner);
      return partner;
    });
  }

  #steps(turn, writers, direction) {
    const steps = writers.map((neuron, index) => ({
      neuron,
      ...this.engine.writes.neuron(neuron),
      amount: (position) => {
        const { before, after } = this.activations(turn, position);
        return after[index] - before[index];
      },
    }));
    if (!direction) return steps;
    const length = (stream) => Math.sqrt(moments(stream).squares);
    return [...steps, { ...direction, amount: (_, stream) => turn.strength * length(stream) }];
  }
}

function isWritten({ direction }) {
  return direction !== null && direction !== undefined;
}
