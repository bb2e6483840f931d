// Elements, and numbers as the page writes them.

export const parts = (root, ...names) =>
  names.map((name) => root.querySelector(`[data-part="${name}"]`));

// False and null leave an attribute out.
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Says each value where an element waits for it: fill(row, {direct: "+0.12"}).
export function fill(root, values) {
  for (const [name, text] of Object.entries(values)) {
    say(root.querySelector(`[data-value="${name}"]`), text);
  }
}

export const wide = (element, share) =>
  element.style.setProperty("--share", Math.max(0, Math.min(1, share)).toFixed(4));

// As many children as things, made once and kept: focus and what is being pressed stay.
export function keep(parent, things, html, update) {
  while (parent.children.length > things.length) parent.lastElementChild.remove();
  while (parent.children.length < things.length) parent.insertAdjacentHTML("beforeend", html);
  things.forEach((thing, i) => update(parent.children[i], thing, i));
}

// Rounded, with a true minus sign and no minus before a zero.
export const decimal = (value, digits = 2) =>
  (Number(value.toFixed(digits)) + 0).toFixed(digits).replace("-", "−");
export const percent = (share) => `${decimal(100 * share, 1)} %`;
export const signed = (value, digits = 2) =>
  (Number(value.toFixed(digits)) > 0 ? "+" : "") + decimal(value, digits);
export const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
