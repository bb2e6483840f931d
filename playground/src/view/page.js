// A page or an embed: its state, what was measured, and who asks for what when something changes.

import { complete, defaults, fromHash, toHash, turnOf } from "../settings.js";
import { decimal, parts, percent, say } from "./dom.js";
import { textPanel } from "./text.js";

const [MODEL, OTHER] = ["prose", "prose-no-norm"];
const REST_MS = 200; // without a change, before what is slow is asked for

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
    const tools = {
      about: this.about,
      change: (changes) => this.change(changes),
      announce: (words) => say(this.spoken, words),
      address: () => location.href.replace(/#.*$/, "") + toHash(this.state, this.base),
    };
    this.panels.push(...panels.map((panel) => panel(this.root, tools)));
    this.draw();
  }

  setFrom(hash) {
    const { state, problems } = fromHash(hash, this.base);
    this.state = state;
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
    this.remember(toHash(this.state, this.base));
    if (this.about) this.measure("text" in changes);
  }

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
    await this.measureToken({ read, text, readTurn: JSON.stringify(turn) });
  }

  // With the scale free: what a frozen scale gives is told beside it.
  async measureToken(fresh) {
    const { text, read, otherText, attentionKey } = { ...this.seen, ...fresh };
    const { colour, head, draw } = this.state;
    const at = Math.min(this.state.at ?? Infinity, read.tokens.length - 1);
    this.seen = { ...this.seen, ...fresh, at };
    const turn = turnOf(this.state);
    const ask = (model) => this.models.look(model, at, turn && { ...turn, frozen: false }, draw);
    const key = `${head} ${text}`;
    const [look, other, attention] = await Promise.all([
      ask(MODEL),
      otherText === text ? ask(OTHER) : null,
      colour === "attention" && attentionKey !== key ? this.models.attention(MODEL, ...head) : null,
    ]);
    if (attention) this.see({ attention, attentionKey: key });
    if (look && text === this.seen.text) this.see({ look, turn, ...(other && { other }) });
  }

  async measureRest() {
    const { text, at, turn, effectsKey, otherText } = this.seen;
    const [key, readTurn] = [`${at} ${text}`, JSON.stringify(turn)];
    const resting = () => text === this.state.text;
    const effects = key === effectsKey ? null : await this.models.effects(MODEL, at);
    if (effects && resting()) this.see({ effects, effectsKey: key });
    if (readTurn !== this.seen.readTurn && resting()) {
      const read = await this.models.read(MODEL, text, turn);
      if (read && resting()) this.see({ read, readTurn });
    }
    if (this.state.beside && otherText !== text && resting()) {
      await this.models.open(OTHER);
      if (resting() && await this.models.read(OTHER, text, null)) this.seen.otherText = text;
      if (resting()) await this.measureToken();
    }
    if (resting()) this.speak();
  }

  see(measured) {
    this.seen = { ...this.seen, ...measured };
    if (this.seen.look) this.draw();
  }

  speak() {
    const { read, at, look: { clean, turned, frozen } } = this.seen;
    const now = turned ? `, turned ${decimal((this.state.frozen ? frozen : turned).entropy)}` : "";
    const [{ label, probability }] = clean.top;
    say(this.spoken, `After ${at ? read.tokens[at].label : "the start"}: entropy `
      + `${decimal(clean.entropy)} nats${now}; likeliest ${label}, ${percent(probability)}.`);
  }

  draw() {
    for (const show of this.panels) show(this.state, this.seen);
  }
}
