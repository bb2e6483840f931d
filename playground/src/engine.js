// What the page asks of a model. Each request is a generator, so that it can be answered in pieces.

import { rowOf } from "./arithmetic.js";
import { checkNumber, checkTurn } from "./checks.js";
import { effectsAt } from "./effects.js";
import { Forward } from "./forward.js";
import { Interventions } from "./interventions.js";
import { Readout } from "./readout.js";

const SHOWN = 8; // tokens of a prediction
const AT_ONCE = 4; // positions

export class Engine {
  constructor(model, tokenizer) {
    const { positions, vocabulary } = model.config;
    Object.assign(this, { model, tokenizer, predictions: [] }); // a position
    this.forward = new Forward(model);
    this.readout = new Readout(this.forward, model.config);
    this.interventions = new Interventions(model, this.forward, this.readout);
    this.products = new Float64Array(positions * vocabulary);
  }

  // The tokens of a text, and along it what the predictions are like.
  *read(text, turn = null) {
    if (turn) checkTurn(turn, this.model.config);
    const { ids, notes, cut } = this.tokenizer.read(text);
    yield* this.#predict(ids);
    const { texts } = this.tokenizer;
    const tokens = ids.map((id) => ({ id, label: this.tokenizer.label(id), text: texts[id] }));
    const clean = yield* this.#along((position) => this.predictions[position]);
    const steps = turn && this.interventions.steps(turn);
    const change = (position) => this.#change(position, steps, turn.frozen);
    return { tokens, clean, turned: turn && (yield* this.#along(change)), notes, cut };
  }

  // One prediction: as it is, and what a turn and its control make of it.
  *look(position, turn = null, draw = 0) {
    this.#need(position);
    if (turn) checkTurn(turn, this.model.config);
    const logP = this.readout.logProbabilities(this.predictions[position]);
    const ids = [...logP.keys()].sort((one, other) => logP[other] - logP[one]).slice(0, SHOWN);
    const say = (prediction) => this.#said(position, prediction, ids, logP);
    const clean = say(this.predictions[position]);
    if (!turn) return { clean, turned: null, frozen: null, control: null };
    yield;
    const own = this.#turned(position, turn, this.interventions.steps(turn), say);
    yield;
    const others = this.#turned(position, turn, this.interventions.control(turn, draw), say);
    return { clean, turned: own, frozen: own.frozen, control: others };
  }

  // What holding each neuron at its mean would do at a position.
  *effects(position) {
    this.#need(position);
    return yield* effectsAt(position, this.predictions[position], this);
  }

  // Where a head looks, from each position.
  *attention(layer, head) {
    checkNumber("a layer", layer, this.model.config.layers);
    checkNumber("a head", head, this.model.config.heads);
    return this.forward.pattern(layer, head);
  }

  *#predict(ids) {
    const { forward, readout, products, predictions } = this;
    const { width, vocabulary } = this.model.config;
    for (const { first, rows } of forward.read(ids)) {
      const stream = forward.residual.subarray(first * width);
      readout.products(stream, rows, products.subarray(first * vocabulary));
      for (let position = first; position < first + rows; position++) {
        const scale = readout.scale(forward.residualAt(position));
        predictions[position] = readout.predict(rowOf(products, position, vocabulary), scale);
      }
      yield;
    }
  }

  // A prediction after some steps; the next one overwrites it.
  #change(position, steps, frozen) {
    const clean = this.predictions[position];
    const { product, scale } = this.interventions.apply(steps, position, clean.product);
    return this.readout.predict(product, frozen ? clean.scale : scale);
  }

  // The surprisal at a position is that of its own token.
  *#along(predictionAt) {
    const { ids } = this.forward;
    const along = () => new Float64Array(ids.length).fill(NaN);
    const found = { entropy: along(), surprisal: along(), scale: along() };
    for (let position = 0; position < ids.length; position++) {
      const prediction = predictionAt(position);
      found.entropy[position] = prediction.entropy;
      found.scale[position] = prediction.scale;
      if (position + 1 < ids.length) {
        found.surprisal[position + 1] = this.readout.surprisal(prediction, ids[position + 1]);
      }
      if (position % AT_ONCE === 0) yield;
    }
    return found;
  }

  // A turned prediction with its effect on the entropy; `frozen` is the one at the clean scale.
  #turned(position, turn, steps, say) {
    const frozen = say(this.#change(position, steps, true));
    const shown = turn.frozen ? frozen : say(this.#change(position, steps, false));
    const { entropy } = this.predictions[position];
    const [total, direct] = [shown.entropy - entropy, frozen.entropy - entropy];
    return {
      ...shown,
      frozen,
      effect: { total, direct, throughScale: total - direct },
      neurons: steps.flatMap(({ neuron = [] }) => neuron),
      before: this.interventions.before(turn, position),
      after: this.interventions.after(turn, position),
    };
  }

  // A prediction as it is shown: some tokens, and its divergence KL(clean || it) in nats.
  #said(position, prediction, ids, cleanLogP) {
    const { entropy, scale, logSum } = prediction;
    const logP = this.readout.logProbabilities(prediction);
    const token = (id) => ({
      id,
      label: this.tokenizer.label(id),
      logit: logP[id] + logSum,
      probability: Math.exp(logP[id]),
    });
    const next = this.forward.ids[position + 1];
    const higher = logP.reduce((count, value) => count + (value > logP[next]), 0);
    const target = { ...token(next ?? 0), rank: 1 + higher, surprisal: -logP[next] };
    return {
      entropy,
      scale,
      top: ids.map(token),
      target: next === undefined ? null : target,
      first: logP.indexOf(Math.max(...logP)),
      kl: cleanLogP.reduce((sum, value, id) => sum + Math.exp(value) * (value - logP[id]), 0),
    };
  }

  #need(position) {
    const { length } = this.forward.ids;
    if (length === 0) throw new Error("expected a text to be read first");
    checkNumber("a position", position, length);
  }
}
