// What the model expects after the chosen token, before and after the turn: a row for each of the
// likeliest tokens and one for all others, and the numbers that say how sure it is.

import { decimal, fill, keep, parts, percent, rowOf, say, set, whenChanged, wide } from "./dom.js";
import numbersHtml from "./numbers.html";
import rowHtml from "./prediction-row.html";
import tableHtml from "./prediction.html";

const REACHES = [0.1, 0.25, 0.5, 1]; // probability that a whole bar stands for

export function predictionPanel(root) {
  const [after, table, numbers] = parts(root, "after", "prediction", "numbers");
  const show = predictionIn(table, numbers);
  return ({ frozen }, { look, read, at }) => {
    show(look, frozen);
    say(after.querySelector("b"), at ? read.tokens[at].label : "the start");
    say(after.querySelector("span"), ` (token ${at} of ${read.tokens.length - 1})`);
  };
}

export function predictionIn(table, numbers) {
  table.innerHTML = tableHtml;
  numbers.innerHTML = numbersHtml;
  return whenChanged((look, frozen) => {
    const turned = frozen ? look.frozen : look.turned;
    const [clean, now] = [look.clean, turned ?? look.clean];
    const most = Math.max(...[...clean.top, ...now.top].map(({ probability }) => probability));
    const reach = REACHES.find((share) => most <= share);
    keep(table.tBodies[0], clean.top, rowOf(rowHtml), (row, token, i) => {
      set(row, { "data-token": token.label });
      fill(row, { token: token.label, logit: decimal(now.top[i].logit, 1) });
      const shares = [token.probability, now.top[i].probability];
      fill(row, { "p-before": percent(shares[0]), "p-after": percent(shares[1]) });
      row.querySelectorAll("i").forEach((bar, which) => wide(bar, shares[which] / reach));
    });
    fill(table.tFoot, { "p-before": percent(rest(clean)), "p-after": percent(rest(now)) });
    fill(numbers, {
      "entropy-before": decimal(clean.entropy), "entropy-after": decimal(now.entropy),
      "scale-before": decimal(clean.scale), "scale-after": decimal(now.scale),
      next: clean.target ? nextToken(clean.target, turned?.target) : "none, the text ends here",
    });
    [table, numbers].forEach((each) => each.classList.toggle("cn-turned", Boolean(turned)));
    table.removeAttribute("aria-busy");
  });
}

const rest = ({ top }) => 1 - top.reduce((sum, { probability }) => sum + probability, 0);

function nextToken({ label, rank, surprisal }, now) {
  const moved = now ? ` → rank ${now.rank}, ${decimal(now.surprisal)}` : "";
  return `${label}, rank ${rank}, surprisal ${decimal(surprisal)}${moved} nats`;
}
