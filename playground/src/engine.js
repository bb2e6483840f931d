// What the page asks of a model. Each request is a generator, so that it can be answered in pieces;
// the method beside it answers at once.

import { checkTurn, whole } from "./checks.js";
import { effectsAt } from "./effects.js";
import { Forward } from "./forward.js";
import { Interventions } from "./interventions.js";
import { divergence, largest, rank, Readout } from "./readout.js";
import { Writes } from "./writes.js";

const SHOWN = 8; // tokens of a prediction
const AT_ONCE = 4; // positions

export class Engine {
  constructor(model, tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.forward = new Forward(model);
    this.readout = new Readout(this.forward);
    this.writes = new Writes(model, this.forward, this.readout);
    this.interventions = new Interventions(this);
    const { positions, vocabulary } = model.config;
    this.products = new Float64Array(positions * vocabulary);
    this.scales = new Float64Array(positions);
    this.sums = [];
  }

  read(text, turn) {
    return finish(this.reading(text, turn));
  }

  look(position, turn, draw) {
    return finish(this.looking(position, turn, draw));
  }

  effects(position) {
    return finish(this.measuring(position));
  }

  attention(layer, head) {
    return finish(this.attending(layer, head));
  }

  // The tokens of a text, and at each position what the prediction is like.
  *reading(text, turn = null) {
    const steps = turn && this.#steps(turn);
    const { ids, notes, cut } = this.tokenizer.read(text);
    yield* this.#predict(ids);
    const { texts } = this.tokenizer;
    const tokens = ids.map((id) => ({ id, label: this.tokenizer.label(id), text: texts[id] }));
    const clean = new Along(ids, this.readout);
    ids.forEach((_, at) => clean.set(at, this.product(at), this.scales[at], this.sums[at]));
    return { tokens, clean, turned: steps && (yield* this.#turnedAlong(steps, turn)), notes, cut };
  }

  // One prediction: as it is, and what a turn and its control make of it.
  *looking(position, turn = null, draw = 0) {
    this.#need(position);
    const steps = turn && this.#steps(turn);
    const clean = this.#prediction(position, this.product(position), this.scales[position]);
    if (!steps) return { clean: clean.said, turned: null, frozen: null, control: null };
    yield;
    const own = this.#changed(position, clean, steps, turn);
    yield;
    const control = this.#changed(position, clean, this.interventions.control(turn, draw), turn);
    return { clean: clean.said, turned: own.shown, frozen: own.frozen, control: control.shown };
  }

  // What holding each neuron at its mean would do at a position.
  *measuring(position) {
    this.#need(position);
    return yield* effectsAt(position, this);
  }

  // Where a head looks, from each position.
  *attending(layer, head) {
    whole("a layer", layer, this.model.config.layers);
    whole("a head", head, this.model.config.heads);
    return this.forward.pattern(layer, head);
  }

  // What the logits at a position come from.
  product(position) {
    const { vocabulary } = this.model.config;
    return this.products.subarray(position * vocabulary, (position + 1) * vocabulary);
  }

  // Predictions stay as far as the text is the last one's.
  *#predict(ids) {
    const { forward, readout, sums, scales } = this;
    const { width, vocabulary } = this.model.config;
    const same = ids.findIndex((id, position) => id !== forward.ids[position]);
    sums.length = Math.min(sums.length, same < 0 ? ids.length : same);
    yield* forward.read(ids);
    while (sums.length < ids.length) {
      const first = sums.length;
      const rows = Math.min(AT_ONCE, ids.length - first);
      const some = forward.residual.subarray(first * width, (first + rows) * width);
      readout.products(some, rows, this.products.subarray(first * vocabulary));
      for (let position = first; position < first + rows; position++) {
        scales[position] = readout.scale(forward.residualAt(position));
        sums.push(readout.sums(this.product(position), scales[position]));
      }
      yield;
    }
  }

  *#turnedAlong(steps, turn) {
    const { ids } = this.forward;
    const along = new Along(ids, this.readout);
    for (let position = 0; position < ids.length; position++) {
      const { product, scale } = this.interventions.apply(steps, position);
      const used = turn.frozen ? this.scales[position] : scale;
      along.set(position, product, used, this.readout.sums(product, used));
      if (position % AT_ONCE === 0) yield;
    }
    return along;
  }

  // What steps make of a prediction, and what they would with the scale frozen.
  #changed(position, clean, steps, turn) {
    const { product, scale } = this.interventions.apply(steps, position);
    const direct = this.#prediction(position, product, this.scales[position], clean);
    const whole = turn.frozen ? direct : this.#prediction(position, product, scale, clean);
    const change = ({ said }) => said.entropy - clean.said.entropy;
    const effect = {
      total: change(whole),
      direct: change(direct),
      throughScale: change(whole) - change(direct),
    };
    const moved = this.interventions.activations(turn, position);
    const neurons = steps.flatMap(({ neuron }) => neuron ?? []);
    return { shown: { ...whole.said, effect, neurons, ...moved }, frozen: direct.said };
  }

  // `like` is the clean prediction, whose first tokens are shown.
  #prediction(position, product, scale, like = null) {
    const { entropy, logSum } = this.readout.sums(product, scale);
    const logits = this.readout.logits(product, scale);
    const shown = like ? like.said.top.map(({ id }) => id) : largest(logits, SHOWN);
    const of = (id) => ({
      id,
      label: this.tokenizer.label(id),
      logit: logits[id],
      probability: Math.exp(logits[id] - logSum),
    });
    const next = this.forward.ids[position + 1];
    const target = next === undefined ? null : { ...of(next), rank: rank(logits, next) };
    if (target) target.surprisal = logSum - target.logit;
    const kl = like ? divergence(like.logits, like.logSum, logits, logSum) : 0;
    const first = largest(logits, 1)[0];
    return { logits, logSum, said: { entropy, scale, top: shown.map(of), target, first, kl } };
  }

  #steps(turn) {
    checkTurn(turn, this.model.config);
    return this.interventions.steps(turn);
  }

  #need(position) {
    if (this.sums.length === 0) throw new Error("expected a text that has been read, got none yet");
    whole("a position", position, this.sums.length);
  }
}

// What the predictions along a text are like. The surprisal at a position is that of its own token.
class Along {
  constructor(ids, readout) {
    Object.defineProperties(this, { ids: { value: ids }, readout: { value: readout } });
    this.entropy = new Float64Array(ids.length);
    this.surprisal = new Float64Array(ids.length).fill(NaN);
    this.scale = new Float64Array(ids.length);
  }

  set(position, product, scale, { entropy, logSum }) {
    this.entropy[position] = entropy;
    this.scale[position] = scale;
    const next = position + 1;
    if (next === this.ids.length) return;
    this.surprisal[next] = logSum - this.readout.logit(product, scale, this.ids[next]);
  }
}

// Runs a request to its end.
export function finish(request) {
  for (;;) {
    const { done, value } = request.next();
    if (done) return value;
  }
}
