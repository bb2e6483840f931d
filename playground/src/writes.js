// What can be written to the residual stream before the final norm: by a last-layer neuron, along
// a singular direction of the unembedding, along a random one. Each is a vector of the stream with
// its reading: what one unit of it adds to the products that logits come from.

import { numbersFrom } from "./random.js";
import { singles } from "./weights.js";

const AT_ONCE = 4;

export class Writes {
  constructor({ config, directions }, { last }, readout) {
    const { width, neurons, vocabulary } = config;
    Object.assign(this, { width, vocabulary, readout, known: 0 });
    this.directions = singles(directions);
    this.outputs = new Float64Array(neurons * width);
    this.readings = new Float64Array(neurons * vocabulary);
    this.outputs.forEach((_, at) => {
      const [neuron, coordinate] = [Math.floor(at / width), at % width];
      this.outputs[at] = last.down.weights[coordinate * neurons + neuron];
    });
  }

  neuron(neuron) {
    const { width, vocabulary, known } = this;
    const vector = this.outputs.subarray(neuron * width, (neuron + 1) * width);
    const reading = this.readings.subarray(neuron * vocabulary, (neuron + 1) * vocabulary);
    return neuron < known ? { vector, reading } : this.#read(vector, reading);
  }

  // Reads all neurons, a few at a time, and keeps what it has read.
  *everyNeuron() {
    const { width, vocabulary, outputs, readings } = this;
    while (this.known * width < outputs.length) {
      const some = outputs.subarray(this.known * width);
      this.readout.products(some, AT_ONCE, readings.subarray(this.known * vocabulary));
      this.known += AT_ONCE;
      yield;
    }
  }

  direction(index) {
    return this.#read(this.directions.subarray(index * this.width, (index + 1) * this.width));
  }

  // Of length 1, like a singular direction; drawn anew for each draw.
  randomDirection(draw) {
    const next = numbersFrom(draw);
    const coordinate = () => (next() < 0.5 ? -1 : 1) / Math.sqrt(this.width);
    return this.#read(Float64Array.from({ length: this.width }, coordinate));
  }

  #read(vector, reading = new Float64Array(this.vocabulary)) {
    return { vector, reading: this.readout.products(vector, 1, reading) };
  }
}
