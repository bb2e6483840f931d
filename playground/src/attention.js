// The attention of one head: some queries at a time against the keys and values that are kept.

import { multiply, rowOf } from "./arithmetic.js";

export class Head {
  constructor(index, { positions, width, heads }, rotary) {
    const size = width / heads;
    Object.assign(this, { start: index * size, positions, width, size, rotary });
    this.keys = new Float64Array(positions * size);
    this.values = new Float64Array(size * positions); // a row for each coordinate
    this.pattern = new Float64Array(positions ** 2); // a row for each query
  }

  // Puts into `mixed` what some queries get, the first at the position `first`. In `projected`
  // query, key and value of this head stand side by side at each position.
  attend(projected, mixed, first, rows) {
    const { start, size, width, positions } = this;
    const own = projected.subarray(3 * start);
    for (let row = 0; row < rows; row++) this.#keep(own.subarray(3 * width * row), first + row);
    const seen = 4 * Math.ceil((first + rows) / 4);
    const none = (outputs) => new Float64Array(outputs); // no bias
    const byKey = { weights: this.keys, bias: none(seen), inputs: size };
    const byValue = { weights: this.values, bias: none(size), inputs: seen, stride: positions };
    const shares = this.pattern.subarray(positions * first);
    multiply(own, rows, byKey, shares, { from: 3 * width, to: positions });
    for (let row = 0; row < rows; row++) {
      share(rowOf(shares, row, positions), first + row + 1, Math.sqrt(size));
    }
    multiply(shares, rows, byValue, mixed.subarray(start), { from: positions, to: width });
  }

  #keep(projected, position) {
    const { size, positions } = this;
    const [query, key, value] = [0, 1, 2].map((part) => rowOf(projected, part, size));
    this.#turn(query, position);
    this.#turn(key, position);
    this.keys.set(key, position * size);
    for (let i = 0; i < size; i++) this.values[i * positions + position] = value[i];
  }

  // Rotary embedding: turns the pairs (i, i + size / 2) by an angle that grows with the position.
  #turn(vector, position) {
    const half = this.size / 2;
    for (let i = 0; i < half; i++) {
      const at = 2 * (position * half + i);
      const [cosine, sine] = [this.rotary[at], this.rotary[at + 1]];
      const [first, second] = [vector[i], vector[half + i]];
      vector[i] = first * cosine - second * sine;
      vector[half + i] = second * cosine + first * sine;
    }
  }
}

// The first products become shares of one attention, the others zero.
function share(products, count, divisor) {
  const some = products.subarray(0, count);
  const top = some.reduce((most, product) => Math.max(most, product), -Infinity);
  let total = 0;
  for (let key = 0; key < count; key++) {
    some[key] = Math.exp((some[key] - top) / divisor);
    total += some[key];
  }
  for (let key = 0; key < count; key++) some[key] /= total;
  products.fill(0, count);
}

// Cosine and sine for each position and pair, in single precision as the library has them: there
// the angles of late positions are rounded.
export function rotaryTable({ positions, width, heads, rotaryBase }) {
  const half = width / heads / 2;
  return Float64Array.from({ length: positions * half * 2 }, (_, at) => {
    const [position, pair] = [Math.floor(at / 2 / half), Math.floor(at / 2) % half];
    const angle = Math.fround(position * Math.fround(rotaryBase ** (-pair / half)));
    return Math.fround(at % 2 ? Math.sin(angle) : Math.cos(angle));
  });
}
