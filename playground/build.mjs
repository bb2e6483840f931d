// src -> dist/playground.js, one classic script. Its first line holds the SHA-256 of the sources
// and the lock file, by which a test finds a bundle that is older than they are.

import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

import { build } from "esbuild";

const here = new URL(".", import.meta.url).pathname;
const TOKENIZERS = `${here}node_modules/@huggingface/tokenizers`;

function digest() {
  const files = readdirSync(`${here}src`, { recursive: true });
  const bundled = files.filter((name) => /\.(js|html)$/.test(name)).map((name) => `src/${name}`);
  const hash = createHash("sha256");
  for (const name of ["package-lock.json", ...bundled].sort()) {
    hash.update(`${name}\0`).update(readFileSync(here + name)).update("\0");
  }
  return hash.digest("hex");
}

const { version, license } = JSON.parse(readFileSync(`${TOKENIZERS}/package.json`, "utf8"));
const notice = `/* holds @huggingface/tokenizers ${version}, ${license}: see tokenizers-LICENSE.txt */`;
const { outputFiles } = await build({
  entryPoints: [`${here}src/main.js`],
  bundle: true,
  format: "iife",
  minify: true,
  target: "es2022",
  charset: "utf8",
  loader: { ".html": "text" },
  legalComments: "inline",
  banner: { js: `// sources ${digest()}\n${notice}` },
  write: false,
});
writeFileSync(`${here}dist/playground.js`, outputFiles[0].text);
copyFileSync(`${TOKENIZERS}/LICENSE`, `${here}dist/tokenizers-LICENSE.txt`);
