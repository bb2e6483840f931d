// What the page asks of a model. Each request is a generator, so that it can be answered in pieces.

import { rowOf } from "./arithmetic.js";
import { checkNumber, checkTurn } from "./checks.js";
import { effectsOn } from "./effects.js";
import { Forward } from "./forward.js";
import { Interventions } from "./interventions.js";
import { Readout } from "./readout.js";

const SHOWN = 8; // tokens of a prediction
const AT_ONCE = 4; // positions

export class Engine {
  constructor(model, tokenizer) {
    const { positions, vocabulary } = model.config;
    Object.assign(this, { model, tokenizer, predictions: [] }); // one a position
    this.forward = new Forward(model);
    this.readout = new Readout(this.forward, model.config);
    this.interventions = new Interventions(model, this.forward, this.readout);
    this.products = new Float64Array(positions * vocabulary);
  }

  // The tokens of a text, and along it what the predictions are like.
  *read(text, turn = null) {
    const steps = this.#steps(turn);
    const { ids, notes, cut } = this.tokenizer.read(text);
    yield* this.#predict(ids);
    const { tokenizer } = this;
    const tokens = ids.map((id) => ({ id, label: tokenizer.label(id), text: tokenizer.text(id) }));
    const clean = yield* this.#along((prediction) => prediction);
    const turned = steps && (yield* this.#along((prediction) => {
      const { whole, direct } = this.interventions.apply(steps, prediction);
      return turn.frozen ? direct() : whole();
    }));
    return { tokens, clean, turned, notes, cut };
  }

  // One prediction: as it is, and what a turn and its control make of it.
  *look(position, turn = null, draw = 0) {
    const prediction = this.#at(position);
    const steps = this.#steps(turn);
    const logP = this.readout.logProbabilities(prediction);
    const ids = [...logP.keys()].sort((one, other) => logP[other] - logP[one]).slice(0, SHOWN);
    const next = this.forward.ids[position + 1];
    const say = (changed) => this.#said(changed, ids, next, logP);
    const clean = say(prediction);
    if (!turn) return { clean, turned: null, frozen: null, control: null };
    yield;
    const turned = this.#turned(prediction, turn, steps, say);
    yield;
    const control = this.#turned(prediction, turn, this.interventions.control(turn, draw), say);
    return { clean, turned, frozen: turned.frozen, control };
  }

  // What holding each neuron at its mean would do at a position.
  *effects(position) {
    return yield* effectsOn(this.#at(position), this);
  }

  // Where a head looks, from each position.
  *attention(layer, head) {
    checkNumber("a layer", layer, this.model.config.layers);
    checkNumber("a head", head, this.model.config.heads);
    return this.forward.pattern(layer, head);
  }

  // Predictions of a text, each with the stream and the activations that it comes from.
  *#predict(ids) {
    const { forward, readout, products } = this;
    const { width, neurons, vocabulary } = this.model.config;
    for (const { first, rows } of forward.read(ids)) {
      const some = forward.residual.subarray(first * width);
      readout.products(some, rows, products.subarray(first * vocabulary));
      for (let position = first; position < first + rows; position++) {
        const stream = rowOf(forward.residual, position, width);
        const activations = rowOf(forward.activations, position, neurons);
        const product = rowOf(products, position, vocabulary);
        const prediction = readout.predict(product, readout.scale(stream));
        this.predictions[position] = { ...prediction, stream, activations };
      }
      yield;
    }
  }

  // The surprisal at a position is that of its own token.
  *#along(change) {
    const { ids } = this.forward;
    const along = () => new Float64Array(ids.length).fill(NaN);
    const found = { entropy: along(), surprisal: along(), scale: along() };
    for (let position = 0; position < ids.length; position++) {
      const prediction = change(this.predictions[position]);
      const next = position + 1;
      found.entropy[position] = prediction.entropy;
      found.scale[position] = prediction.scale;
      if (next < ids.length) found.surprisal[next] = this.readout.surprisal(prediction, ids[next]);
      if (position % AT_ONCE === 0) yield;
    }
    return found;
  }

  // A turned prediction with its effect on the entropy; `frozen` is the one at the clean scale.
  #turned(prediction, turn, steps, say) {
    const { whole, direct } = this.interventions.apply(steps, prediction);
    const frozen = say(direct());
    const shown = turn.frozen ? frozen : say(whole());
    const [total, kept] = [shown, frozen].map(({ entropy }) => entropy - prediction.entropy);
    return {
      ...shown,
      ...this.interventions.moved(turn, prediction),
      neurons: steps.flatMap(({ neuron = [] }) => neuron),
      effect: { total, direct: kept, throughScale: total - kept },
      frozen,
    };
  }

  // A prediction as it is shown: some tokens, the next one, and KL(clean || it) in nats.
  #said(prediction, ids, next, cleanLogP) {
    const { entropy, scale, logSum } = prediction;
    const logP = this.readout.logProbabilities(prediction);
    const token = (id) => {
      const [logit, probability] = [logP[id] + logSum, Math.exp(logP[id])];
      return { id, label: this.tokenizer.label(id), logit, probability };
    };
    const target = next === undefined ? null : {
      ...token(next),
      rank: 1 + logP.reduce((higher, value) => higher + (value > logP[next]), 0),
      surprisal: -logP[next],
    };
    const first = logP.indexOf(Math.max(...logP));
    const kl = cleanLogP.reduce((sum, clean, id) => sum + Math.exp(clean) * (clean - logP[id]), 0);
    return { entropy, scale, top: ids.map(token), target, first, kl };
  }

  #steps(turn) {
    if (turn) checkTurn(turn, this.model.config);
    return turn && this.interventions.steps(turn);
  }

  #at(position) {
    const { length } = this.forward.ids;
    if (length === 0) throw new Error("expected a text to be read first");
    checkNumber("a position", position, length);
    return this.predictions[position];
  }
}
