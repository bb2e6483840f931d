// The dial and the spectrum: which neurons are turned and to what, which direction is written.

import changeHtml from "./change.html";
import { decimal, fill, parts, say, set, signed, sum, wide } from "./dom.js";

const RANGES = { clamp: [-1, 6], boost: [-2, 5], mean: [-1, 6] };
export const REACHES = [0.1, 0.25, 0.5, 1, 2, 4, 8]; // probability or nats of a whole bar
const CHANGES = { total: "change", throughScale: "through-scale", direct: "direct" };
const [HEIGHT, STEP] = [72, 3]; // of the spectrum, and of its bars
export const UNREAD = 1e-3; // more than the singular value of what the final norm takes off

export function dialPanel(root, { change, about: { groups } }) {
  const [menu, own, how, slide, value, alone, frozen, draw, control, table] = parts(root, "neurons",
    "own", "how", "slide", "value", "alone", "frozen", "draw", "control", "change");
  for (const part of menu.querySelectorAll("optgroup")) {
    const members = groups[part.dataset.group];
    part.append(new Option(`all ${members.length} ${part.label}`, members),
      ...members.map((neuron) => new Option(`neuron ${neuron}`, neuron)));
  }
  menu.addEventListener("change", () => change({ neurons: menu.value.split(",").map(Number) }));
  how.addEventListener("change", () => change({ how: how.value, value: null }));
  slide.addEventListener("input", () => change(
    { how: how.value === "mean" ? "clamp" : how.value, value: slide.valueAsNumber }));
  value.addEventListener("input", () => value.validity.valid
    && change({ value: value.value === "" ? null : value.valueAsNumber }));
  value.addEventListener("change", () => value.reportValidity());
  frozen.addEventListener("change", () => change({ frozen: Number(frozen.checked) }));
  alone.addEventListener("click", () => change(
    { how: "clamp", value: null, strength: 0, frozen: 0 }));
  draw.addEventListener("click", () => change({ draw: (Number(draw.value) + 1) % 1000 }));

  const showChange = changeIn(table);
  return (state, { look, effects }) => {
    const [min, max] = RANGES[state.how];
    const { neurons } = state;
    const fired = neurons.map((neuron) => effects?.activation[neuron] ?? 0);
    const resting = state.how === "boost" ? 1 : sum(fired) / fired.length; // where nothing is set
    if (!menu.querySelector(`[value="${neurons}"]`)) {
      const text = `neuron${neurons.length > 1 ? "s" : ""} ${neurons.join(", ")}`;
      Object.assign(own, { text, value: neurons, hidden: false });
    }
    menu.value = neurons;
    how.value = state.how;
    frozen.checked = state.frozen;
    value.disabled = state.how === "mean";
    set(slide, { min, max, "aria-valuetext":
      decimal(state.value ?? resting) + (state.value === null ? ", as it is" : "") });
    slide.value = state.value ?? resting;
    value.placeholder = decimal(resting);
    if (document.activeElement !== value) value.value = state.value ?? "";
    showChange(look);
    say(control, controlSaid(look, state.frozen));
    draw.value = state.draw;
    draw.disabled = !look.control;
  };
}

function controlSaid({ turned, control }, frozen) {
  if (!turned) return "Nothing is turned yet.";
  const { neurons, before, after } = control;
  const kept = frozen ? "The scale is frozen: only the direct part counts at the left. " : "";
  if (!neurons.length) return `${kept}Control: a random direction, as far.`;
  const moved = signed((sum(after) - sum(before)) / neurons.length);
  const [s, average] = neurons.length > 1 ? ["s", "on average "] : ["", ""];
  return `${kept}Control: neuron${s} ${neurons.join(", ")}, drawn among those with output weights `
    + `as long, moved as far (${average}${moved}).`;
}

// The change of the entropy whole, through the scale and direct, with its control beside it.
export function changeIn(table) {
  table.innerHTML = changeHtml;
  const none = { total: 0, throughScale: 0, direct: 0 };
  return ({ turned, control }) => {
    const effects = [turned?.effect ?? none, control?.effect ?? none];
    const most = Math.max(...effects.flatMap((effect) => Object.values(effect).map(Math.abs)));
    const reach = REACHES.find((step) => most <= step) ?? most;
    Object.entries(CHANGES).forEach(([key, name], i) => {
      const row = table.tBodies[0].rows[i];
      const [own, other] = effects.map((effect) => (turned ? signed(effect[key]) : "–"));
      fill(row, { [name]: own, [`control-${name}`]: other });
      row.querySelectorAll("i").forEach((bar, which) => {
        wide(bar, Math.abs(effects[which][key]) / reach);
        bar.classList.toggle("cn-down", effects[which][key] < 0);
      });
    });
  };
}

export function directionsPanel(root, { change, about: { values, nullDimension } }) {
  const [spectrum, mark, slide, told, strength, much] = parts(root, "spectrum", "mark", "direction",
    "direction-told", "strength", "strength-told");
  const heard = values.length - nullDimension;
  spectrum.insertAdjacentHTML("beforeend", values.map((value, index) => {
    const height = Math.max(1.5, (HEIGHT * value) / values[0]);
    return `<rect class="${index < heard ? "" : "cn-null"}" x="${STEP * index}"
      y="${HEIGHT - height}" width="${STEP - 0.8}" height="${height}"/>`;
  }).join(""));
  spectrum.addEventListener("click", ({ clientX }) => {
    const { left, width } = spectrum.getBoundingClientRect();
    change({ direction: Math.floor(((clientX - left) / width) * values.length) });
  });
  slide.addEventListener("input", () => change({ direction: slide.valueAsNumber }));
  strength.addEventListener("input", () => change({ strength: strength.valueAsNumber }));
  return (state) => {
    const value = values[state.direction];
    const kind = value < UNREAD ? ", taken off by the norm" : ", null space";
    slide.value = state.direction;
    strength.value = state.strength;
    say(told, `${state.direction}, singular value ${decimal(value)}`
      + (state.direction < heard ? "" : kind));
    const written = `${decimal(state.strength)} times the stream's length`;
    say(much, state.strength ? written : "nothing written");
    set(slide, { "aria-valuetext": told.textContent });
    set(strength, { "aria-valuetext": much.textContent });
    set(mark, { transform: `translate(${STEP * (state.direction + 0.4)} ${HEIGHT + 9})` });
  };
}
