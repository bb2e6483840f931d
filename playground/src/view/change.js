// What a turn does to the entropy, whole, through the scale and direct, with its control beside it.

import { parts, say, signed, whenChanged, wide } from "./dom.js";

const ROWS = [["total", "whole", "change"], ["throughScale", "through the scale", "through-scale"],
  ["direct", "direct", "direct"]];
const REACHES = [0.1, 0.25, 0.5, 1, 2, 4, 8]; // nats that a whole bar stands for
const TABLE = `<caption>Change of the entropy, in nats</caption>
  <thead><tr><td></td><td></td><th scope="col" class="number cn-key own">Turned</th>
  <th scope="col" class="number cn-key control">Control</th></tr></thead><tbody>${ROWS.map(([, title, name]) =>
    `<tr><th scope="row">${title}</th>
    <td class="bar"><span class="cn-track"><i class="cn-own"></i><i class="cn-control"></i></span></td>
    <td class="number" data-value="${name}"></td>
    <td class="number" data-value="control-${name}"></td></tr>`).join("")}</tbody>`;

export function changeIn(table) {
  table.innerHTML = TABLE;
  return whenChanged(({ turned, control }) => {
    const effects = [turned, control].map((look) => look?.effect);
    const most = Math.max(...effects.flatMap((effect) => Object.values(effect ?? {}).map(Math.abs)), 0);
    const reach = REACHES.find((step) => most <= step) ?? most;
    ROWS.forEach(([key], i) => {
      const [, bars, ...told] = table.tBodies[0].rows[i].children;
      effects.forEach((effect, which) => {
        const bar = bars.querySelectorAll("i")[which];
        wide(bar, Math.abs(effect?.[key] ?? 0) / reach);
        bar.classList.toggle("cn-down", effect?.[key] < 0);
        say(told[which], effect ? signed(effect[key]) : "–");
      });
    });
  });
}

export function controlSaid({ turned, control }) {
  if (!turned) return "Nothing is turned yet.";
  if (!control.neurons.length) return "Control: a random direction, as far.";
  const moved = control.after.map((now, i) => now - control.before[i]);
  const mean = moved.reduce((sum, each) => sum + each, 0) / moved.length;
  const several = moved.length > 1;
  return `Control: neuron${several ? "s" : ""} ${control.neurons.join(", ")}, with output weights `
    + `as long, moved as far (${several ? "on average " : ""}${signed(mean)}).`;
}
