// What holding one last-layer neuron at its mean does to the entropy, for every neuron: exactly.
//
// With push = mean - activation, the products change by push times the neuron's reading, and the
// scale becomes that of the stream with push times its output weights. The direct effect keeps the
// clean scale.

const AT_ONCE = 16; // neurons

export function* effectsAt(position, engine) {
  const { model, forward, readout, writes } = engine;
  const { means, config } = model;
  yield* writes.everyNeuron();
  const [residual, product] = [forward.residualAt(position), engine.product(position)];
  const { entropy } = engine.sums[position];
  const activation = forward.activationsAt(position).slice();
  const total = new Float64Array(config.neurons);
  const direct = new Float64Array(config.neurons);
  const stream = new Float64Array(residual.length);
  const changed = new Float64Array(product.length);
  for (let neuron = 0; neuron < config.neurons; neuron++) {
    const { vector, reading } = writes.neuron(neuron);
    const push = means[neuron] - activation[neuron];
    for (let i = 0; i < stream.length; i++) stream[i] = residual[i] + push * vector[i];
    for (let id = 0; id < changed.length; id++) changed[id] = product[id] + push * reading[id];
    total[neuron] = readout.sums(changed, readout.scale(stream)).entropy - entropy;
    direct[neuron] = readout.sums(changed, engine.scales[position]).entropy - entropy;
    if (neuron % AT_ONCE === AT_ONCE - 1) yield;
  }
  return { activation, total, direct };
}
