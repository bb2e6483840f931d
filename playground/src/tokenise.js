// A text as the model reads it: plain characters, then byte pairs; what is cut, and what is odd.

import { Tokenizer as BytePairs } from "@huggingface/tokenizers";

const CHARACTERS = 5; // a token, so that one try is mostly enough
const LONGEST = 1 << 16; // characters of a text that are looked at
const UNREADABLE = /[\p{C}\p{Z}\ufffd]/u; // what Python's str.isprintable refuses
const LONE = /\p{Surrogate}/gu;
const CONTROL = /(?!\n)\p{Cc}/u;

export class Tokenizer {
  constructor({ tokenizer, plain, config }) {
    this.pairs = new BytePairs(tokenizer, {});
    this.plain = plain;
    this.typographic = new RegExp(`[${Object.keys(plain).join("")}]`, "gu");
    this.bos = config.bos;
    this.most = config.positions - 1;
    this.texts = []; // of the ids that have been met
  }

  // BOS and the ids of a text, no more than fit; `cut` counts the characters left out, and `notes`
  // are codes for what is odd.
  read(text) {
    const start = text.slice(0, LONGEST);
    const sound = start.replace(LONE, "\ufffd");
    const plain = this.plainText(sound);
    const ids = this.#first(plain);
    const read = this.decode(ids);
    const cut = text.length - start.length + Math.max(0, plain.length - read.length);
    const odd = {
      empty: ids.length === 0,
      cut: cut > 0,
      plain: plain !== sound,
      surrogate: sound !== start,
      control: CONTROL.test(read),
      bytes: ids.some((id) => this.text(id).includes("\ufffd")),
      special: ids.includes(this.bos),
    };
    const notes = Object.keys(odd).filter((code) => odd[code]);
    return { ids: [this.bos, ...ids], notes, cut };
  }

  // As the library's `plain_text` has it.
  plainText(text) {
    return text.replace(this.typographic, (character) => this.plain[character]);
  }

  text(id) {
    return this.texts[id] ??= this.decode([id]);
  }

  // As `cn.token_labels` has it.
  label(id) {
    const text = this.text(id).replaceAll(" ", "␣").replaceAll("\n", "⏎");
    return text && !UNREADABLE.test(text) ? text : `<${id}>`;
  }

  encode(text) {
    return this.pairs.encode(text, { add_special_tokens: false }).ids;
  }

  decode(ids) {
    if (ids.length === 0) return "";
    return this.pairs.decode(ids, { clean_up_tokenization_spaces: false });
  }

  // The beginning that is tokenised ends where a space follows an ASCII character: a token ends
  // there in any case, so that its ids are the first ones of the whole text.
  #first(text) {
    for (let goal = CHARACTERS * this.most; goal < text.length; goal *= 2) {
      const beginning = /^[^]*[!-~](?= )/.exec(text.slice(0, goal));
      const ids = beginning ? this.encode(beginning[0]) : [];
      if (ids.length >= this.most) return ids.slice(0, this.most);
    }
    return this.encode(text).slice(0, this.most);
  }
}
