// The lines of Python that measure with the library what the page shows.

const READ = ["entropy", "scale"].map((name) => `"${name}"`).join(", ");

export function pythonLines({ text }, { read, at, turn, frozen }) {
  const ids = read.tokens.map(({ id }) => id);
  const tokens = ids.length < 3 // the library reads three at least; later ones change nothing
    ? [`tokens = torch.tensor([[${[...ids, ids[0], ids[0]].slice(0, 3).join(", ")}]])`]
    : [`text = ${JSON.stringify(text)}`,
      `tokens = cn.tokens_from_text(model, text, length=${ids.length}, count=1)`];
  return [
    "import confidence_neurons as cn",
    "import torch",
    "",
    'model = cn.load_model("prose")',
    ...tokens,
    "here = torch.zeros_like(tokens, dtype=torch.bool)",
    `here[0, ${at}] = True`,
    "state = cn.run(model, tokens, at=here)",
    `print(cn.read(model, state, [${READ}]))`,
    ...(turn ? turnLines(turn, at) : []),
  ].join("\n");
}

function turnLines({ neurons, how, value, direction, strength, frozen }, at) {
  const level = {
    mean: "cn.run(model, cn.prose_tokens(model)).mean_activations()",
    clamp: Number.isInteger(value) ? `${value}.0` : value,
    boost: `${value} * state.activations[0, ${at}]`,
  }[how];
  const held = neurons.length ? [
    `turned = cn.ablate(model, turned, neurons=[${neurons.join(", ")}], to=${level})`] : [];
  const written = direction === null ? [] : [
    `direction = cn.geometry(model).spectrum.directions[:, ${direction}]`,
    `turned = cn.write(model, turned, direction, strength=${strength})`];
  const kept = frozen ? ["turned = turned.frozen(state)"] : [];
  return ["", "turned = state", ...held, ...written, ...kept,
    `print(cn.read(model, turned, [${READ}]))`];
}
