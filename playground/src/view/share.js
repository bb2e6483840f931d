// Keep and share: the address, the lines of Python, a picture.

import { pythonLines } from "../python.js";
import { parts, say } from "./dom.js";
import { picture, SIZE } from "./picture.js";

export function sharePanel(root, { announce, address }) {
  const [lines, copyAddress, copyPython, savePicture] = parts(root, "python", "copy-address",
    "copy-python", "save-picture");
  let shown;
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      announce("Copied.");
    } catch {
      prompt("This browser does not let the page copy. Copy this:", text);
    }
  };
  copyAddress.addEventListener("click", () => copy(address()));
  copyPython.addEventListener("click", () => copy(lines.textContent));
  savePicture.addEventListener("click", async () => {
    save(await png(picture(...shown)), "playground.png");
    announce("Saved as playground.png.");
  });
  return (state, seen) => {
    shown = [state, seen];
    if (seen.look) say(lines, pythonLines(state, seen));
  };
}

async function png(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), SIZE);
  canvas.getContext("2d").drawImage(image, 0, 0);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

function save(blob, download) {
  const href = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
