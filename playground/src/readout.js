// From the residual stream to the next token: final norm, unembedding, distribution. Logits are
// product / scale + constant. The product is linear in the stream: the final norm's gain, and its
// centring, stand in the weights.

import { moments, multiply, rowOf } from "./arithmetic.js";

export class Readout {
  constructor(tensors, { width, vocabulary, finalEps }) {
    const embedding = tensors["embed_in.weight"];
    const gain = tensors["final_layer_norm.weight"];
    const map = { weights: embedding, bias: new Float64Array(vocabulary), inputs: width };
    Object.assign(this, { vocabulary, eps: finalEps, map });
    this.constant = this.products(tensors["final_layer_norm.bias"], 1);
    this.map.weights = embedding.map((value, at) => value * gain[at % width]);
    for (let id = 0; id < vocabulary; id++) {
      const row = rowOf(this.map.weights, id, width);
      const { mean } = moments(row);
      row.set(row.map((value) => value - mean));
    }
  }

  // Products of some vectors of the stream, one after the other.
  products(vectors, rows) {
    const found = new Float64Array(rows * this.vocabulary);
    multiply(vectors, rows, this.map, found);
    return found;
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

  // Of one token, in nats.
  logProbability({ product, scale, logSum }, id) {
    return product[id] / scale + this.constant[id] - logSum;
  }

  logProbabilities(prediction) {
    return prediction.product.map((_, id) => this.logProbability(prediction, id));
  }
}
