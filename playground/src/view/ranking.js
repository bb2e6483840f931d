// The neurons of the last layer that matter most at the chosen token, and any other by its number.

import { decimal, fill, keep, parts, set, signed, wide } from "./dom.js";
import rowHtml from "./ranking-row.html";

const SHOWN = 12;
const MARKS = { entropy: "◆ entropy", frequency: "■ frequency" };

export function rankingPanel(root, { change, about: { groups } }) {
  const [table, search] = parts(root, "ranking", "search");
  table.addEventListener("click", ({ target }) =>
    target.type === "button" && change({ neurons: [Number(target.value)] }));
  search.addEventListener("change", () =>
    search.value && search.reportValidity() && change({ neurons: [Number(search.value)] }));

  const showNeuron = (row, neuron, { activation, total, direct }, most) => {
    const group = Object.keys(MARKS).find((name) => groups[name].includes(neuron));
    const has = neuron !== undefined;
    set(row, { class: group ? `cn-${group}` : null });
    fill(row, {
      group: MARKS[group] ?? "",
      activation: has ? decimal(activation[neuron]) : "",
      change: has ? signed(total[neuron], 3) : "",
      "through-scale": has ? signed(total[neuron] - direct[neuron], 3) : "",
    });
    wide(row, has ? Math.abs(total[neuron]) / most : 0);
  };
  return ({ neurons }, { effects }) => {
    if (!effects) return;
    const shown = strongest(effects);
    const most = Math.abs(effects.total[shown[0]]);
    const only = neurons.length === 1 ? neurons[0] : undefined;
    keep(table.tBodies[0], shown, rowHtml, (row, neuron) => {
      fill(row, { neuron: String(neuron) });
      set(row.querySelector("button"), { value: neuron, "aria-label": `Turn neuron ${neuron}`,
        "aria-pressed": neuron === only });
      showNeuron(row, neuron, effects, most);
    });
    const beyond = shown.includes(only) ? undefined : only;
    if (document.activeElement !== search) search.value = beyond ?? "";
    showNeuron(table.tFoot.rows[0], beyond, effects, most);
    table.removeAttribute("aria-busy");
  };
}

export const strongest = ({ total }) => Array.from(total.keys()).sort(
  (one, other) => Math.abs(total[other]) - Math.abs(total[one])).slice(0, SHOWN);
