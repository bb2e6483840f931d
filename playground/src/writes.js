// What can be written to the residual stream before the final norm: by a last-layer neuron, along
// a singular direction of the unembedding, along a random one. Each is a vector of the stream with
// its reading: what one unit of it adds to the products that logits come from.

import { rowOf } from "./arithmetic.js";
import { numbersFrom } from "./random.js";
import { singles } from "./weights.js";

const AT_ONCE = 4;

export class Writes {
  constructor({ config, directions }, { last }, readout) {
    const { width, neurons, vocabulary } = config;
    Object.assign(this, { config, readout, known: 0, directions: singles(directions) });
    this.readings = new Float64Array(neurons * vocabulary);
    this.outputs = new Float64Array(neurons * width).map((_, at) => {
      return last.down.weights[(at % width) * neurons + Math.floor(at / width)];
    });
  }

  neuron(neuron) {
    const vector = rowOf(this.outputs, neuron, this.config.width);
    if (neuron >= this.known) return this.#read(vector);
    return { vector, reading: rowOf(this.readings, neuron, this.config.vocabulary) };
  }

  // Reads all neurons, a few at a time, and keeps what it has read.
  *everyNeuron() {
    const { width, neurons, vocabulary } = this.config;
    for (; this.known < neurons; this.known += AT_ONCE) {
      const readings = this.readings.subarray(this.known * vocabulary);
      this.readout.products(this.outputs.subarray(this.known * width), AT_ONCE, readings);
      yield;
    }
  }

  direction(index) {
    return this.#read(rowOf(this.directions, index, this.config.width));
  }

  // Of length 1, like a singular direction; drawn anew for each draw.
  randomDirection(draw) {
    const { width } = this.config;
    const next = numbersFrom(draw);
    const sign = () => (next() < 0.5 ? -1 : 1);
    return this.#read(new Float64Array(width).map(() => sign() / Math.sqrt(width)));
  }

  #read(vector) {
    const reading = new Float64Array(this.config.vocabulary);
    this.readout.products(vector, 1, reading);
    return { vector, reading };
  }
}
