// The engine behind one face: in a Web Worker where the page may start one, else in pieces on the
// page's own thread. A page from the disk may not start one, and may load classic scripts alone:
// so models are scripts, each loaded once, by whoever runs the engine.

import { Engine } from "./engine.js";
import { Tokenizer } from "./tokenise.js";

const MODELS = ["prose", "prose-no-norm"]; // the first one holds the tokenizer
const KINDS = ["open", "read", "look", "effects", "attention"];
const PIECE = 8; // milliseconds before the thread gets a turn

// `folder` is the address where the bundle and the models' scripts stand. A request that a newer
// one of its kind overtakes resolves to null.
export function connect(folder) {
  const perform = location.protocol.startsWith("http") ? inWorker(`${folder}playground.js`)
    : onThisThread((script) => addScript(folder + script));
  const newest = {}; // request of each kind and model
  let last = Promise.resolve();
  const ask = (kind) => (name, ...details) => {
    const key = `${kind} ${name}`;
    const request = { kind, name, details };
    newest[key] = request;
    const answered = last.then(() => (newest[key] === request ? perform(request) : null));
    last = answered.catch(() => {});
    return answered;
  };
  return Object.fromEntries(KINDS.map((kind) => [kind, ask(kind)]));
}

function inWorker(script) {
  const worker = new Worker(script);
  return (request) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data: { found, error } }) => {
      if (error) reject(new Error(error));
      else resolve(found);
    };
    worker.onerror = ({ message }) => reject(new Error(`the playground's worker: ${message}`));
    worker.postMessage(request);
  });
}

// The worker's side.
export function answer() {
  const perform = onThisThread((script) => globalThis.importScripts(script));
  globalThis.onmessage = ({ data }) => perform(data).then(
    (found) => globalThis.postMessage({ found }),
    (error) => globalThis.postMessage({ error: error.message }),
  );
}

// Performs requests, by engines that are made when they are first asked for.
function onThisThread(load) {
  const engines = {};
  let tokenizer;
  async function modelOf(name) {
    if (!MODELS.includes(name)) throw new Error(`expected ${MODELS.join(" or ")}, got ${name}`);
    if (!globalThis.confidenceNeuronsModels?.[name]) await load(`${name}.js`);
    return globalThis.confidenceNeuronsModels[name];
  }
  return async ({ kind, name, details }) => {
    tokenizer ??= new Tokenizer(await modelOf(MODELS[0]));
    engines[name] ??= new Engine(await modelOf(name), tokenizer);
    const steps = engines[name][kind](...details);
    for (;;) {
      const start = performance.now();
      while (performance.now() - start < PIECE) {
        const { done, value } = steps.next();
        if (done) return value;
      }
      await aTurn();
    }
  };
}

// Lets everything else that waits on this thread go first.
function aTurn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(null);
  });
}

function addScript(src) {
  return new Promise((onload, reject) => {
    const onerror = () => reject(new Error(`could not load ${src}`));
    document.head.append(Object.assign(document.createElement("script"), { src, onload, onerror }));
  });
}
