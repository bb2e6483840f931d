// The engine behind one face: in a Web Worker where the page may start one, else in pieces on the
// page's own thread. A page from the disk may not start one, and may load classic scripts alone:
// so models are scripts, each loaded once, by whoever runs the engine.

import { Engine } from "./engine.js";
import { Tokenizer } from "./tokenise.js";

const KINDS = ["open", "read", "look", "effects", "attention"];
const PIECE = 8; // milliseconds before the thread gets a turn

// `script` is the address of the bundle, `models` those of the models' scripts by name; the first
// one holds the tokenizer. A request that a newer one of its kind overtakes resolves to null.
export function connect({ script, models }) {
  const perform = location.protocol.startsWith("http") ? inWorker(script) : onThisThread(addScript);
  const newest = {}; // request of each kind and model
  let last = Promise.resolve();
  const ask = (kind) => (name, ...details) => {
    const key = `${kind} ${name}`;
    const request = { kind, name, details, models };
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
    worker.onmessage = ({ data }) => {
      if (data.error) reject(new Error(data.error));
      else resolve(data.answer);
    };
    worker.onerror = ({ message }) => reject(new Error(`the playground's worker: ${message}`));
    worker.postMessage(request);
  });
}

// The worker's side.
export function answer() {
  const perform = onThisThread((address) => globalThis.importScripts(address));
  globalThis.onmessage = ({ data }) => perform(data).then(
    (found) => globalThis.postMessage({ answer: found }),
    (error) => globalThis.postMessage({ error: error.message }),
  );
}

// Performs requests, by engines that are made when they are first asked for.
function onThisThread(load) {
  const engines = {};
  let tokenizer;
  async function modelOf(name, models) {
    if (!models[name]) throw new Error(`expected ${Object.keys(models).join(" or ")}, got ${name}`);
    if (!globalThis.confidenceNeuronsModels?.[name]) await load(models[name]);
    return globalThis.confidenceNeuronsModels[name];
  }
  return async ({ kind, name, details, models }) => {
    tokenizer ??= new Tokenizer(await modelOf(Object.keys(models)[0], models));
    engines[name] ??= new Engine(await modelOf(name, models), tokenizer);
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

function addScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = resolve;
    script.onerror = () => reject(new Error(`could not load ${address}`));
    script.src = address;
    document.head.append(script);
  });
}
