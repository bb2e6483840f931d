// The numbers of a model script: base64 of half and single precision, as arrays of doubles.

// Each tensor by name; row after row, in the model's order.
export function tensorsOf({ tensors, data }) {
  const all = halves(data);
  let start = 0;
  return Object.fromEntries(tensors.map(([name, shape]) => {
    const end = start + shape.reduce((product, length) => product * length, 1);
    const tensor = all.subarray(start, end);
    start = end;
    return [name, tensor];
  }));
}

export function singles(base64) {
  return new Float64Array(new Float32Array(bytes(base64).buffer));
}

function halves(base64) {
  const bits = new Uint16Array(bytes(base64).buffer);
  const found = new Float64Array(bits.length);
  for (let i = 0; i < bits.length; i++) found[i] = HALVES[bits[i]];
  return found;
}

function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i);
  return found;
}

// Every finite number of half precision, by its bits.
const HALVES = Float64Array.from({ length: 1 << 16 }, (_, bits) => {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
  return bits >> 15 ? -size : size;
});
