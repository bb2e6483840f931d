// The dial: which neurons, what they are set to, and what that changes.

import { changeIn, controlSaid } from "./change.js";
import { decimal, h, parts, say, set, whenChanged } from "./dom.js";

const RANGES = { clamp: [-1, 6], boost: [-2, 5], mean: [-1, 6] };
const GROUPS = { entropy: "entropy neurons", frequency: "token frequency neurons" };

export function dialPanel(root, { change, about }) {
  const [menu, how, slide, value, alone, frozen, draw, control, table] = parts(root, "neurons", "how",
    "slide", "value", "alone", "frozen", "draw", "control", "change");
  menu.append(...neuronOptions(about.groups));
  menu.addEventListener("change", () => change({ neurons: menu.value.split(",").map(Number) }));
  how.addEventListener("change", () => change({ how: how.value, value: null }));
  slide.addEventListener("input", () => change({ value: slide.valueAsNumber }));
  value.addEventListener("input", () => {
    if (value.validity.valid) change({ value: value.value === "" ? null : value.valueAsNumber });
  });
  frozen.addEventListener("change", () => change({ frozen: frozen.checked }));
  alone.addEventListener("click", () => change({ how: "clamp", value: null, strength: 0 }));
  draw.addEventListener("click", () => change({ draw: (Number(draw.value) + 1) % 1000 }));

  const showChange = changeIn(table);
  const showControl = whenChanged((look) => {
    say(control, controlSaid(look));
    draw.disabled = !look.control;
  });
  return (state, { look, effects }) => {
    chooseNeurons(menu, state.neurons);
    const [min, max] = RANGES[state.how];
    const own = restingValue(state, effects);
    how.value = state.how;
    draw.value = state.draw;
    frozen.checked = state.frozen;
    slide.disabled = value.disabled = state.how === "mean";
    set(slide, { min, max, "aria-valuetext": decimal(state.value ?? own)
      + (state.value === null ? ", as it is" : "") });
    slide.value = state.value ?? own;
    value.placeholder = decimal(own);
    if (document.activeElement !== value) value.value = state.value ?? "";
    showChange(look);
    showControl(look);
  };
}

// Where the dial stands before it is touched: at what the neurons do by themselves.
function restingValue({ how, neurons }, effects) {
  const fired = neurons.map((neuron) => effects?.activation[neuron] ?? 0);
  return how === "boost" ? 1 : fired.reduce((sum, each) => sum + each, 0) / fired.length;
}

function neuronOptions(groups) {
  return Object.entries(GROUPS).map(([name, title]) => h("optgroup", { label: title },
    h("option", { value: groups[name].join(",") }, `all ${groups[name].length} ${title}`),
    ...groups[name].map((neuron) => h("option", { value: neuron }, `neuron ${neuron}`))));
}

// Neurons that the menu does not have get a line of their own.
function chooseNeurons(menu, neurons) {
  const wanted = neurons.join(",");
  if (menu.value === wanted) return;
  if (![...menu.options].some(({ value }) => value === wanted)) {
    menu.querySelector("[data-own]")?.remove();
    menu.append(h("option", { value: wanted, "data-own": "" },
      `neuron${neurons.length > 1 ? "s" : ""} ${neurons.join(", ")}`));
  }
  menu.value = wanted;
}
