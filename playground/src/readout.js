// From the residual stream to the next token: final norm, unembedding, distribution.
//
// Logits are product / scale + constant. The product is linear in the stream: the final norm's
// gain, and its centring, stand in the weights.

import { moments, multiply, rowOf } from "./arithmetic.js";

export class Readout {
  constructor({ tensors, embedding }, { width, vocabulary, finalEps }) {
    const gain = tensors["final_layer_norm.weight"];
    const weights = new Float64Array(vocabulary * width);
    Object.assign(this, { vocabulary, eps: finalEps, constant: new Float64Array(vocabulary) });
    this.map = { weights, bias: new Float64Array(vocabulary), inputs: width };
    const ofBias = { ...this.map, weights: embedding };
    multiply(tensors["final_layer_norm.bias"], 1, ofBias, this.constant);
    for (let id = 0; id < vocabulary; id++) {
      const gained = rowOf(embedding, id, width).map((value, i) => value * gain[i]);
      const { mean } = moments(gained);
      weights.set(gained.map((value) => value - mean), id * width);
    }
  }

  // Products of some vectors of the stream, one after the other.
  products(vectors, rows, output) {
    multiply(vectors, rows, this.map, output);
  }

  scale(vector) {
    return Math.sqrt(moments(vector).squares / vector.length + this.eps);
  }

  // Entropy in nats, and the logarithm of the sum of exponentials.
  predict(product, scale) {
    const { constant, vocabulary } = this;
    const stretch = 1 / scale;
    let top = -Infinity;
    for (let id = 0; id < vocabulary; id++) {
      const logit = product[id] * stretch + constant[id];
      if (logit > top) top = logit;
    }
    let [total, weighted] = [0, 0];
    for (let id = 0; id < vocabulary; id++) {
      const below = product[id] * stretch + constant[id] - top;
      const mass = Math.exp(below);
      total += mass;
      weighted += mass * below;
    }
    const logTotal = Math.log(total);
    return { product, scale, entropy: logTotal - weighted / total, logSum: top + logTotal };
  }

  // Of each token, in nats.
  logProbabilities({ product, scale, logSum }) {
    return product.map((value, id) => value / scale + this.constant[id] - logSum);
  }

  surprisal({ product, scale, logSum }, id) {
    return logSum - product[id] / scale - this.constant[id];
  }
}
