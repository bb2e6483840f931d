// What the library (PyTorch) says, in the folder that PLAYGROUND_REFERENCE names: pytest writes it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Engine } from "../src/engine.js";

const folder = process.env.PLAYGROUND_REFERENCE;
if (!folder) throw new Error("expected PLAYGROUND_REFERENCE: run pytest tests/playground");

export const reference = JSON.parse(readFileSync(`${folder}/reference.json`, "utf8"));
export const NAMES = Object.keys(reference.models);

export function modelOf(name) {
  runScript(`${folder}/${name}.js`);
  return globalThis.confidenceNeuronsModels[name];
}

function runScript(path) {
  (0, eval)(readFileSync(path, "utf8"));
}

// The bundle, which takes itself for a worker here: it answers what `onmessage` gets.
export function runBundle() {
  globalThis.WorkerGlobalScope = Object;
  globalThis.importScripts = (script) => runScript(`${folder}/${script}`);
  runScript(fileURLToPath(new URL("../dist/playground.js", import.meta.url)));
  return globalThis.confidenceNeuronsPlayground;
}

// An engine whose texts are lists of ids, in JSON; its requests are answered at once.
export function engineOf(name) {
  const label = (id) => `<${id}>`;
  const read = (text) => ({ ids: JSON.parse(text), notes: [], cut: 0 });
  const engine = new Engine(modelOf(name), { label, read, text: label });
  const ask = (kind) => (...details) => finish(engine[kind](...details));
  return {
    engine,
    read: (ids, turn) => ask("read")(JSON.stringify(ids), turn),
    look: ask("look"),
    effects: ask("effects"),
    attention: ask("attention"),
  };
}

function finish(request) {
  for (;;) {
    const { done, value } = request.next();
    if (done) return value;
  }
}

export function floats(base64) {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

// The largest excess of |found - expected| over a tolerance: negative where all is well.
export function excess(found, expected, { relative = 0, absolute = 0 }) {
  return Math.max(...Array.from(expected, (value, i) => {
    const distance = Math.abs(found[i] - value);
    return Number.isNaN(distance) ? Infinity : distance - absolute - relative * Math.abs(value);
  }));
}
