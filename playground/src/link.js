// The engine behind one face: in a Web Worker where the page may start one, else in pieces on the
// page's own thread. A page from the disk may not start one, and runs classic scripts alone: so
// models come as scripts, loaded once, by whoever runs the engine.

import { Engine, finish } from "./engine.js";
import { Tokenizer } from "./tokenise.js";

const PIECE = 12; // milliseconds on the page's thread before it gets a turn
const REQUESTS = { read: "reading", look: "looking", effects: "measuring", attention: "attending" };

// `script` is the address of the bundle, `models` those of the models' scripts by name; the first
// one holds the tokenizer. A request that a newer one of its kind overtakes resolves to null.
export function connect({ script, models }) {
  const queue = new Queue(startWorker(script, models) ?? onThisThread(models));
  const ask = (kind) => (name, ...details) => queue.ask({ kind, name, details });
  return { open: ask("open"), read: ask("read"), look: ask("look"), effects: ask("effects"), attention: ask("attention") };
}

// One request is answered at a time; of each kind and model only the newest waits.
class Queue {
  constructor(perform) {
    this.perform = perform;
    this.waiting = new Map();
    this.busy = false;
  }

  ask(request) {
    const key = `${request.kind} ${request.name}`;
    this.waiting.get(key)?.resolve(null);
    this.waiting.delete(key);
    return new Promise((resolve, reject) => {
      this.waiting.set(key, { request, resolve, reject });
      this.#next();
    });
  }

  async #next() {
    if (this.busy || this.waiting.size === 0) return;
    this.busy = true;
    const [key, { request, resolve, reject }] = this.waiting.entries().next().value;
    this.waiting.delete(key);
    await this.perform(request).then(resolve, reject);
    this.busy = false;
    this.#next();
  }
}

function startWorker(script, models) {
  if (!location.protocol.startsWith("http") || typeof Worker === "undefined") return null;
  const worker = new Worker(script);
  return (request) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        "error" in data ? reject(new Error(data.error)) : resolve(data.answer);
      worker.onerror = (event) => reject(new Error(`the playground's worker failed: ${event.message}`));
      worker.postMessage({ ...request, models });
    });
}

// The worker's side of the page's requests.
export function answer(scope) {
  const engines = new Engines(async (address) => scope.importScripts(address));
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ answer: finish(await engines.request(data)) });
    } catch (error) {
      scope.postMessage({ error: error.message });
    }
  };
}

function onThisThread(models) {
  const engines = new Engines(addScript);
  return async (request) => inPieces(await engines.request({ ...request, models }));
}

function addScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`could not load ${address}`));
    document.head.append(script);
  });
}

async function inPieces(steps) {
  for (;;) {
    const start = performance.now();
    while (performance.now() - start < PIECE) {
      const { done, value } = steps.next();
      if (done) return value;
    }
    await turn();
  }
}

function turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
}

// The engines by model, each made when it is first asked for.
class Engines {
  constructor(load) {
    this.load = load;
    this.made = new Map();
  }

  async request({ kind, name, details, models }) {
    const engine = await this.#engine(name, models);
    return kind === "open" ? described(engine.model) : engine[REQUESTS[kind]](...details);
  }

  async #engine(name, models) {
    if (!(name in models)) {
      throw new Error(`unknown model ${name}, expected one of ${Object.keys(models).join(", ")}`);
    }
    if (!this.made.has(name)) {
      this.tokenizer ??= new Tokenizer(await this.#model(Object.keys(models)[0], models));
      this.made.set(name, new Engine(await this.#model(name, models), this.tokenizer));
    }
    return this.made.get(name);
  }

  async #model(name, models) {
    if (!globalThis.confidenceNeuronsModels?.[name]) await this.load(models[name]);
    return globalThis.confidenceNeuronsModels[name];
  }
}

function* described(model) {
  const { data, directions, tokenizer, tensors, ...about } = model;
  return about;
}
