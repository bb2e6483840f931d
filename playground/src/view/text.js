// The text: typed, or one of the examples; what is odd about it is said below.

import { parts, say } from "./dom.js";

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
