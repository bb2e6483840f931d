// What a network is made of: products with a matrix, LayerNorm, GELU. In double precision.

// out[row] = weights in[row] + bias, for some rows; a row of `weights` makes one output.
export function multiply(input, rows, { weights, bias }, output) {
  const outputs = bias.length;
  const inputs = weights.length / outputs;
  let row = 0;
  for (; row + 4 <= rows; row += 4) fourRows(input, row, inputs, weights, bias, outputs, output);
  for (; row < rows; row++) oneRow(input, row, inputs, weights, bias, outputs, output);
}

// Four rows and two outputs at a time: each number that is read is used more than once.
function fourRows(input, row, inputs, weights, bias, outputs, output) {
  const [a, b, c, d] = [row, row + 1, row + 2, row + 3].map((each) => each * inputs);
  const at = row * outputs;
  for (let o = 0; o < outputs; o += 2) {
    const v = o * inputs;
    const w = v + inputs;
    let [av, bv, cv, dv, aw, bw, cw, dw] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < inputs; i++) {
      const one = weights[v + i];
      const two = weights[w + i];
      const [ai, bi, ci, di] = [input[a + i], input[b + i], input[c + i], input[d + i]];
      av += ai * one;
      bv += bi * one;
      cv += ci * one;
      dv += di * one;
      aw += ai * two;
      bw += bi * two;
      cw += ci * two;
      dw += di * two;
    }
    output[at + o] = av + bias[o];
    output[at + o + 1] = aw + bias[o + 1];
    output[at + outputs + o] = bv + bias[o];
    output[at + outputs + o + 1] = bw + bias[o + 1];
    output[at + 2 * outputs + o] = cv + bias[o];
    output[at + 2 * outputs + o + 1] = cw + bias[o + 1];
    output[at + 3 * outputs + o] = dv + bias[o];
    output[at + 3 * outputs + o + 1] = dw + bias[o + 1];
  }
}

function oneRow(input, row, inputs, weights, bias, outputs, output) {
  for (let o = 0; o < outputs; o++) {
    let sum = bias[o];
    for (let i = 0; i < inputs; i++) sum += input[row * inputs + i] * weights[o * inputs + i];
    output[row * outputs + o] = sum;
  }
}

// LayerNorm of some rows.
export function normalise(input, rows, { weights, bias }, eps, output) {
  const width = bias.length;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    const { mean, squares } = moments(input.subarray(start, start + width));
    const scale = Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) {
      output[start + i] = ((input[start + i] - mean) / scale) * weights[i] + bias[i];
    }
  }
}

// Mean of a vector, and the sum of the squares of what differs from it.
export function moments(vector) {
  let mean = 0;
  for (const value of vector) mean += value;
  mean /= vector.length;
  let squares = 0;
  for (const value of vector) squares += (value - mean) ** 2;
  return { mean, squares };
}

// x times the share of the normal distribution below x. The share is known on a grid; around a
// point of it x0 it is share + density (d - x0 d^2 / 2 + (x0^2 - 1) d^3 / 6), within 3e-10.
export function gelu(x) {
  if (x >= REACH) return x;
  if (x <= -REACH) return 0;
  const point = Math.round((x + REACH) * STEPS);
  const x0 = point / STEPS - REACH;
  const d = x - x0;
  return x * (SHARE[point] + DENSITY[point] * d * (1 - (d / 2) * x0 + ((d * d) / 6) * (x0 * x0 - 1)));
}

const REACH = 8;
const STEPS = 64;
const GRID = Float64Array.from({ length: 2 * REACH * STEPS + 1 }, (_, i) => i / STEPS - REACH);
const DENSITY = GRID.map((x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
const SHARE = GRID.map((x, point) => 0.5 + DENSITY[point] * oddSeries(x));

// x + x^3 / 3 + x^5 / (3 5) + ...
function oddSeries(x) {
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) sum += term *= (x * x) / odd;
  return sum;
}
