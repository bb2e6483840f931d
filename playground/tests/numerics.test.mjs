// The numbers of the engine against those of the library, and its cache against a fresh pass.

import assert from "node:assert/strict";
import { test } from "node:test";

import { gelu } from "../src/arithmetic.js";
import { numbersFrom } from "../src/interventions.js";
import { NAMES, engineOf, excess, floats, modelOf, reference } from "./reference.mjs";

const SINGLE = { relative: 1e-4, absolute: 1.5e-7 }; // the library's own bound for its effects
const LEVEL = { absolute: 1e-4 };

function near(found, expected, tolerance, what) {
  const beyond = excess(found, expected, tolerance);
  assert.ok(beyond <= 0, `${what}: ${beyond} beyond the tolerance`);
}

for (const name of NAMES) {
  const expected = reference.models[name];
  const { ids } = expected;
  const { engine, read, look, effects, attention } = engineOf(name);
  const { vocabulary } = engine.model.config;

  test(`${name}: logits, entropies, surprisals and scales are PyTorch's`, () => {
    const { clean } = read(ids);
    const logits = floats(expected.logits);
    ids.forEach((_, position) => {
      const { logSum } = engine.predictions[position];
      const logP = engine.readout.logProbabilities(engine.predictions[position]);
      const own = logits.subarray(position * vocabulary, (position + 1) * vocabulary);
      near(logP.map((value) => value + logSum), own, LEVEL, `logits at ${position}`);
    });
    near(clean.entropy, expected.entropy, LEVEL, "entropy");
    near(clean.surprisal.slice(1), expected.surprisal, LEVEL, "surprisal");
    near(clean.scale, expected.scale, { relative: 1e-6, absolute: 1e-6 }, "scale");
    assert.ok(Number.isNaN(clean.surprisal[0]));
  });

  test(`${name}: effects of every neuron are those of token_effects`, () => {
    read(ids);
    for (const [position, own] of Object.entries(expected.effects)) {
      const found = effects(Number(position));
      near(found.activation, own.activation, { absolute: 2e-6 }, "activation");
      near(found.total, own.total, SINGLE, `total at ${position}`);
      near(found.direct, own.direct, SINGLE, `direct at ${position}`);
    }
  });

  test(`${name}: effects of every neuron over a text are those of scan`, () => {
    read(ids.slice(0, expected.scanned));
    const sums = { total: new Float64Array(512), direct: new Float64Array(512) };
    for (let position = 1; position < expected.scanned - 1; position++) {
      const found = effects(position);
      for (const [path, sum] of Object.entries(sums)) {
        found[path].forEach((effect, neuron) => (sum[neuron] += Math.abs(effect)));
      }
    }
    for (const [path, sum] of Object.entries(sums)) {
      const means = sum.map((value) => value / (expected.scanned - 2));
      near(means, expected.scan[path], SINGLE, path);
    }
  });

  expected.turns.forEach((own) => {
    const { turn } = own;
    test(`${name}: ${JSON.stringify(turn)} does what the library says`, () => {
      const bound = { relative: 1e-4, absolute: 1e-6 };
      const { clean, turned } = read(ids, turn);
      const frozen = read(ids, { ...turn, frozen: true }).turned;
      const changes = (after, key, from = 0) => {
        return own.position.map((at) => after[key][at + from] - clean[key][at + from]);
      };
      near(changes(turned, "entropy"), own.entropy_total, bound, "entropy");
      near(changes(turned, "surprisal", 1), own.loss_total, bound, "loss");
      near(changes(turned, "scale"), own.scale_total, { relative: 1e-6, absolute: 1e-6 }, "scale");
      near(changes(frozen, "entropy"), own.entropy_direct, bound, "entropy, frozen");
      near(changes(frozen, "surprisal", 1), own.loss_direct, bound, "loss, frozen");
      assert.deepEqual(frozen.scale, clean.scale);
      for (const index of [0, 90, 180]) {
        const position = own.position[index];
        const { turned: seen, frozen: kept } = look(position, turn);
        const { total, direct, throughScale } = seen.effect;
        near([total], [own.entropy_total[index]], bound, "total");
        near([direct], [own.entropy_direct[index]], bound, "direct");
        near([throughScale], [total - direct], { absolute: 1e-12 }, "through the scale");
        near([seen.kl], [own.kl_from_clean[index]], bound, "KL");
        near([kept.entropy], [frozen.entropy[position]], { absolute: 1e-9 }, "frozen");
      }
    });
  });

  test(`${name}: attention is PyTorch's, a row up to each query`, () => {
    read(ids.slice(0, expected.scanned));
    for (const { layer, head, pattern } of expected.attention) {
      const rows = attention(layer, head);
      assert.equal(rows.length, pattern.length);
      rows.forEach((row, query) => {
        assert.equal(row.length, query + 1);
        near(row, pattern[query].slice(0, query + 1), { absolute: 1e-5 }, `${layer}.${head}`);
      });
    }
  });
}

test("after random edits the cache gives what a fresh pass gives", () => {
  const edited = engineOf("prose");
  const fresh = engineOf("prose");
  const next = numbersFrom(7);
  const below = (end) => Math.floor(next() * end);
  let ids = [0];
  for (let edit = 0; edit < 15; edit++) {
    const at = 1 + below(ids.length);
    const some = Array.from({ length: below(30) }, () => below(2048));
    ids = [...ids.slice(0, at), ...some, ...ids.slice(at + below(20))].slice(0, 256);
    const found = edited.read(ids).clean;
    fresh.read([0, below(2048)]);
    fresh.engine.forward.ids = [];
    const { clean } = fresh.read(ids);
    for (const key of ["entropy", "surprisal", "scale"]) {
      near(found[key].slice(1), clean[key].slice(1), { absolute: 1e-11 }, `${key}, edit ${edit}`);
    }
  }
});

test("a request that is left before its end leaves the cache sound", () => {
  const { engine, read } = engineOf("prose");
  const { ids, entropy } = reference.models.prose;
  for (const steps of [1, 5, 40]) {
    const other = [0, ...ids.slice(20)];
    const request = engine.read(JSON.stringify(other));
    for (let step = 0; step < steps; step++) request.next();
    near(read(ids).clean.entropy, entropy, LEVEL, `left after ${steps} steps`);
  }
});

test("a look tells the likeliest tokens, the next one's rank, and keeps to the clean ones", () => {
  const { read, look } = engineOf("prose");
  const { ids } = reference.models.prose;
  const logits = floats(reference.models.prose.logits);
  read(ids);
  for (const position of [0, 100, 254]) {
    const own = Array.from(logits.subarray(position * 2048, (position + 1) * 2048));
    const order = [...own.keys()].sort((one, other) => own[other] - own[one]);
    const turn = { neurons: [43], how: "clamp", value: 8, direction: null };
    const { clean, turned } = look(position, turn);
    assert.deepEqual(clean.top.map(({ id }) => id), order.slice(0, 8));
    assert.deepEqual(turned.top.map(({ id }) => id), order.slice(0, 8));
    assert.equal(clean.first.id, order[0]);
    assert.equal(clean.kl, 0);
    assert.equal(clean.target.id, ids[position + 1]);
    assert.equal(clean.target.rank, 1 + order.indexOf(ids[position + 1]));
    near([clean.target.surprisal], [-Math.log(clean.target.probability)], { absolute: 1e-9 }, "");
  }
  assert.equal(look(255).clean.target, null);
  assert.equal(look(255).turned, null);
});

test("a control moves as much activation, by neurons of the same norm and of no group", () => {
  const { engine, read, look } = engineOf("prose");
  const { groups, neurons } = modelOf("prose");
  const { ids } = reference.models.prose;
  read(ids);
  const turn = { neurons: groups.entropy, how: "clamp", value: 2, direction: 126, strength: 0.5 };
  const draws = [0, 1, 2].map((draw) => look(60, turn, draw).control);
  const members = new Set(Object.values(groups).flat());
  for (const control of draws) {
    assert.equal(new Set(control.neurons).size, groups.entropy.length);
    control.neurons.forEach((neuron, index) => {
      assert.ok(!members.has(neuron));
      const [own, other] = [groups.entropy[index], neuron].map((each) => neurons.weightNorm[each]);
      const nearer = neurons.weightNorm.filter((norm) => Math.abs(norm - own) < Math.abs(other - own));
      assert.ok(nearer.length <= 10 + 2 * members.size);
    });
    const { activations } = engine.predictions[60];
    assert.deepEqual(control.before, groups.entropy.map((neuron) => activations[neuron]));
    assert.deepEqual(control.after, groups.entropy.map(() => 2));
  }
  assert.deepEqual(draws[0], look(60, turn, 0).control);
  assert.notDeepEqual(draws[0].neurons, draws[1].neurons);
  const held = { neurons: draws[0].neurons, how: "clamp", direction: null };
  const one = look(60, { ...turn, neurons: [43], direction: null }, 4);
  const [partner] = one.control.neurons;
  const value = activationAfter(engine, 60, 43, 2, partner);
  const same = look(60, { ...held, neurons: [partner], value }, 0).turned;
  near([one.control.entropy], [same.entropy], { absolute: 1e-9 }, "the control's entropy");
});

function activationAfter(engine, position, neuron, value, partner) {
  const { activations } = engine.predictions[position];
  return activations[partner] + value - activations[neuron];
}

test("what makes no sense is refused in words", () => {
  const { read, look, effects, attention } = engineOf("prose");
  const turn = { neurons: [43], how: "clamp", value: 1, direction: null, strength: 0 };
  assert.throws(() => look(0), /expected a text to be read first/);
  read([0, 5, 6]);
  const refused = [
    [() => look(3), /a position as a whole number from 0 to 2, got 3/],
    [() => effects(-1), /a position as a whole number from 0 to 2, got -1/],
    [() => attention(3, 0), /a layer as a whole number from 0 to 2, got 3/],
    [() => attention(0, 4), /a head as a whole number from 0 to 3, got 4/],
    [() => look(1, { ...turn, neurons: [512] }), /a neuron as a whole number from 0 to 511, got 512/],
    [() => look(1, { ...turn, neurons: [1.5] }), /a neuron .* got 1.5/],
    [() => look(1, { ...turn, neurons: [4, 4] }), /neurons as a list of different numbers/],
    [() => look(1, { ...turn, how: "melt" }), /how as mean, clamp or boost, got "melt"/],
    [() => look(1, { ...turn, value: NaN }), /value as a finite number, got NaN/],
    [() => look(1, { ...turn, direction: 128 }), /a direction .* got 128/],
    [() => look(1, { ...turn, direction: 3, strength: Infinity }), /strength .* got Infinity/],
    [() => read([0, 5], { ...turn, value: undefined }), /value as a finite number, got undefined/],
  ];
  for (const [request, words] of refused) assert.throws(request, words);
});

test("gelu is exact", () => {
  const erf = (x) => {
    let [term, sum] = [x, x];
    for (let n = 1; n < 200; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  };
  for (let x = -4; x <= 4; x += 0.00317) {
    near([gelu(x)], [(x * (1 + erf(x / Math.SQRT2))) / 2], { absolute: 2e-9 }, `gelu(${x})`);
  }
  assert.equal(gelu(9), 9);
  assert.equal(gelu(-9), 0);
});
