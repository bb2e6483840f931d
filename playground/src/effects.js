// What holding one last-layer neuron at its mean does to the entropy, for every neuron: exactly.
// The direct effect keeps the clean scale.

const AT_ONCE = 16; // neurons

export function* effectsOn(clean, { model: { means }, interventions }) {
  const { writes } = interventions;
  yield* writes.everyNeuron();
  const activation = clean.activations.slice();
  const [total, direct] = [new Float64Array(means.length), new Float64Array(means.length)];
  for (let neuron = 0; neuron < means.length; neuron++) {
    const step = { ...writes.neuron(neuron), amount: () => means[neuron] - activation[neuron] };
    const changed = interventions.apply([step], clean);
    total[neuron] = changed.whole().entropy - clean.entropy;
    direct[neuron] = changed.direct().entropy - clean.entropy;
    if (neuron % AT_ONCE === 0) yield;
  }
  return { activation, total, direct };
}
