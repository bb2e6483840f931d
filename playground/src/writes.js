// What can be written to the residual stream before the final norm: by a last-layer neuron, along
// a singular direction of the unembedding, along a random one. Each write is a vector of the
// stream, and its reading: what one unit of it adds to the products that the logits come from.

import { numbersFrom } from "./random.js";
import { singles } from "./weights.js";

const AT_ONCE = 4;

export class Writes {
  constructor({ config, directions }, { outputWeights }, readout) {
    const { width, neurons, vocabulary } = config;
    Object.assign(this, { width, neurons, vocabulary, readout });
    this.outputs = new Float64Array(neurons * width);
    for (let neuron = 0; neuron < neurons; neuron++) {
      for (let i = 0; i < width; i++) {
        this.outputs[neuron * width + i] = outputWeights[i * neurons + neuron];
      }
    }
    this.readings = new Float64Array(neurons * vocabulary);
    this.read = new Uint8Array(neurons);
    this.directions = singles(directions);
    this.found = new Map();
  }

  neuron(neuron) {
    const { width, vocabulary, outputs, readings, read } = this;
    const vector = outputs.subarray(neuron * width, (neuron + 1) * width);
    const reading = readings.subarray(neuron * vocabulary, (neuron + 1) * vocabulary);
    if (!read[neuron]) this.readout.products(vector, 1, reading);
    read[neuron] = 1;
    return { vector, reading };
  }

  // The readings of all neurons, a few at a time.
  *everyNeuron() {
    const { width, vocabulary, outputs, readings, read } = this;
    for (let first = 0; first < this.neurons; first += AT_ONCE) {
      if (read.subarray(first, first + AT_ONCE).every(Boolean)) continue;
      const some = outputs.subarray(first * width, (first + AT_ONCE) * width);
      this.readout.products(some, AT_ONCE, readings.subarray(first * vocabulary));
      read.fill(1, first, first + AT_ONCE);
      yield;
    }
  }

  direction(index) {
    const start = index * this.width;
    return this.#along(`singular ${index}`, () => this.directions.subarray(start, start + this.width));
  }

  // Of length 1, like a singular direction; drawn anew for each draw.
  randomDirection(draw) {
    return this.#along(`random ${draw}`, () => {
      const next = numbersFrom(draw);
      const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      const vector = Float64Array.from({ length: this.width }, normal);
      const mean = vector.reduce((sum, value) => sum + value, 0) / this.width;
      const length = Math.hypot(...vector.map((value) => value - mean));
      return vector.map((value) => (value - mean) / length);
    });
  }

  #along(name, make) {
    if (!this.found.has(name)) {
      const vector = make();
      const reading = this.readout.products(vector, 1, new Float64Array(this.vocabulary));
      this.found.set(name, { vector, reading });
    }
    return this.found.get(name);
  }
}
