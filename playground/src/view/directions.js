// The spectrum of the effective unembedding, to choose a direction from, and how much is written.

import { decimal, drawn, parts, say, set } from "./dom.js";

const [HEIGHT, STEP] = [72, 3];
export const UNREAD = 1e-3; // more than the singular value of what the final norm takes off

export function directionsPanel(root, { change, about: { values, nullDimension } }) {
  const [spectrum, slide, told, strength, much] = parts(root, "spectrum", "direction",
    "direction-told", "strength", "strength-told");
  const isNull = (index) => index >= values.length - nullDimension;
  const kind = (index) => {
    if (values[index] < UNREAD) return ", taken off by the norm";
    return isNull(index) ? ", null space" : "";
  };
  const mark = drawn("path", { class: "cn-mark", d: "M-5 0 L5 0 L0 -8 Z" });
  spectrum.append(mark, ...values.map((value, index) => {
    const height = Math.max(1.5, (HEIGHT * value) / values[0]);
    return drawn("rect", { x: STEP * index, y: HEIGHT - height, width: STEP - 0.8, height,
      class: isNull(index) && "cn-null" });
  }));
  spectrum.addEventListener("click", ({ clientX }) => {
    const { left, width } = spectrum.getBoundingClientRect();
    change({ direction: Math.floor(((clientX - left) / width) * values.length) });
  });
  slide.addEventListener("input", () => change({ direction: slide.valueAsNumber }));
  strength.addEventListener("input", () => change({ strength: strength.valueAsNumber }));
  return (state) => {
    slide.value = state.direction;
    strength.value = state.strength;
    say(told, `${state.direction}, singular value ${decimal(values[state.direction])}`
      + kind(state.direction));
    const written = `${decimal(state.strength)} times the stream's length`;
    say(much, state.strength ? written : "nothing written");
    set(slide, { "aria-valuetext": told.textContent });
    set(strength, { "aria-valuetext": much.textContent });
    set(mark, { transform: `translate(${STEP * (state.direction + 0.4)} ${HEIGHT + 9})` });
  };
}
