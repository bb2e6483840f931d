// What a turn does to the entropy, whole, through the scale and direct, with its control beside it.

import changeHtml from "./change.html";
import { fill, signed, whenChanged, wide } from "./dom.js";

const NAMES = { total: "change", throughScale: "through-scale", direct: "direct" };
const REACHES = [0.1, 0.25, 0.5, 1, 2, 4, 8]; // nats that a whole bar stands for

export function changeIn(table) {
  table.innerHTML = changeHtml;
  const none = { total: 0, throughScale: 0, direct: 0 };
  return whenChanged(({ turned, control }) => {
    const effects = [turned?.effect ?? none, control?.effect ?? none];
    const most = Math.max(...effects.flatMap((effect) => Object.values(effect).map(Math.abs)));
    const reach = REACHES.find((step) => most <= step) ?? most;
    Object.entries(NAMES).forEach(([key, name], i) => {
      const row = table.tBodies[0].rows[i];
      const [own, other] = effects.map((effect) => (turned ? signed(effect[key]) : "–"));
      fill(row, { [name]: own, [`control-${name}`]: other });
      row.querySelectorAll("i").forEach((bar, which) => {
        wide(bar, Math.abs(effects[which][key]) / reach);
        bar.classList.toggle("cn-down", effects[which][key] < 0);
      });
    });
  });
}

export function controlSaid({ turned, control }) {
  if (!turned) return "Nothing is turned yet.";
  if (!control.neurons.length) return "Control: a random direction, as far.";
  const moved = control.after.map((now, i) => now - control.before[i]);
  const mean = signed(moved.reduce((sum, each) => sum + each, 0) / moved.length);
  const [s, average] = moved.length > 1 ? ["s", "on average "] : ["", ""];
  return `Control: neuron${s} ${control.neurons.join(", ")}, with output weights as long, moved as `
    + `far (${average}${mean}).`;
}
