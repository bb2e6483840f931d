// What was measured at the chosen token, in tables: what the model expects, before and after the
// turn, and what the turn does to the entropy. The same for prose-no-norm, beside it.

import { decimal, fill, keep, parts, percent, say, set, sum, wide } from "./dom.js";
import numbersHtml from "./numbers.html";
import rowHtml from "./prediction-row.html";
import tableHtml from "./prediction.html";
import { changeIn, REACHES } from "./turn.js";

export function predictionPanel(root) {
  const [after, table, numbers] = parts(root, "after", "prediction", "numbers");
  const show = predictionIn(table, numbers);
  return ({ frozen }, { look, read, at }) => {
    show(look, frozen);
    say(after.querySelector("b"), at ? read.tokens[at].label : "the start");
    say(after.querySelector("span"), ` (token ${at} of ${read.tokens.length - 1})`);
  };
}

export function besidePanel(root, { change }) {
  const [button, halves] = parts(root, "beside", "halves");
  const shows = [...halves.children].map((half) => {
    const [table, numbers, changes] = parts(half, "prediction", "numbers", "change");
    return [predictionIn(table, numbers), changeIn(changes)];
  });
  button.addEventListener("click", () => change({ beside: 1 }));
  return ({ beside, frozen }, { look, other }) => {
    button.disabled = beside;
    button.hidden = Boolean(other);
    halves.hidden = !other;
    if (other) [look, other].forEach((each, i) => shows[i].forEach((show) => show(each, frozen)));
  };
}

// A row for each of the likeliest tokens and one for all others, and how sure the model is.
function predictionIn(table, numbers) {
  table.innerHTML = tableHtml;
  numbers.innerHTML = numbersHtml;
  return (look, frozen) => {
    const turned = frozen ? look.frozen : look.turned;
    const [clean, now] = [look.clean, turned ?? look.clean];
    const most = Math.max(...[...clean.top, ...now.top].map(({ probability }) => probability));
    const reach = REACHES.find((share) => most <= share);
    keep(table.tBodies[0], clean.top, rowHtml, (row, token, i) => {
      const shares = [token.probability, now.top[i].probability];
      set(row, { "data-token": token.label });
      fill(row, { token: token.label, logit: decimal(now.top[i].logit, 1),
        "p-before": percent(shares[0]), "p-after": percent(shares[1]) });
      row.querySelectorAll("i").forEach((bar, which) => wide(bar, shares[which] / reach));
    });
    fill(table.tFoot, { "p-before": percent(rest(clean)), "p-after": percent(rest(now)) });
    fill(numbers, {
      first: firstChoice(clean.first, turned?.first),
      "entropy-before": decimal(clean.entropy), "entropy-after": decimal(now.entropy),
      "scale-before": decimal(clean.scale), "scale-after": decimal(now.scale),
      next: clean.target ? nextToken(clean.target, turned?.target) : "none, the text ends here",
    });
    [table, numbers].forEach((each) => each.classList.toggle("cn-turned", Boolean(turned)));
    table.removeAttribute("aria-busy");
  };
}

const rest = ({ top }) => 1 - sum(top.map(({ probability }) => probability));

const firstChoice = ({ label }, now) =>
  label + (now && now.label !== label ? ` → ${now.label}, ${percent(now.probability)}` : "");

function nextToken({ label, rank, surprisal }, now) {
  const moved = now ? ` → rank ${now.rank}, ${decimal(now.surprisal)}` : "";
  return `${label}, rank ${rank}, surprisal ${decimal(surprisal)}${moved} nats`;
}
