// What a network is made of, in double precision: products with a matrix, LayerNorm, GELU.

// output = weights input + bias for each row of `input`. A row of `weights` makes one output; rows
// of the three begin `from`, `stride` and `to` numbers apart. Two rows and four outputs at a time,
// so that what is read is used more than once; of an odd number of rows the last one is taken
// twice. Outputs divide by four.
export function multiply(input, rows, map, output, apart = {}) {
  const { weights, bias, inputs, stride = inputs } = map;
  const { from = inputs, to = bias.length } = apart;
  for (let row = 0; row < rows; row += 2) {
    const other = Math.min(row + 1, rows - 1);
    const [a, b] = [row * from, other * from];
    for (let o = 0; o < bias.length; o += 4) {
      const w = o * stride;
      const [w1, w2, w3] = [w + stride, w + 2 * stride, w + 3 * stride];
      let [a0, a1, a2, a3] = [bias[o], bias[o + 1], bias[o + 2], bias[o + 3]];
      let [b0, b1, b2, b3] = [a0, a1, a2, a3];
      for (let i = 0; i < inputs; i++) {
        const x = input[a + i];
        const y = input[b + i];
        a0 += x * weights[w + i];
        b0 += y * weights[w + i];
        a1 += x * weights[w1 + i];
        b1 += y * weights[w1 + i];
        a2 += x * weights[w2 + i];
        b2 += y * weights[w2 + i];
        a3 += x * weights[w3 + i];
        b3 += y * weights[w3 + i];
      }
      put(output, row * to + o, a0, a1, a2, a3);
      put(output, other * to + o, b0, b1, b2, b3);
    }
  }
}

function put(output, at, first, second, third, fourth) {
  output[at] = first;
  output[at + 1] = second;
  output[at + 2] = third;
  output[at + 3] = fourth;
}

// LayerNorm of some rows.
export function normalise(input, rows, { weights, bias }, eps, output) {
  const width = bias.length;
  for (let row = 0; row < rows; row++) {
    const [vector, out] = [rowOf(input, row, width), rowOf(output, row, width)];
    const { mean, squares } = moments(vector);
    const scale = Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) out[i] = ((vector[i] - mean) / scale) * weights[i] + bias[i];
  }
}

// One row of some that stand one after the other.
export function rowOf(rows, index, width) {
  return rows.subarray(index * width, (index + 1) * width);
}

// Mean of a vector, and the sum of the squares of what differs from it.
export function moments(vector) {
  let mean = 0;
  for (let i = 0; i < vector.length; i++) mean += vector[i] / vector.length;
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] - mean) ** 2;
  return { mean, squares };
}

// x times the share of the normal distribution below x. The share is known on a grid; at a
// distance d from a point p of it, it is share + density (d - p d^2 / 2 + (p^2 - 1) d^3 / 6).
export function gelu(x) {
  if (Math.abs(x) >= REACH) return Math.max(x, 0);
  const point = Math.round((x + REACH) * STEPS);
  const p = point / STEPS - REACH;
  const d = x - p;
  return x * (SHARE[point] + DENSITY[point] * d * (1 - (d / 2) * p + ((d * d) / 6) * (p * p - 1)));
}

const REACH = 8;
const STEPS = 64;
const GRID = Float64Array.from({ length: 2 * REACH * STEPS + 1 }, (_, i) => i / STEPS - REACH);
const DENSITY = GRID.map((x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
let sum = 0; // by the trapezoidal rule, with the first term of its error taken off
const SHARE = DENSITY.map((density, point) => {
  sum += density / STEPS;
  return sum - density / (2 * STEPS) + (GRID[point] * density) / (12 * STEPS ** 2);
});
