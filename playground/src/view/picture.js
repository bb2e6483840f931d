// What the page shows as one picture: a string of SVG, drawn from the state and what was measured.

import { decimal, percent, signed } from "./dom.js";

export const SIZE = { width: 1200, height: 630 };
const [INK, PALE, BLUE, ORANGE, GREY] = ["#1b1b1b", "#5a6570", "#0072b2", "#d55e00", "#a9b2ba"];
const LETTERS = 78; // of the text's end, in a line

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const text = (x, y, said, { size = 24, fill = INK, anchor = "start", weight = 400 } = {}) =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" `
  + `font-weight="${weight}" xml:space="preserve">${escaped(said)}</text>`;
const bar = (x, y, width, height, fill) =>
  `<rect x="${x}" y="${y}" width="${Math.max(1, width).toFixed(1)}" height="${height}" fill="${fill}"/>`;

export function picture(state, { read, look, at, turn }) {
  const turned = state.frozen ? look.frozen : look.turned;
  const words = read.tokens.slice(1, at + 1).map(({ label }) => label.replace(/[␣⏎]/g, " ")).join("");
  const line = words.length > LETTERS ? `…${words.slice(-LETTERS)}` : words;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}" `
    + 'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="#ffffff"/>',
    text(60, 70, `${line} …`, { size: 28, weight: 600 }),
    ...look.clean.top.flatMap((token, i) => row(token, turned?.top[i], 105 + 50 * i)),
    ...numbers(look, turned, turn, state),
    text(60, 600, "Confidence Regulation Neurons: the playground, with the model prose",
      { size: 18, fill: PALE }),
    "</svg>",
  ].join("");
}

function row({ label, probability }, turned, y) {
  const now = turned ? turned.probability : probability;
  return [
    text(170, y + 26, label, { anchor: "end" }),
    turned ? bar(190, y, 400 * probability, 10, GREY) : "",
    bar(190, turned ? y + 12 : y, 400 * now, turned ? 22 : 34, BLUE),
    text(600, y + 26, turned ? `${percent(probability)} → ${percent(now)}` : percent(now)),
  ];
}

function numbers(look, turned, turn, { frozen }) {
  const arrow = (name) => decimal(look.clean[name]) + (turned ? ` → ${decimal(turned[name])}` : "");
  const lines = [`Entropy ${arrow("entropy")} nats`, `Final scale ${arrow("scale")}`];
  if (turn) {
    const { total, throughScale, direct } = look.turned.effect;
    lines.push(...turnSaid(turn), `Change ${signed(total)}`, `through the scale ${signed(throughScale)}`,
      `direct ${signed(direct)}`, `of the control ${signed(look.control.effect.total)}`);
    if (frozen) lines.push("The scale is frozen.");
  }
  return lines.map((said, i) => text(860, 131 + 44 * i, said, { fill: i === 0 ? ORANGE : INK }));
}

function turnSaid({ neurons, how, value, direction, strength }) {
  const named = neurons.length > 3 ? `${neurons.length} neurons` : `Neuron ${neurons.join(", ")}`;
  const what = { clamp: `held at ${value}`, boost: `× ${value}`, mean: "held at the mean" }[how];
  return [
    ...(neurons.length ? [`${named} ${what}`] : []),
    ...(direction === null ? [] : [`${decimal(strength)} along direction ${direction}`]),
  ];
}
