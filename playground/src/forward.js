// The residual stream of a text, with keys and values kept: a new token costs what it adds.
//
// A network like GPT-NeoX's with a sequential residual: each layer adds what its attention makes of
// the normalised stream, then what its MLP makes of it.

import { gelu, multiply, normalise } from "./arithmetic.js";
import { Head, rotaryTable } from "./attention.js";
import { tensorsOf } from "./weights.js";

const AT_ONCE = 8; // tokens; some milliseconds' work

export class Forward {
  constructor(model) {
    const { layers, positions, width, neurons } = model.config;
    const tensors = tensorsOf(model);
    const rotary = rotaryTable(model.config);
    Object.assign(this, { tensors, width, neurons, ids: [] });
    this.embedding = tensors["embed_in.weight"];
    this.layers = Array.from({ length: layers }, (_, layer) => {
      return new Layer((name) => tensors[`layers.${layer}.${name}`], model.config, rotary);
    });
    this.last = this.layers[layers - 1];
    this.residual = new Float64Array(positions * width);
    this.activations = new Float64Array(positions * neurons);
  }

  // Reads a text, some tokens at a time; what it shares with the last one at its beginning is kept.
  *read(ids) {
    const { width, neurons, embedding } = this;
    const other = ids.findIndex((id, position) => id !== this.ids[position]);
    this.ids = ids.slice(0, other < 0 ? ids.length : other);
    while (this.ids.length < ids.length) {
      const first = this.ids.length;
      const few = ids.slice(first, first + AT_ONCE);
      const stream = this.residual.subarray(first * width, (first + few.length) * width);
      few.forEach((id, row) => {
        stream.set(embedding.subarray(id * width, (id + 1) * width), row * width);
      });
      for (const layer of this.layers) layer.add(stream, first, few.length);
      this.activations.set(this.last.hidden.subarray(0, few.length * neurons), first * neurons);
      this.ids.push(...few);
      yield;
    }
  }

  residualAt(position) {
    return this.residual.subarray(position * this.width, (position + 1) * this.width);
  }

  activationsAt(position) {
    return this.activations.subarray(position * this.neurons, (position + 1) * this.neurons);
  }

  // Where a head looks: a row for each query, up to itself.
  pattern(layer, head) {
    const { pattern, positions } = this.layers[layer].heads[head];
    const row = (query) => pattern.slice(query * positions, query * (positions + 1) + 1);
    return this.ids.map((_, query) => row(query));
  }
}

class Layer {
  constructor(part, config, rotary) {
    const { width, neurons, heads, eps } = config;
    const map = (name, inputs) => {
      return { weights: part(`${name}.weight`), bias: part(`${name}.bias`), inputs };
    };
    Object.assign(this, { width, neurons, eps });
    this.beforeAttention = map("input_layernorm");
    this.queryKeyValue = map("attention.query_key_value", width);
    this.heads = Array.from({ length: heads }, () => new Head(config, rotary, AT_ONCE));
    this.dense = map("attention.dense", width);
    this.beforeMlp = map("post_attention_layernorm");
    this.up = map("mlp.dense_h_to_4h", width);
    this.down = map("mlp.dense_4h_to_h", neurons);
    this.normed = new Float64Array(AT_ONCE * width);
    this.projected = new Float64Array(AT_ONCE * 3 * width);
    this.mixed = new Float64Array(AT_ONCE * width);
    this.hidden = new Float64Array(AT_ONCE * neurons);
    this.added = new Float64Array(AT_ONCE * width);
  }

  // Adds to the stream at some positions, from `first` on.
  add(stream, first, rows) {
    normalise(stream, rows, this.beforeAttention, this.eps, this.normed);
    multiply(this.normed, rows, this.queryKeyValue, this.projected);
    this.heads.forEach((head, index) => this.#attend(head, index, first, rows));
    multiply(this.mixed, rows, this.dense, this.added);
    for (let i = 0; i < stream.length; i++) stream[i] += this.added[i];

    normalise(stream, rows, this.beforeMlp, this.eps, this.normed);
    multiply(this.normed, rows, this.up, this.hidden);
    for (let i = 0; i < rows * this.neurons; i++) this.hidden[i] = gelu(this.hidden[i]);
    multiply(this.hidden, rows, this.down, this.added);
    for (let i = 0; i < stream.length; i++) stream[i] += this.added[i];
  }

  #attend(head, index, first, rows) {
    const { size } = head;
    const start = (row) => row * this.width + index * size;
    for (let row = 0; row < rows; row++) {
      head.take(this.projected.subarray(3 * start(row)), row, first + row);
    }
    const found = head.mix(first, rows);
    for (let row = 0; row < rows; row++) {
      this.mixed.set(found.subarray(row * size, (row + 1) * size), start(row));
    }
  }
}
