// Entry of the bundle: the worker that answers requests, or the page.

import { Engine } from "./engine.js";
import { answer, connect } from "./link.js";
import { Tokenizer } from "./tokenise.js";

globalThis.confidenceNeuronsPlayground = { Engine, Tokenizer, connect };

if (typeof WorkerGlobalScope !== "undefined") answer(globalThis);
