// Keep and share: the address, the lines of Python, a picture.

import { decimal, fill, parts, percent, say, set, signed } from "./dom.js";
import pictureHtml from "./picture.html";

const LETTERS = 66; // of the text's end, in a line of the picture
const WIDEST = 400; // a bar of certainty

export function sharePanel(root, { announce, address }) {
  const [lines, copyAddress, copyPython, savePicture] = parts(root, "python", "copy-address",
    "copy-python", "save-picture");
  let shown;
  const copy = (text) => navigator.clipboard.writeText(text).then(() => announce("Copied."),
    () => prompt("This browser does not let the page copy. Copy this:", text));
  copyAddress.addEventListener("click", () => copy(address()));
  copyPython.addEventListener("click", () => copy(lines.textContent));
  savePicture.addEventListener("click", async () => {
    await save(picture(...shown), "playground.png");
    announce("Saved as playground.png.");
  });
  return (state, seen) => {
    shown = [state, seen];
    fill(lines, pythonValues(state, seen));
  };
}

// What the lines of Python in the page leave open.
function pythonValues({ text }, { read, at, turn }) {
  const ids = read.tokens.map(({ id }) => id);
  const three = [...ids, ids[0], ids[0]].slice(0, 3); // the least that the library reads
  const tokens = ids.length < 3 ? `tokens = torch.tensor([[${three.join(", ")}]])`
    : `text = ${JSON.stringify(text)}
tokens = cn.tokens_from_text(model, text, length=${ids.length}, count=1)`;
  return { tokens, at: String(at), turned: turn ? pythonOf(turn, at) : "" };
}

function pythonOf({ neurons, how, value, direction, strength, frozen }, at) {
  const level = {
    mean: "cn.run(model, cn.prose_tokens(model)).mean_activations()",
    clamp: Number.isInteger(value) ? `${value}.0` : value,
    boost: `${value} * state.activations[0, ${at}]`,
  }[how];
  return ["\n\nturned = state",
    neurons.length && `turned = cn.ablate(model, turned, neurons=[${neurons}], to=${level})`,
    direction !== null && `axis = cn.geometry(model).spectrum.directions[:, ${direction}]
direction = axis * axis[axis.abs().argmax()].sign()
turned = cn.write(model, turned, direction, strength=${strength})`,
    frozen && "turned = turned.frozen(state)",
    'print(cn.read(model, turned, ["entropy", "scale"]))'].filter(Boolean).join("\n");
}

async function save(svg, download) {
  const src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  const image = Object.assign(new Image(), { src });
  await image.decode();
  const { width, height } = image;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  Object.assign(document.createElement("a"), { href: canvas.toDataURL(), download }).click();
}

// SVG, drawn from the state and what was measured.
function picture({ frozen }, { read, look, at, turn }) {
  const svg = new DOMParser().parseFromString(pictureHtml, "image/svg+xml").documentElement;
  const [clean, turned] = [look.clean, frozen ? look.frozen : look.turned];
  const labels = read.tokens.slice(1, at + 1).map(({ label }) => label);
  const words = labels.join("").replace(/[␣⏎]/g, " ");
  fill(svg, { title: `${words.length > LETTERS ? "…" : ""}${words.slice(-LETTERS)} …` });
  const moved = (before, after, write) => write(before) + (turned ? ` → ${write(after)}` : "");
  svg.querySelectorAll(".row").forEach((row, i) => {
    const [before, now] = [clean, turned ?? clean].map(({ top }) => top[i].probability);
    fill(row, { token: clean.top[i].label, p: moved(before, now, percent) });
    row.querySelectorAll("rect").forEach(
      (bar, which) => set(bar, { width: WIDEST * [before, now][which] }));
  });
  const lines = [`Entropy ${moved(clean.entropy, turned?.entropy, decimal)} nats`,
    `Final scale ${moved(clean.scale, turned?.scale, decimal)}`,
    ...(turn ? turnLines(turn, look.turned.effect, look.control.effect, frozen) : [])];
  svg.querySelectorAll(".told").forEach((element, i) => say(element, lines[i] ?? ""));
  return new XMLSerializer().serializeToString(svg);
}

function turnLines({ neurons, how, value, direction, strength }, effect, control, frozen) {
  const named = neurons.length > 3 ? `${neurons.length} neurons` : `Neuron ${neurons.join(", ")}`;
  const what = { clamp: `held at ${value}`, boost: `× ${value}`, mean: "held at the mean" }[how];
  return [neurons.length && `${named} ${what}`,
    direction !== null && `${decimal(strength)} along direction ${direction}`,
    `Change ${signed(effect.total)}`, `through the scale ${signed(effect.throughScale)}`,
    `direct ${signed(effect.direct)}`, `of the control ${signed(control.total)}`,
    frozen && "The scale is frozen."].filter(Boolean);
}
