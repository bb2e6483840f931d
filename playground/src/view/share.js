// Keep and share: the address, the lines of Python, a picture.

import { pythonLines } from "../python.js";
import { parts, say } from "./dom.js";
import { picture } from "./picture.js";

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
    say(lines, pythonLines(state, seen));
  };
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
