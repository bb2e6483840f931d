// The dial: which neurons, what they are set to, and what that changes.

import { changeIn, controlSaid } from "./change.js";
import { decimal, h, parts, say, set } from "./dom.js";

const RANGES = { clamp: [-1, 6], boost: [-2, 5], mean: [-1, 6] };
const GROUPS = { entropy: "entropy neurons", frequency: "token frequency neurons" };

export function dialPanel(root, { change, about: { groups } }) {
  const [menu, how, slide, value, alone, frozen, draw, control, table] = parts(root, "neurons",
    "how", "slide", "value", "alone", "frozen", "draw", "control", "change");
  menu.append(...Object.keys(GROUPS).map((name) => optionsOf(groups[name], GROUPS[name])));
  menu.addEventListener("change", () => change({ neurons: menu.value.split(",").map(Number) }));
  how.addEventListener("change", () => change({ how: how.value, value: null }));
  slide.addEventListener("input", () => change({ value: slide.valueAsNumber }));
  value.addEventListener("input", () => value.validity.valid
    && change({ value: value.value === "" ? null : value.valueAsNumber }));
  frozen.addEventListener("change", () => change({ frozen: frozen.checked }));
  alone.addEventListener("click", () => change({ how: "clamp", value: null, strength: 0 }));
  draw.addEventListener("click", () => change({ draw: (Number(draw.value) + 1) % 1000 }));

  const showChange = changeIn(table);
  return (state, { look, effects }) => {
    const [min, max] = RANGES[state.how];
    const own = restingValue(state, effects);
    chooseNeurons(menu, state.neurons);
    how.value = state.how;
    frozen.checked = state.frozen;
    slide.disabled = value.disabled = state.how === "mean";
    set(slide, { min, max, "aria-valuetext":
      decimal(state.value ?? own) + (state.value === null ? ", as it is" : "") });
    slide.value = state.value ?? own;
    value.placeholder = decimal(own);
    if (document.activeElement !== value) value.value = state.value ?? "";
    showChange(look);
    say(control, controlSaid(look));
    draw.value = state.draw;
    draw.disabled = !look.control;
  };
}

// Where the dial stands before it is touched: at what the neurons do by themselves.
function restingValue({ how, neurons }, effects) {
  const fired = neurons.map((neuron) => effects?.activation[neuron] ?? 0);
  return how === "boost" ? 1 : fired.reduce((sum, each) => sum + each, 0) / fired.length;
}

const optionsOf = (neurons, title) => h("optgroup", { label: title },
  h("option", { value: neurons.join(",") }, `all ${neurons.length} ${title}`),
  ...neurons.map((neuron) => h("option", { value: neuron }, `neuron ${neuron}`)));

// Neurons that the menu does not have get a line of their own.
function chooseNeurons(menu, neurons) {
  const wanted = neurons.join(",");
  if (menu.value === wanted) return;
  if (![...menu.options].some(({ value }) => value === wanted)) {
    menu.querySelector("[data-own]")?.remove();
    const s = neurons.length > 1 ? "s" : "";
    menu.append(h("option", { value: wanted, "data-own": "" }, `neuron${s} ${neurons.join(", ")}`));
  }
  menu.value = wanted;
}
