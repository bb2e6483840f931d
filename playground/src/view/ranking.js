// The neurons of the last layer that matter most at the chosen token, and any other by its number.

import { decimal, h, keep, parts, say, set, signed, whenChanged, wide } from "./dom.js";

const SHOWN = 12;
const MARKS = { entropy: "◆ entropy", frequency: "■ frequency" };
const CELLS = `<td></td>${'<td class="number"></td>'.repeat(3)}`;

export function rankingPanel(root, { change, about: { groups } }) {
  const [table, search] = parts(root, "ranking", "search");
  const other = search.closest("tr");
  const turn = (neuron) => change({ neurons: [neuron] });
  table.addEventListener("click", ({ target }) => target.value && target !== search && turn(+target.value));
  search.addEventListener("change", () => search.value && search.reportValidity() && turn(+search.value));
  const showNeuron = (row, neuron, { activation, total, direct }, most) => {
    const group = Object.keys(MARKS).find((name) => groups[name].includes(neuron)) ?? null;
    const told = neuron === undefined ? ["", "", ""] : [decimal(activation[neuron]),
      signed(total[neuron], 3), signed(total[neuron] - direct[neuron], 3)];
    const [, mark, ...numbers] = row.children;
    set(mark, { class: group && `cn-${group}` });
    say(mark, MARKS[group] ?? "");
    told.forEach((number, i) => say(numbers[i], number));
    wide(numbers[1], neuron === undefined ? 0 : Math.abs(total[neuron]) / most);
  };
  const show = whenChanged((effects, neurons) => {
    const shown = strongest(effects);
    const most = Math.abs(effects.total[shown[0]]);
    const only = neurons.length === 1 ? neurons[0] : undefined;
    keep(table.tBodies[0], shown, makeRow, (row, neuron) => {
      const button = row.querySelector("button");
      say(button, String(neuron));
      set(button, { value: neuron, "aria-label": `Turn neuron ${neuron}`, "aria-pressed": neuron === only });
      showNeuron(row, neuron, effects, most);
    });
    const beyond = shown.includes(only) ? undefined : only;
    if (document.activeElement !== search) search.value = beyond ?? "";
    showNeuron(other, beyond, effects, most);
    table.removeAttribute("aria-busy");
  });
  return ({ neurons }, { effects }) => effects && show(effects, neurons);
}

export const strongest = ({ total }) => Array.from(total.keys()).sort(
  (one, other) => Math.abs(total[other]) - Math.abs(total[one])).slice(0, SHOWN);

function makeRow() {
  const row = h("tr");
  row.innerHTML = `<th scope="row"><button type="button"></button></th>${CELLS}`;
  return row;
}
