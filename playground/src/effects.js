// What holding one last-layer neuron at its mean does to the entropy, for every neuron: exactly.
// The direct effect keeps the clean scale.

const AT_ONCE = 16; // neurons

export function* effectsAt(position, clean, { model, forward, readout, interventions }) {
  const { means } = model;
  const { writes } = interventions;
  yield* writes.everyNeuron();
  const activation = forward.activationsAt(position).slice();
  const [total, direct] = [new Float64Array(means.length), new Float64Array(means.length)];
  for (let neuron = 0; neuron < means.length; neuron++) {
    const push = { ...writes.neuron(neuron), amount: () => means[neuron] - activation[neuron] };
    const { product, scale } = interventions.apply([push], position, clean.product);
    total[neuron] = readout.predict(product, scale).entropy - clean.entropy;
    direct[neuron] = readout.predict(product, clean.scale).entropy - clean.entropy;
    if (neuron % AT_ONCE === AT_ONCE - 1) yield;
  }
  return { activation, total, direct };
}
