// What the page shows as one picture: SVG, drawn from the state and what was measured.

import { decimal, drawn, fill, percent, signed } from "./dom.js";
import pictureHtml from "./picture.html";

const LETTERS = 78; // of the text's end, in a line
const [BEFORE, NOW, WIDEST] = ["#a9b2ba", "#0072b2", 400];

export function picture({ frozen }, { read, look, at, turn }) {
  const svg = new DOMParser().parseFromString(pictureHtml, "image/svg+xml").documentElement;
  const turned = frozen ? look.frozen : look.turned;
  const words = read.tokens.slice(1, at + 1).map(({ label }) => label.replace(/[␣⏎]/g, " ")).join("");
  fill(svg, { title: `${words.length > LETTERS ? "…" : ""}${words.slice(-LETTERS)} …` });
  const [rows, told] = svg.querySelectorAll("g");
  look.clean.top.forEach((token, i) => rows.append(...row(token, turned?.top[i], 105 + 50 * i)));
  numbers(look, turned, turn, frozen).forEach((said, i) => told.append(text(860, 131 + 44 * i, said)));
  return new XMLSerializer().serializeToString(svg);
}

function text(x, y, said, kind = "") {
  const element = drawn("text", { x, y, class: kind });
  element.textContent = said;
  return element;
}

function row({ label, probability }, turned, y) {
  const bar = (share, top, height, colour) =>
    drawn("rect", { x: 190, y: y + top, width: WIDEST * share, height, fill: colour });
  const now = turned?.probability ?? probability;
  const bars = turned ? [bar(probability, 0, 10, BEFORE), bar(now, 12, 22, NOW)] : [bar(now, 0, 34, NOW)];
  const told = turned ? `${percent(probability)} → ${percent(now)}` : percent(now);
  return [text(170, y + 26, label, "label"), ...bars, text(600, y + 26, told)];
}

function numbers({ clean, turned, control }, now, turn, frozen) {
  const arrow = (name) => decimal(clean[name]) + (now ? ` → ${decimal(now[name])}` : "");
  const lines = [`Entropy ${arrow("entropy")} nats`, `Final scale ${arrow("scale")}`];
  if (!turn) return lines;
  const { neurons, how, value, direction, strength } = turn;
  const named = neurons.length > 3 ? `${neurons.length} neurons` : `Neuron ${neurons.join(", ")}`;
  const what = { clamp: `held at ${value}`, boost: `× ${value}`, mean: "held at the mean" }[how];
  const { effect } = turned;
  return [...lines, neurons.length && `${named} ${what}`,
    direction !== null && `${decimal(strength)} along direction ${direction}`,
    `Change ${signed(effect.total)}`, `through the scale ${signed(effect.throughScale)}`,
    `direct ${signed(effect.direct)}`, `of the control ${signed(control.effect.total)}`,
    frozen && "The scale is frozen."].filter(Boolean);
}
