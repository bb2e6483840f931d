// A page or an embed: its state, what was measured, and who asks for what when something changes.

import { complete, defaults, fromHash, toHash, turnOf } from "../settings.js";
import { decimal, parts, percent, say } from "./dom.js";
import { textPanel } from "./text.js";

const [MODEL, OTHER] = ["prose", "prose-no-norm"];
const REST_MS = 200; // without a change, before what is slow is asked for

export class Page {
  constructor(root, models, hash, remember = () => {}) {
    const [alarm, spoken, example] = parts(root, "alarm", "spoken", "example");
    Object.assign(this, { root, models, remember, alarm, spoken, seen: {} });
    this.base = { ...defaults(), text: example?.options[0].value ?? "" };
    this.about = null;
    this.setFrom(hash);
    this.tools = {
      change: (changes) => this.change(changes),
      announce: (words) => say(spoken, words),
      address: () => location.href.replace(/#.*$/, "") + toHash(this.state, this.base),
    };
    this.panels = [textPanel(root, this.tools)];
    this.draw();
  }

  async open(panels) {
    this.about = await this.models.open(MODEL);
    this.base = complete(this.base, this.about);
    this.state = complete(this.state, this.about);
    while (!this.seen.look) await this.measureText(); // again where typing overtook it
    const tools = { ...this.tools, about: this.about };
    this.panels.push(...panels.map((panel) => panel(this.root, tools)));
    this.draw();
    this.root.dataset.phase = "ready";
    this.rest();
  }

  setFrom(hash) {
    const { state, problems } = fromHash(hash, this.base);
    this.state = this.about ? complete(state, this.about) : state;
    this.tell(problems.length ? `The address is damaged. ${problems.join(" ")}` : "");
  }

  tell(words) {
    this.alarm.hidden = !words;
    say(this.alarm, words);
  }

  change(changes) {
    Object.assign(this.state, changes);
    this.tell("");
    this.draw();
    this.remember(this.tools.address());
    if (this.about) this.measure("text" in changes);
  }

  // What changes at once; what is slow, or spoken, waits until the reader rests.
  async measure(text) {
    await this.attempt(() => (text ? this.measureText() : this.measureToken()));
    this.rest();
  }

  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.attempt(() => this.measureRest()), REST_MS);
  }

  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.tell(error.message);
    }
  }

  async measureText() {
    const { text } = this.state;
    const turn = turnOf(this.state);
    const read = await this.models.read(MODEL, text, turn);
    if (!read) return;
    this.see({ read, text, readTurn: JSON.stringify(turn) });
    await this.measureToken();
  }

  // With the scale free: what a frozen scale gives is told beside it.
  async measureToken() {
    const { text, read, otherText, attentionKey } = this.seen;
    const { colour, head, draw } = this.state;
    const at = Math.min(this.state.at ?? Infinity, read.tokens.length - 1);
    const turn = turnOf(this.state);
    const ask = (model) => this.models.look(model, at, turn && { ...turn, frozen: false }, draw);
    const key = `${head} ${text}`;
    const [look, other, attention] = await Promise.all([
      ask(MODEL),
      otherText === text ? ask(OTHER) : null,
      colour === "attention" && attentionKey !== key ? this.models.attention(MODEL, ...head) : null,
    ]);
    if (attention) this.see({ attention, attentionKey: key });
    if (look && text === this.seen.text) this.see({ look, at, turn, ...(other && { other }) });
  }

  async measureRest() {
    const { text, at, turn } = this.seen;
    const { beside } = this.state;
    const key = `${at} ${text}`;
    if (this.seen.effectsKey !== key) {
      const effects = await this.models.effects(MODEL, at);
      if (effects) this.see({ effects, effectsKey: key });
    }
    const readTurn = JSON.stringify(turn);
    if (this.seen.readTurn !== readTurn) {
      const read = await this.models.read(MODEL, text, turn);
      if (read) this.see({ read, readTurn });
    }
    if (beside && this.seen.otherText !== text) {
      await this.models.open(OTHER);
      await this.models.read(OTHER, text, null);
      this.seen.otherText = text;
      await this.measureToken();
    }
    this.speak();
  }

  see(measured) {
    this.seen = { ...this.seen, ...measured };
    if (this.seen.look) this.draw();
  }

  speak() {
    const { read, at, look } = this.seen;
    const [clean, turned] = [look.clean, this.state.frozen ? look.frozen : look.turned];
    const now = turned ? `, turned ${decimal(turned.entropy)}` : "";
    const [{ label, probability }] = clean.top;
    say(this.spoken, `After ${at ? read.tokens[at].label : "the start"}: entropy `
      + `${decimal(clean.entropy)} nats${now}; likeliest ${label}, ${percent(probability)}.`);
  }

  draw() {
    for (const show of this.panels) show(this.state, this.seen);
  }
}
