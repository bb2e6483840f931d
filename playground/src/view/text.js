// The text: typed, or one of the examples, and as tokens, one of which is chosen. Each token stands
// on a ground that says how much of something there is.

import { decimal, keep, parts, percent, say, set, wide } from "./dom.js";

// What colours: where no colour and where all of it stands, and how it is written.
const nats = (value) => `${decimal(value)} nats`;
const GROUNDS = {
  entropy: { from: 0, to: 7.6, write: nats },
  surprisal: { from: 0, to: 12, write: nats },
  scale: { from: 1, to: 4, write: decimal },
  attention: { from: 0, to: 1, write: percent },
};
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -300, End: 300 };

export function textPanel(root, { change }) {
  const [area, menu, count] = parts(root, "text", "example", "count");
  const notes = root.querySelectorAll("[data-note]");
  area.addEventListener("input", () => change({ text: area.value, at: null }));
  menu?.addEventListener("change", () => {
    change({ text: menu.value, at: null });
    if (!menu.value) area.focus();
  });
  return ({ text }, { read }) => {
    if (area.value !== text) area.value = text;
    if (menu) menu.value = [...menu.options].some(({ value }) => value === text) ? text : "";
    if (!read) return;
    const tokens = read.tokens.length - 1;
    say(count, `${tokens} token${tokens === 1 ? "" : "s"}. `);
    notes.forEach((note) => { note.hidden = !read.notes.includes(note.dataset.note); });
  };
}

export function tokensPanel(root, { change, about }) {
  const [bar, colour, head, legend] = parts(root, "tokens", "colour", "head", "legend");
  for (const kind of ["induction", "previous token"]) {
    const own = about.heads[kind.split(" ")[0]].map((name) => `[value="${name.join(".")}"]`);
    head.querySelectorAll(own).forEach((option) => option.append(` (${kind})`));
  }
  colour.addEventListener("change", ({ target }) => change(
    target === head ? { head: head.value, colour: "attention" } : { colour: target.value }));
  const choose = (button, step = 0) => {
    const last = bar.children.length - 1;
    const at = Math.max(0, Math.min(last, [...bar.children].indexOf(button) + step));
    bar.children[at].focus();
    change({ at: at === last ? null : at });
  };
  bar.addEventListener("click", ({ target }) => target !== bar && choose(target));
  bar.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    choose(event.target, STEPS[event.key]);
  });

  let last = [];
  return (state, { read, at, attention }) => {
    const name = state.colour;
    const { from, to, write } = GROUNDS[name];
    colour.querySelector(`[value=${name}]`).checked = true;
    head.value = state.head;
    const values = name === "attention" ? attention?.[at] : (read.turned ?? read.clean)[name];
    const shown = [read, name, at, values];
    if (shown.every((each, i) => each === last[i])) return; // up to 256 tokens need not be drawn
    last = shown;
    keep(bar, read.tokens, '<button type="button"></button>', (button, { label }, i) => {
      const value = values?.[i] ?? NaN;
      const word = i === 0 ? "start" : label.replace(/^␣/, " ");
      const title = Number.isNaN(value) ? `no ${name}` : `${name} ${write(value)}`;
      say(button, word);
      wide(button, ((value || from) - from) / (to - from));
      set(button, { class: i === 0 && "cn-start", tabindex: i === at ? 0 : -1, title,
        "aria-pressed": i === at, "aria-label": `${i}: ${word.trim() || "space"}, ${title}` });
    });
    bar.removeAttribute("aria-busy");
    legend.innerHTML = `${write(from)}<i></i>${write(to)}`;
  };
}
