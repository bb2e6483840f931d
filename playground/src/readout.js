// From the residual stream to the next token: final norm, unembedding, distribution.
//
// Logits are product / scale + constant. The product is linear in the stream; the final norm's
// gain, and its centring, stand in the weights.

import { moments, multiply } from "./arithmetic.js";

export class Readout {
  constructor({ config, embedding, finalGain, finalBias }) {
    const { width, vocabulary, finalEps } = config;
    this.eps = finalEps;
    this.vocabulary = vocabulary;
    this.constant = new Float64Array(vocabulary);
    this.map = { weights: new Float64Array(vocabulary * width), bias: new Float64Array(vocabulary) };
    multiply(finalBias, 1, { weights: embedding, bias: this.map.bias }, this.constant);
    for (let id = 0; id < vocabulary; id++) {
      const row = this.map.weights.subarray(id * width, (id + 1) * width);
      for (let i = 0; i < width; i++) row[i] = embedding[id * width + i] * finalGain[i];
      const { mean } = moments(row);
      for (let i = 0; i < width; i++) row[i] -= mean;
    }
  }

  // Products of some vectors of the stream, one after the other.
  products(vectors, rows, output) {
    multiply(vectors, rows, this.map, output);
    return output;
  }

  scale(vector) {
    return Math.sqrt(moments(vector).squares / vector.length + this.eps);
  }

  logit(product, scale, id) {
    return product[id] / scale + this.constant[id];
  }

  logits(product, scale) {
    return product.map((value, id) => value / scale + this.constant[id]);
  }

  // Entropy in nats and the logarithm of the sum of exponentials, without a list of logits.
  sums(product, scale) {
    const { constant } = this;
    let top = -Infinity;
    for (let id = 0; id < product.length; id++) {
      const logit = product[id] / scale + constant[id];
      if (logit > top) top = logit;
    }
    let total = 0;
    let weighted = 0;
    for (let id = 0; id < product.length; id++) {
      const logit = product[id] / scale + constant[id] - top;
      const mass = Math.exp(logit);
      total += mass;
      weighted += mass * logit;
    }
    return { entropy: Math.log(total) - weighted / total, logSum: top + Math.log(total) };
  }
}

// Ids of the largest values, the largest first.
export function largest(values, count) {
  const found = [];
  for (let id = 0; id < values.length; id++) {
    if (found.length === count && values[id] <= values[found[count - 1]]) continue;
    const place = found.findIndex((other) => values[id] > values[other]);
    found.splice(place < 0 ? found.length : place, 0, id);
    found.length = Math.min(found.length, count);
  }
  return found;
}

// 1 where no other value is higher.
export function rank(values, id) {
  return 1 + values.reduce((higher, value) => higher + (value > values[id]), 0);
}

// KL(clean || changed) in nats, of logits and the logarithms of their sums of exponentials.
export function divergence(clean, cleanSum, changed, changedSum) {
  return clean.reduce((sum, logit, id) => {
    const logP = logit - cleanSum;
    return sum + Math.exp(logP) * (logP - changed[id] + changedSum);
  }, 0);
}
