const POWERS = [
  1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
const decoder = new TextDecoder();

/** The unsigned integer written in bytes[start, end); -1 when there is any other byte, none at all, or more than 15 digits. */
export function unsignedOf(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const d = bytes[i] - 0x30;
    if (d < 0 || d > 9) return -1;
    value = value * 10 + d;
  }
  return value;
}

/**
 * The non-negative decimal in bytes[start, end) times 10^shift, rounded to an integer (half up, in decimal digits, so
 * that 1.0005 s is 1001 ms whatever binary fractions do). An exponent is accepted. -1 when it is not such a number.
 */
export function scaledOf(bytes: Uint8Array, start: number, end: number, shift: number): number {
  let value = 0;
  let digits = 0;
  let fraction = -1;
  let roundUp = false;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c >= 0x30 && c <= 0x39) {
      if (fraction >= shift) {
        if (fraction === shift) roundUp = c >= 0x35;
        fraction++;
        continue;
      }
      value = value * 10 + (c - 0x30);
      digits++;
      if (fraction >= 0) fraction++;
    } else if (c === 0x2e && fraction < 0 && digits > 0) fraction = 0;
    else return slowScaled(bytes, start, end, shift);
  }
  if (digits === 0 || digits > 16) return slowScaled(bytes, start, end, shift);
  const missing = shift - Math.min(Math.max(fraction, 0), shift);
  return value * POWERS[missing] + (roundUp ? 1 : 0);
}

function slowScaled(bytes: Uint8Array, start: number, end: number, shift: number): number {
  if (end - start > 40 || end <= start) return -1;
  const text = decoder.decode(bytes.subarray(start, end));
  if (!/^\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return -1;
  const value = Math.round(Number(text) * POWERS[shift]);
  return Number.isFinite(value) ? value : -1;
}
