// The residual stream of a text, with keys and values kept: a new token costs what it adds. Like
// GPT-NeoX with a sequential residual, each layer adds what its attention makes of the normalised
// stream, then what its MLP makes of it.

import { gelu, multiply, normalise, rowOf } from "./arithmetic.js";
import { Head } from "./attention.js";
import { tensorsOf } from "./weights.js";

const AT_ONCE = 8; // tokens; some milliseconds' work

export class Forward {
  constructor(model) {
    const { layers, positions, width, neurons } = model.config;
    const tensors = tensorsOf(model);
    Object.assign(this, { tensors, width, neurons, ids: [] });
    this.embedding = tensors["embed_in.weight"];
    this.layers = Array.from({ length: layers }, (_, layer) =>
      new Layer((name) => tensors[`layers.${layer}.${name}`], model.config));
    this.residual = new Float64Array(positions * width);
    this.activations = new Float64Array(positions * neurons); // of the last layer
  }

  // Reads a text, some tokens at a time, and yields which are new; what it shares with the last one
  // at its beginning is kept.
  *read(ids) {
    const { embedding, width, neurons, residual, activations } = this;
    const other = ids.findIndex((id, position) => id !== this.ids[position]);
    this.ids = ids.slice(0, other < 0 ? ids.length : other);
    while (this.ids.length < ids.length) {
      const first = this.ids.length;
      const few = ids.slice(first, first + AT_ONCE);
      const stream = residual.subarray(first * width, (first + few.length) * width);
      const hidden = activations.subarray(first * neurons, (first + few.length) * neurons);
      few.forEach((id, row) => stream.set(rowOf(embedding, id, width), row * width));
      for (const layer of this.layers) layer.add(stream, hidden, first, few.length);
      this.ids.push(...few);
      yield { first, rows: few.length };
    }
  }
}

class Layer {
  constructor(part, config) {
    const { width, neurons, heads, eps } = config;
    const map = (name, inputs) =>
      ({ weights: part(`${name}.weight`), bias: part(`${name}.bias`), inputs });
    const rows = (size) => new Float64Array(AT_ONCE * size);
    this.eps = eps;
    this.heads = Array(heads).fill().map((_, head) => new Head(head, config));
    this.beforeAttention = map("input_layernorm");
    this.queryKeyValue = map("attention.query_key_value", width);
    this.dense = map("attention.dense", width);
    this.beforeMlp = map("post_attention_layernorm");
    this.up = map("mlp.dense_h_to_4h", width);
    this.down = map("mlp.dense_4h_to_h", neurons);
    [this.normed, this.projected] = [rows(width), rows(3 * width)];
    [this.mixed, this.added] = [rows(width), rows(width)];
  }

  // Adds to the stream at some positions, from `first` on, and leaves the activations in `hidden`.
  add(stream, hidden, first, rows) {
    const { normed, projected, mixed, added } = this;
    normalise(stream, rows, this.beforeAttention, this.eps, normed);
    multiply(normed, rows, this.queryKeyValue, projected);
    for (const head of this.heads) head.attend(projected, mixed, first, rows);
    multiply(mixed, rows, this.dense, added);
    for (let i = 0; i < stream.length; i++) stream[i] += added[i];

    normalise(stream, rows, this.beforeMlp, this.eps, normed);
    multiply(normed, rows, this.up, hidden);
    for (let i = 0; i < hidden.length; i++) hidden[i] = gelu(hidden[i]);
    multiply(hidden, rows, this.down, added);
    for (let i = 0; i < stream.length; i++) stream[i] += added[i];
  }
}
