// A page or an embed: its state, what was measured, and who asks for what when something changes.

import { complete, defaults, fromHash, toHash, turnOf } from "../settings.js";
import { decimal, parts, percent, say } from "./dom.js";
import { textPanel } from "./text.js";

const [MODEL, OTHER] = ["prose", "prose-no-norm"];
const REST_MS = 200; // without a change, before what is slow is asked for
const keyOf = (...asked) => JSON.stringify(asked);

export class Page {
  constructor(root, models, hash, remember = () => {}) {
    const [alarm, spoken, example] = parts(root, "alarm", "spoken", "example");
    Object.assign(this, { root, models, remember, alarm, spoken, seen: {}, panels: [] });
    this.base = { ...defaults(), text: example?.options[0].value ?? "" };
    this.setFrom(hash);
    this.add([textPanel]);
  }

  async open(panels) {
    this.about = await this.models.open(MODEL);
    this.base = complete(this.base, this.about);
    this.state = complete(this.state, this.about);
    while (!this.seen.look) await this.measureText(); // again where typing overtook it
    this.add(panels);
    this.root.dataset.phase = "ready";
    this.root.querySelectorAll("[inert]").forEach((element) => { element.inert = false; });
    this.rest();
  }

  add(panels) {
    this.panels.push(...panels.map((panel) => panel(this.root, this)));
    this.draw();
  }

  setFrom(hash) {
    const { state, problems } = fromHash(hash, this.base);
    this.state = state;
    this.tell(problems.length ? `The address is damaged. ${problems.join(" ")}` : "");
  }

  announce = (words) => say(this.spoken, words);

  address = () => location.href.replace(/#.*$/, "") + toHash(this.state, this.base);

  tell(words) {
    this.alarm.hidden = !words;
    say(this.alarm, words);
  }

  change = (changes) => {
    Object.assign(this.state, changes);
    this.tell("");
    this.draw();
    this.remember(toHash(this.state, this.base));
    if (this.about) this.measure("text" in changes);
  };

  // What changes at once; what is slow, or spoken, waits until the reader rests.
  async measure(text) {
    if (text) await this.attempt(() => this.measureText());
    else if (!this.reading) await this.attempt(() => this.measureToken());
    this.rest();
  }

  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.attempt(() => this.measureRest()), REST_MS);
  }

  attempt(work) {
    return work().catch((error) => {
      this.reading = false;
      this.tell(error.message);
    });
  }

  async measureText() {
    const { text } = this.state;
    const turn = turnOf(this.state);
    this.reading = true; // and what is asked of single tokens waits
    const read = await this.models.read(MODEL, text, turn);
    if (!read) return;
    this.reading = false;
    await this.measureToken({ text, read, readKey: keyOf(text, turn) });
  }

  // With the scale free: what a frozen scale gives is told beside it.
  async measureToken(fresh) {
    Object.assign(this.seen, fresh);
    const { text, read, otherText } = this.seen;
    const { colour, head, draw } = this.state;
    const at = Math.min(this.state.at ?? Infinity, read.tokens.length - 1);
    this.seen.at = at;
    const turn = turnOf(this.state);
    const ask = (model) => this.models.look(model, at, turn && { ...turn, frozen: 0 }, draw);
    const asked = [ask(MODEL), otherText === text ? ask(OTHER) : null];
    const [look, other] = await Promise.all(asked);
    if (look && text === this.seen.text) this.see({ look, turn, ...(other && { other }) });
    if (colour === "attention") {
      const numbers = head.split(".").map(Number);
      await this.know("attention", text, head, () => this.models.attention(MODEL, ...numbers));
    }
  }

  async measureRest() {
    const { text, at, turn } = this.seen;
    const isCurrent = () => text === this.state.text;
    await this.know("effects", text, at, () => this.models.effects(MODEL, at));
    await this.know("read", text, turn, () => this.models.read(MODEL, text, turn));
    if (this.state.beside && this.seen.otherText !== text && isCurrent()) {
      if (await this.models.read(OTHER, text)) this.seen.otherText = text;
      if (isCurrent()) await this.measureToken();
    }
    if (isCurrent()) this.speak();
  }

  // Asks for what is not known yet of a text, unless another one is typed meanwhile.
  async know(name, text, details, ask) {
    const [key, current] = [`${name}Key`, keyOf(text, details)];
    if (this.seen[key] === current || text !== this.state.text) return;
    const found = await ask();
    if (found && text === this.state.text) this.see({ [name]: found, [key]: current });
  }

  see(measured) {
    Object.assign(this.seen, measured);
    if (this.seen.look) this.draw();
  }

  speak() {
    const { read, at, look: { clean, turned, frozen } } = this.seen;
    const now = (this.state.frozen ? frozen : turned) ?? clean;
    const moved = turned ? `, turned ${decimal(now.entropy)}` : "";
    const { label, probability } = now.first;
    this.announce(`After ${at ? read.tokens[at].label : "the start"}: entropy `
      + `${decimal(clean.entropy)} nats${moved}; likeliest ${label}, ${percent(probability)}.`);
  }

  draw() {
    for (const show of this.panels) show(this.state, this.seen);
  }
}
