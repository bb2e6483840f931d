// The numbers of a model script: base64 of half and single precision, as typed arrays by name.

export function halves(base64) {
  const bits = new Uint16Array(bytes(base64).buffer);
  return Float64Array.from(bits, (half) => TABLE[half]);
}

export function singles(base64) {
  return Float64Array.from(new Float32Array(bytes(base64).buffer));
}

// Tensors of a model, row after row, each a view of one array.
export function tensorsOf(model) {
  const all = halves(model.data);
  const named = {};
  let start = 0;
  for (const [name, shape] of model.tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    named[name] = all.subarray(start, start + size);
    start += size;
  }
  if (start !== all.length) {
    throw new Error(
      `${model.name}: expected ${start} weights, got ${all.length}: the model's script is damaged, ` +
        "load the page again",
    );
  }
  return named;
}

function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
  return found;
}

const TABLE = Float32Array.from({ length: 1 << 16 }, (_, half) => {
  const sign = half >> 15 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});
