// Challenges: each is solved when what was measured at the chosen token says so.

import { parts, say } from "./dom.js";
import { strongest } from "./ranking.js";
import { UNREAD } from "./turn.js";

const TOAST_MS = 6000;
const through = ({ total, direct }, neuron) => Math.abs(total[neuron] - direct[neuron]);

export const CHALLENGES = {
  unsure: ({ frozen }, { look: { clean, turned } }) =>
    !frozen && turned?.effect.total >= 1 && turned.first.id === clean.first.id,
  frozen: ({ frozen }, { look }) => frozen && look.turned?.effect.direct >= 0.5,
  scale: ({ how, neurons }, { effects }) => how === "mean" && neurons.length === 1 && effects
    && strongest(effects).includes(neurons[0]) && strongest(effects).every(
      (other) => through(effects, other) <= through(effects, neurons[0])),
  unnoticed: ({ strength, frozen }, { look, turn }, { values }) => frozen && Math.abs(strength) >= 1
    && turn && !turn.neurons.length && values[turn.direction] > UNREAD && look.frozen?.kl < 0.1,
  induction: ({ colour }, { attention, read, at }) => colour === "attention"
    && attention?.[at]?.some((share, i) => share >= 0.3 && i > 1
      && read.tokens[i - 1].id === read.tokens[at].id),
  first: ({ neurons, frozen }, { look: { clean, turned }, turn }) => turn?.neurons.length === 1
    && turn.direction === null && !frozen && turned.first.id !== clean.first.id,
};

export function challengesPanel(root, { about, announce }) {
  const [list, toast] = parts(root, "challenges", "toast");
  return (state, seen) => {
    for (const item of list.querySelectorAll("[data-challenge]:not(.cn-right)")) {
      if (!CHALLENGES[item.dataset.challenge](state, seen, about)) continue;
      const [lesson] = parts(item, "lesson");
      item.classList.add("cn-right");
      lesson.hidden = false;
      announce(`A challenge is solved. ${lesson.textContent}`);
      say(toast, `Challenge solved: ${item.querySelector("p").textContent}`);
      toast.animate({ visibility: ["visible", "visible"] }, TOAST_MS);
    }
  };
}
