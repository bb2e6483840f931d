// What the page asks of a model. Each request is a generator, so that it can be answered in pieces;
// the method of the same name answers at once.

import { Forward } from "./forward.js";
import { Readout, largest, rank } from "./readout.js";

const SHOWN = 8;
const AT_ONCE = 4;

export class Engine {
  constructor(model, tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.forward = new Forward(model);
    this.readout = new Readout(this.forward);
    const { positions, vocabulary } = model.config;
    this.products = new Float64Array(positions * vocabulary);
    this.clean = { entropy: new Float64Array(positions), scale: new Float64Array(positions), logSum: new Float64Array(positions) };
    this.known = 0; // positions whose predictions are those of the forward pass
  }

  read(text, turn) {
    return finish(this.reading(text, turn));
  }

  look(position, turn, draw) {
    return finish(this.looking(position, turn, draw));
  }

  *reading(text, turn) {
    const { ids, notes, cut } = this.tokenizer.read(text);
    yield* this.#predict(ids);
    const tokens = ids.map((id) => ({ id, label: this.tokenizer.label(id), text: this.tokenizer.texts[id] }));
    return { tokens, clean: this.#along(this.clean), turned: null, notes, cut };
  }

  *looking(position) {
    const logits = this.readout.logits(this.#product(position), this.clean.scale[position]);
    const top = largest(logits, SHOWN);
    return { clean: this.#prediction(position, logits, this.clean.scale[position], top), turned: null, frozen: null, control: null };
  }

  *#predict(ids) {
    const { width, vocabulary } = this.model.config;
    const { forward, clean } = this;
    let same = 0;
    while (same < this.known && ids[same] === forward.ids[same]) same++;
    this.known = same;
    yield* forward.read(ids);
    for (; this.known < ids.length; this.known += AT_ONCE) {
      const rows = Math.min(AT_ONCE, ids.length - this.known);
      const some = forward.residual.subarray(this.known * width, (this.known + rows) * width);
      this.readout.products(some, rows, this.products.subarray(this.known * vocabulary));
      for (let position = this.known; position < this.known + rows; position++) {
        clean.scale[position] = this.readout.scale(forward.residualAt(position));
        const { entropy, logSum } = this.readout.sums(this.#product(position), clean.scale[position]);
        clean.entropy[position] = entropy;
        clean.logSum[position] = logSum;
      }
      yield;
    }
    this.known = ids.length;
  }

  #product(position) {
    const { vocabulary } = this.model.config;
    return this.products.subarray(position * vocabulary, (position + 1) * vocabulary);
  }

  #along({ entropy, scale, logSum }) {
    const { ids } = this.forward;
    const surprisal = Float64Array.from(ids, (id, position) => {
      if (position === 0) return NaN;
      const before = position - 1;
      return logSum[before] - this.#product(before)[id] / scale[before] - this.readout.constant[id];
    });
    return { entropy: entropy.slice(0, ids.length), surprisal, scale: scale.slice(0, ids.length) };
  }

  #prediction(position, logits, scale, top) {
    const { entropy, logSum } = this.readout.sums(this.#product(position), scale);
    const said = (id) => ({ id, label: this.tokenizer.label(id), logit: logits[id], probability: Math.exp(logits[id] - logSum) });
    const next = this.forward.ids[position + 1];
    const target = next === undefined ? null : { ...said(next), rank: rank(logits, next), surprisal: logSum - logits[next] };
    return { entropy, scale, top: top.map(said), target, first: largest(logits, 1)[0] };
  }
}

// Runs a request to its end.
export function finish(request) {
  for (;;) {
    const { done, value } = request.next();
    if (done) return value;
  }
}
