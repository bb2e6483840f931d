// prose beside prose-no-norm: the same text and the same turn, read by both.

import { changeIn } from "./change.js";
import { parts } from "./dom.js";
import { predictionIn } from "./prediction.js";

export function besidePanel(root, { change }) {
  const [button, halves] = parts(root, "beside", "halves");
  const shows = [...halves.children].map((half) => {
    const [table, numbers, changes] = parts(half, "prediction", "numbers", "change");
    const [show, showChange] = [predictionIn(table, numbers), changeIn(changes)];
    return (look, frozen) => {
      show(look, frozen);
      showChange(look);
    };
  });
  button.addEventListener("click", () => change({ beside: true }));
  return ({ beside, frozen }, { look, other }) => {
    button.disabled = beside;
    button.hidden = Boolean(other);
    halves.hidden = !other;
    if (other) [look, other].forEach((each, i) => shows[i](each, frozen));
  };
}
