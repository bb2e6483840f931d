// Entry of the bundle: the worker that answers requests, or the page, or an embed on another page.

import { Engine } from "./engine.js";
import { answer, connect } from "./link.js";
import { Tokenizer } from "./tokenise.js";
import { challengesPanel } from "./view/challenges.js";
import embed from "./view/embed.html";
import { besidePanel, predictionPanel } from "./view/measured.js";
import { Page } from "./view/page.js";
import { rankingPanel } from "./view/ranking.js";
import { sharePanel } from "./view/share.js";
import { tokensPanel } from "./view/text.js";
import { dialPanel, directionsPanel } from "./view/turn.js";

const PANELS = [tokensPanel, predictionPanel, dialPanel, rankingPanel, directionsPanel, besidePanel,
  challengesPanel, sharePanel];
const ADDRESS_MS = 300; // browsers refuse an address that changes too often

let models; // whatever asks, one engine answers

function openPage(root, folder) {
  let waiting;
  const isState = () => location.hash.includes("="); // it may be the name of a place, too
  models ??= connect(folder);
  const page = new Page(root, models, isState() ? location.hash : "", (hash) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", hash), ADDRESS_MS);
  });
  window.addEventListener("hashchange", () => {
    if (!isState()) return;
    page.setFrom(location.hash);
    page.measure(true);
  });
  page.attempt(() => page.open(PANELS));
}

// `state` as in an address, `base` the folder of the playground's files; `remember` hears each new
// state. Resolves when numbers stand.
function mountEmbed(element, { state, base, remember }) {
  element.innerHTML = embed;
  models ??= connect(base);
  return new Page(element, models, state, remember).open([predictionPanel, dialPanel]);
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
