// The numbers of a model script: base64 of half and single precision.

// Each tensor by name, row after row, in double precision. Shifted into place, the bits of a half
// are those of a single whose exponent is too low by 112.
export function tensorsOf({ tensors, data }) {
  const bits = new Uint32Array(new Uint16Array(bufferOf(data)));
  const shifted = bits.map((half) => ((half & 0x8000) << 16) | ((half & 0x7fff) << 13));
  const all = new Float64Array(new Float32Array(shifted.buffer)).map((low) => low * 2 ** 112);
  const named = ([name, [start, end]]) => [name, all.subarray(start, end)];
  return Object.fromEntries(Object.entries(tensors).map(named));
}

export function bufferOf(base64) {
  const text = atob(base64);
  return new Uint8Array(text.length).map((_, i) => text.charCodeAt(i)).buffer;
}
