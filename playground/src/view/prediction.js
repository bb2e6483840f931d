// What the model expects after the chosen token, before and after the turn: a row for each of the
// likeliest tokens and one for all others, and the numbers that say how sure it is.

import { decimal, keep, parts, percent, say, set, whenChanged, wide } from "./dom.js";

const TABLE = `<thead><tr><th scope="col">Token</th>
  <th scope="col" colspan="2" class="number cn-key before">Probability</th>
  <th scope="col" class="number cn-key now">Turned</th>
  <th scope="col" class="number">Logit</th></tr></thead><tbody></tbody>`;
const ROW = `<th scope="row" class="token"></th>
  <td class="bar"><span class="cn-track"><i class="cn-before"></i><i class="cn-after"></i></span></td>
  <td class="number" data-value="p-before"></td><td class="number now" data-value="p-after"></td>
  <td class="number"></td>`;
const REACHES = [0.1, 0.25, 0.5, 1]; // probability that a whole bar stands for
const NUMBERS = ["Entropy", "Final scale", "Next in the text"].map(
  (term) => `<div><dt>${term}</dt><dd></dd></div>`).join("");

export function predictionPanel(root) {
  const [after, table, numbers] = parts(root, "after", "prediction", "numbers");
  const show = predictionIn(table, numbers);
  const showAfter = whenChanged((read, at) => {
    say(after.querySelector("b"), at ? read.tokens[at].label : "the start");
    say(after.querySelector("span"), ` (token ${at} of ${read.tokens.length - 1})`);
  });
  return ({ frozen }, { look, read, at }) => {
    show(look, frozen);
    showAfter(read, at);
  };
}

export function predictionIn(table, numbers) {
  table.innerHTML = TABLE;
  numbers.innerHTML = NUMBERS;
  const told = numbers.querySelectorAll("dd");
  return whenChanged((look, frozen) => {
    const [clean, turned] = [look.clean, frozen ? look.frozen : look.turned];
    table.classList.toggle("cn-turned", Boolean(turned));
    const most = Math.max(...[clean, turned ?? clean].flatMap(
      ({ top }) => top.map(({ probability }) => probability)));
    const reach = REACHES.find((share) => most <= share);
    keep(table.tBodies[0], rows(clean, turned), makeRow, (row, token) => showRow(row, token, reach));
    table.removeAttribute("aria-busy");
    showPair(told[0], "entropy", clean.entropy, turned?.entropy, " nats");
    showPair(told[1], "scale", clean.scale, turned?.scale, "");
    say(told[2], clean.target ? nextToken(clean.target, turned?.target) : "none, the text ends here");
  });
}

function rows(clean, turned) {
  const rest = ({ top }) => ({
    label: "all others", probability: 1 - top.reduce((sum, token) => sum + token.probability, 0) });
  return [
    ...clean.top.map((token, i) => ({ ...token, now: turned?.top[i] })),
    { ...rest(clean), now: turned && rest(turned) },
  ];
}

function makeRow() {
  const row = document.createElement("tr");
  row.innerHTML = ROW;
  return row;
}

function showRow(row, { label, probability, logit, now }, reach) {
  const [name, bar, before, after, score] = row.children;
  const [barBefore, barAfter] = bar.querySelectorAll("i");
  set(row, { "data-token": label });
  say(name, label);
  wide(barBefore, probability / reach);
  wide(barAfter, (now ?? { probability }).probability / reach);
  say(before, percent(probability));
  say(after, now ? percent(now.probability) : "");
  say(score, logit === undefined ? "" : decimal((now ?? { logit }).logit, 1));
}

function showPair(element, name, before, after, unit) {
  const now = after === undefined ? ""
    : ` → <b data-value="${name}-after">${decimal(after)}</b>`;
  element.innerHTML = `<span data-value="${name}-before">${decimal(before)}</span>${now}${unit}`;
}

function nextToken({ label, rank, surprisal }, now) {
  const [ranked, surprised] = now ? [` → ${now.rank}`, ` → ${decimal(now.surprisal)}`] : ["", ""];
  return `${label}, rank ${rank}${ranked}, surprisal ${decimal(surprisal)}${surprised} nats`;
}
