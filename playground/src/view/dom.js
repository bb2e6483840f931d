// Elements, and numbers as the page writes them.

const NS = "http://www.w3.org/2000/svg";

// h("td", {class: "number"}, "3.1"); false and null leave an attribute out.
export function h(tag, attributes = {}, ...children) {
  const element = set(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}

export const drawn = (tag, attributes) => set(document.createElementNS(NS, tag), attributes);

export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
  return element;
}

export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const wide = (element, share) =>
  element.style.setProperty("--share", Math.max(0, Math.min(1, share)).toFixed(4));

// As many children as things, made once and kept: focus and what is being pressed stay.
export function keep(parent, things, make, update) {
  while (parent.children.length > things.length) parent.lastElementChild.remove();
  while (parent.children.length < things.length) parent.append(make());
  things.forEach((thing, i) => update(parent.children[i], thing, i));
}

// Calls `draw` only when one of the inputs is another than at the last call.
export function whenChanged(draw) {
  let last = [];
  return (...inputs) => {
    if (inputs.length === last.length && inputs.every((input, i) => input === last[i])) return;
    last = inputs;
    draw(...inputs);
  };
}

export const parts = (root, ...names) => names.map((name) => root.querySelector(`[data-part="${name}"]`));
// Rounded, with a true minus sign and no minus before a zero.
export const decimal = (value, digits = 2) =>
  (Number(value.toFixed(digits)) + 0).toFixed(digits).replace("-", "−");
export const percent = (share) => `${decimal(100 * share, 1)} %`;
export const signed = (value, digits = 2) =>
  (Number(value.toFixed(digits)) > 0 ? "+" : "") + decimal(value, digits);
