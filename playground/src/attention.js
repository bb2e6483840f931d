// The attention of one head: some queries at a time against the keys and values that are kept.

import { multiply, rowOf } from "./arithmetic.js";

export class Head {
  constructor(index, { positions, width, heads }, rotary, atOnce) {
    const size = width / heads;
    Object.assign(this, { index, positions, width, size, rotary });
    this.keys = new Float64Array(positions * size);
    this.values = new Float64Array(size * positions); // a row for each coordinate
    this.queries = new Float64Array(atOnce * size);
    this.shares = new Float64Array(atOnce * positions);
    this.found = new Float64Array(atOnce * size);
    this.zero = new Float64Array(positions); // what is added to products that have no bias
    this.pattern = new Float32Array(positions ** 2);
  }

  // Puts into `mixed` what some queries get, the first at the position `first`. In `projected`
  // query, key and value of this head stand side by side at each position.
  attend(projected, mixed, first, rows) {
    const { size, positions, zero, shares, found } = this;
    for (let row = 0; row < rows; row++) {
      this.#take(projected.subarray(3 * this.#start(row)), row, first + row);
    }
    const seen = 4 * Math.ceil((first + rows) / 4);
    const byKey = { weights: this.keys, bias: zero.subarray(0, seen), inputs: size };
    const byValue = { weights: this.values, bias: zero.subarray(0, size), inputs: seen };
    multiply(this.queries, rows, byKey, shares);
    for (let row = 0; row < rows; row++) {
      const own = rowOf(shares, row, seen);
      share(own, first + row + 1, Math.sqrt(size));
      this.pattern.set(own, (first + row) * positions);
    }
    multiply(shares, rows, { ...byValue, stride: positions }, found);
    for (let row = 0; row < rows; row++) mixed.set(rowOf(found, row, size), this.#start(row));
  }

  #start(row) {
    return row * this.width + this.index * this.size;
  }

  #take(projected, row, position) {
    const { size, positions } = this;
    const [query, key, value] = [0, 1, 2].map((part) => rowOf(projected, part, size));
    this.#turn(query, position);
    this.#turn(key, position);
    this.queries.set(query, row * size);
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
