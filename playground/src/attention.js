// The attention of one head: some queries at a time against the keys and values that are kept.

import { multiply, rowOf } from "./arithmetic.js";

export class Head {
  constructor(index, { positions, width, heads, rotaryBase }) {
    const size = width / heads;
    Object.assign(this, { start: index * size, positions, width, size });
    this.keys = new Float64Array(positions * size);
    this.values = new Float64Array(size * positions); // a row for each coordinate
    this.pattern = new Float64Array(positions ** 2); // a row for each query
    this.frequencies = Float64Array.from({ length: size / 2 }, (_, pair) =>
      Math.fround(rotaryBase ** ((-2 * pair) / size)));
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

  // Rotary embedding: pairs (i, i + size / 2) turn by angles that grow with the position. They are
  // in single precision as the library has them: there the angles of late positions are rounded.
  #keep(projected, position) {
    const { size, positions, frequencies } = this;
    const [query, key, value] = [0, 1, 2].map((part) => rowOf(projected, part, size));
    frequencies.forEach((frequency, i) => {
      const angle = Math.fround(position * frequency);
      const [cosine, sine] = [Math.fround(Math.cos(angle)), Math.fround(Math.sin(angle))];
      for (const vector of [query, key]) {
        const [first, second] = [vector[i], vector[i + size / 2]];
        vector[i] = first * cosine - second * sine;
        vector[i + size / 2] = second * cosine + first * sine;
      }
    });
    this.keys.set(key, position * size);
    for (let i = 0; i < size; i++) this.values[i * positions + position] = value[i];
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
