// The residual stream of a text, with keys and values kept: a new token costs what it adds.
//
// A network like GPT-NeoX's with a sequential residual: each layer adds what its attention makes of
// the normalised stream, then what its MLP makes of it.

import { gelu, multiply, normalise } from "./arithmetic.js";
import { tensorsOf } from "./weights.js";

const AT_ONCE = 8; // tokens; some milliseconds' work

export class Forward {
  constructor(model) {
    const { config } = model;
    const tensors = tensorsOf(model);
    this.config = config;
    this.embedding = tensors["embed_in.weight"];
    this.finalGain = tensors["final_layer_norm.weight"];
    this.finalBias = tensors["final_layer_norm.bias"];
    this.layers = Array.from({ length: config.layers }, (_, layer) => new Layer(tensors, layer, config));
    this.outputWeights = this.layers.at(-1).down.weights;
    this.ids = [];
    this.residual = new Float64Array(config.positions * config.width);
    this.activations = new Float64Array(config.positions * config.neurons);
  }

  // Reads a text; what it has in common with the last one at its beginning is kept. Yields after
  // some tokens each, with the positions from which on anything is new.
  *read(ids) {
    const { width } = this.config;
    let same = 0;
    while (same < ids.length && ids[same] === this.ids[same]) same++;
    this.ids = this.ids.slice(0, same);
    for (let first = same; first < ids.length; first += AT_ONCE) {
      const few = ids.slice(first, first + AT_ONCE);
      const stream = this.residual.subarray(first * width, (first + few.length) * width);
      few.forEach((id, row) =>
        stream.set(this.embedding.subarray(id * width, (id + 1) * width), row * width),
      );
      for (const layer of this.layers) layer.add(stream, first, few.length);
      const { neurons } = this.config;
      this.activations.set(
        this.layers.at(-1).hidden.subarray(0, few.length * neurons),
        first * neurons,
      );
      this.ids.push(...few);
      yield first;
    }
    return same;
  }

  residualAt(position) {
    const { width } = this.config;
    return this.residual.subarray(position * width, (position + 1) * width);
  }

  activationsAt(position) {
    const { neurons } = this.config;
    return this.activations.subarray(position * neurons, (position + 1) * neurons);
  }

  // Where a head looks: a row for each query, up to itself.
  pattern(layer, head) {
    const { positions } = this.config;
    const all = this.layers[layer].patterns[head];
    return this.ids.map((_, query) => all.slice(query * positions, query * positions + query + 1));
  }
}

class Layer {
  constructor(tensors, layer, config) {
    const { width, neurons, positions, heads, eps } = config;
    const part = (name) => tensors[`layers.${layer}.${name}`];
    const linear = (name) => ({ weights: part(`${name}.weight`), bias: part(`${name}.bias`) });
    Object.assign(this, { width, neurons, positions, heads, eps });
    this.norms = [linear("input_layernorm"), linear("post_attention_layernorm")];
    this.queryKeyValue = linear("attention.query_key_value");
    this.dense = linear("attention.dense");
    this.up = linear("mlp.dense_h_to_4h");
    this.down = linear("mlp.dense_4h_to_h");
    this.rotary = rotaryTable(config);
    this.keys = new Float64Array(positions * width);
    this.values = new Float64Array(positions * width);
    this.patterns = Array.from({ length: heads }, () => new Float32Array(positions ** 2));
    this.normed = new Float64Array(AT_ONCE * width);
    this.mixed = new Float64Array(AT_ONCE * width);
    this.added = new Float64Array(AT_ONCE * width);
    this.projected = new Float64Array(AT_ONCE * 3 * width);
    this.hidden = new Float64Array(AT_ONCE * neurons);
  }

  // What this layer adds to the stream at `rows` positions from `first` on.
  add(stream, first, rows) {
    normalise(stream, rows, this.norms[0], this.eps, this.normed);
    multiply(this.normed, rows, this.queryKeyValue, this.projected);
    for (let row = 0; row < rows; row++) this.#attend(row, first + row);
    multiply(this.mixed, rows, this.dense, this.added);
    for (let i = 0; i < stream.length; i++) stream[i] += this.added[i];

    normalise(stream, rows, this.norms[1], this.eps, this.normed);
    multiply(this.normed, rows, this.up, this.hidden);
    for (let i = 0; i < rows * this.neurons; i++) this.hidden[i] = gelu(this.hidden[i]);
    multiply(this.hidden, rows, this.down, this.added);
    for (let i = 0; i < stream.length; i++) stream[i] += this.added[i];
  }

  // Query, key and value of one position and head stand side by side.
  #attend(row, position) {
    const { width, heads, positions, keys, values, projected, mixed } = this;
    const size = width / heads;
    for (let head = 0; head < heads; head++) {
      const query = (row * heads + head) * 3 * size;
      const own = position * width + head * size;
      this.#turn(query, position, size);
      this.#turn(query + size, position, size);
      keys.set(projected.subarray(query + size, query + 2 * size), own);
      values.set(projected.subarray(query + 2 * size, query + 3 * size), own);
      const pattern = this.patterns[head].subarray(position * positions, (position + 1) * positions);
      const shares = this.#shares(query, position, head * size, size);
      const out = row * width + head * size;
      mixed.fill(0, out, out + size);
      for (let key = 0; key <= position; key++) {
        const share = (pattern[key] = shares[key]);
        const value = key * width + head * size;
        for (let i = 0; i < size; i++) mixed[out + i] += share * values[value + i];
      }
    }
  }

  // How a query shares its attention among the positions up to its own.
  #shares(query, position, offset, size) {
    const { width, keys, projected } = this;
    const shares = new Float64Array(position + 1);
    let top = -Infinity;
    for (let key = 0; key <= position; key++) {
      let product = 0;
      for (let i = 0; i < size; i++) product += projected[query + i] * keys[key * width + offset + i];
      shares[key] = product / Math.sqrt(size);
      top = Math.max(top, shares[key]);
    }
    let total = 0;
    for (let key = 0; key <= position; key++) total += shares[key] = Math.exp(shares[key] - top);
    for (let key = 0; key <= position; key++) shares[key] /= total;
    return shares;
  }

  // Rotary embedding: turns the pairs (i, i + size / 2) by an angle that grows with the position.
  #turn(start, position, size) {
    const { projected, rotary } = this;
    const half = size / 2;
    for (let i = 0; i < half; i++) {
      const angle = (position * half + i) * 2;
      const [cosine, sine] = [rotary[angle], rotary[angle + 1]];
      const [first, second] = [projected[start + i], projected[start + half + i]];
      projected[start + i] = first * cosine - second * sine;
      projected[start + half + i] = second * cosine + first * sine;
    }
  }
}

function rotaryTable({ positions, width, heads, rotaryBase }) {
  const half = width / heads / 2;
  const table = new Float64Array(positions * half * 2);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * rotaryBase ** (-i / half);
      table.set([Math.cos(angle), Math.sin(angle)], (position * half + i) * 2);
    }
  }
  return table;
}
