// Entry of the bundle: the worker that answers requests, or the page, or an embed on another page.

import { Engine } from "./engine.js";
import { answer, connect } from "./link.js";
import { isState } from "./settings.js";
import { Tokenizer } from "./tokenise.js";
import { besidePanel } from "./view/beside.js";
import { challengesPanel } from "./view/challenges.js";
import { dialPanel } from "./view/dial.js";
import { directionsPanel } from "./view/directions.js";
import embed from "./view/embed.html";
import { Page } from "./view/page.js";
import { predictionPanel } from "./view/prediction.js";
import { rankingPanel } from "./view/ranking.js";
import { sharePanel } from "./view/share.js";
import { tokensPanel } from "./view/tokens.js";

const PANELS = [tokensPanel, predictionPanel, dialPanel, rankingPanel, directionsPanel, besidePanel,
  challengesPanel, sharePanel];
const ADDRESS_MS = 300; // browsers refuse an address that changes too often

let models;
const modelsIn = (folder) => models ??= connect({
  script: `${folder}playground.js`,
  models: { prose: `${folder}prose.js`, "prose-no-norm": `${folder}prose-no-norm.js` },
});

function openPage(root, folder) {
  let waiting;
  const begin = isState(location.hash) ? location.hash : "";
  const page = new Page(root, modelsIn(folder), begin, (hash) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", hash), ADDRESS_MS);
  });
  window.addEventListener("hashchange", () => {
    if (!isState(location.hash)) return;
    page.setFrom(location.hash);
    page.measure(true);
  });
  page.attempt(() => page.open(PANELS));
}

// `state` as in an address, `base` the folder of the playground's files; `remember` hears each new
// state. Resolves when numbers stand.
function mountEmbed(element, { state, base, remember }) {
  element.innerHTML = embed;
  const page = new Page(element, modelsIn(base), state, remember);
  return page.open([predictionPanel, dialPanel]);
}

globalThis.confidenceNeuronsPlayground = { Engine, Tokenizer, connect, mountEmbed };

if (typeof WorkerGlobalScope !== "undefined") {
  answer();
} else {
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  window.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".cn-playground").forEach((root) => openPage(root, folder));
  });
}
