// What the page asks of a model. Each request is a generator, so that it can be answered in pieces.

import { rowOf } from "./arithmetic.js";
import { Forward } from "./forward.js";
import { checkNumber, Interventions } from "./interventions.js";
import { Readout } from "./readout.js";

const SHOWN = 8; // tokens of a prediction

export class Engine {
  constructor(model, tokenizer) {
    this.forward = new Forward(model);
    this.readout = new Readout(this.forward.tensors, model.config);
    const { weights } = this.forward.layers.at(-1).down;
    this.interventions = new Interventions(model, weights, this.readout);
    Object.assign(this, { model, tokenizer, predictions: [] }); // one a position
  }

  // The model without what is heavy.
  *open() {
    const { data, directions, tokenizer, tensors, ...about } = this.model;
    return about;
  }

  // The tokens of a text, and along it what the predictions are like.
  *read(text, turn = null) {
    const { tokenizer, interventions } = this;
    const steps = turn && interventions.steps(turn);
    const { ids, notes, cut } = tokenizer.read(text);
    yield* this.#predict(ids);
    const tokens = ids.map((id) => ({ id, label: tokenizer.label(id), text: tokenizer.text(id) }));
    const clean = yield* this.#along((prediction) => prediction);
    const turned = steps && (yield* this.#along((prediction) => {
      const { whole, direct } = interventions.apply(steps, prediction);
      return turn.frozen ? direct() : whole();
    }));
    return { tokens, clean, turned, notes, cut };
  }

  // One prediction: as it is, and what a turn and its control make of it.
  *look(position, turn = null, draw = 0) {
    const prediction = this.#at(position);
    const steps = turn && this.interventions.steps(turn);
    const logP = this.readout.logProbabilities(prediction);
    const ids = [...logP.keys()].sort((one, other) => logP[other] - logP[one]).slice(0, SHOWN);
    const next = this.forward.ids[position + 1];
    const say = (changed) => this.#said(changed, ids, next, logP);
    const clean = say(prediction);
    if (!turn) return { clean, turned: null, frozen: null, control: null };
    yield;
    const turned = this.#turned(prediction, turn, steps, say);
    yield;
    const control = this.#turned(prediction, turn, this.interventions.steps(turn, draw), say);
    return { clean, turned, frozen: turned.frozen, control };
  }

  // What holding one neuron at its mean would do to the entropy at a position, for every neuron.
  *effects(position) {
    const clean = this.#at(position);
    const activation = clean.activations.slice();
    const [total, direct] = [activation.slice(), activation.slice()];
    for (let neuron = 0; neuron < total.length; neuron++) {
      const steps = this.interventions.steps({ neurons: [neuron], how: "mean" });
      const changed = this.interventions.apply(steps, clean);
      total[neuron] = changed.whole().entropy - clean.entropy;
      direct[neuron] = changed.direct().entropy - clean.entropy;
      yield;
    }
    return { activation, total, direct };
  }

  // Where a head looks, from each position: up to itself.
  *attention(layer, head) {
    checkNumber("a layer", layer, this.model.config.layers);
    checkNumber("a head", head, this.model.config.heads);
    const { pattern, positions } = this.forward.layers[layer].heads[head];
    return this.forward.ids.map((_, query) => rowOf(pattern, query, positions).slice(0, query + 1));
  }

  // Predictions of a text, each with the stream and the activations that it comes from.
  *#predict(ids) {
    const { forward: { residual, activations }, readout } = this;
    const { width, neurons, vocabulary } = this.model.config;
    for (const { first, rows } of this.forward.read(ids)) {
      const products = readout.products(residual.subarray(first * width), rows);
      for (let row = 0; row < rows; row++) {
        const stream = rowOf(residual, first + row, width);
        this.predictions[first + row] = {
          ...readout.predict(rowOf(products, row, vocabulary), readout.scale(stream)),
          stream,
          activations: rowOf(activations, first + row, neurons),
        };
      }
      yield;
    }
  }

  // The surprisal at a position is that of its own token.
  *#along(change) {
    const { ids } = this.forward;
    const [entropy, surprisal, scale] = [0, 1, 2].map(() => new Float64Array(ids.length).fill(NaN));
    for (let position = 0; position < ids.length; position++) {
      const prediction = change(this.predictions[position]);
      const next = position + 1;
      entropy[position] = prediction.entropy;
      scale[position] = prediction.scale;
      if (next < ids.length) surprisal[next] = -this.readout.logProbability(prediction, ids[next]);
      yield;
    }
    return { entropy, surprisal, scale };
  }

  // A turned prediction with its effect on the entropy; `frozen` is the one at the clean scale.
  #turned(prediction, turn, steps, say) {
    const { whole, direct } = this.interventions.apply(steps, prediction);
    const frozen = say(direct());
    const shown = turn.frozen ? frozen : say(whole());
    const [total, kept] = [shown, frozen].map(({ entropy }) => entropy - prediction.entropy);
    return {
      ...shown,
      neurons: steps.flatMap(({ writer = [] }) => writer),
      before: turn.neurons.map((neuron) => prediction.activations[neuron]),
      after: turn.neurons.map((neuron) => this.interventions.level(turn, neuron, prediction)),
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
      rank: 1 + logP.filter((value) => value > logP[next]).length,
      surprisal: -logP[next],
    };
    const first = token(logP.indexOf(Math.max(...logP)));
    const kl = cleanLogP.reduce((sum, clean, id) => sum + Math.exp(clean) * (clean - logP[id]), 0);
    return { entropy, scale, top: ids.map(token), target, first, kl };
  }

  #at(position) {
    const { ids } = this.forward;
    if (!ids.length) throw new Error("expected a text to be read first");
    checkNumber("a position", position, ids.length);
    return this.predictions[position];
  }
}
