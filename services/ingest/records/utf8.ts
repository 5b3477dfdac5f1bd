/**
 * Position behind the UTF-8 sequence whose first byte (>= 0x80) is at `at`; -1 when it is not well formed
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
export function utf8End(bytes: Uint8Array, at: number): number {
  const a = bytes[at];
  const b = bytes[at + 1];
  if (a < 0xc2) return -1;
  if (a < 0xe0) return continues(b) ? at + 2 : -1;
  if (a < 0xf0) {
    if (!continues(b) || !continues(bytes[at + 2])) return -1;
    if (a === 0xe0 && b < 0xa0) return -1;
    return a === 0xed && b > 0x9f ? -1 : at + 3;
  }
  if (a > 0xf4 || !continues(b) || !continues(bytes[at + 2]) || !continues(bytes[at + 3])) return -1;
  if (a === 0xf0 && b < 0x90) return -1;
  return a === 0xf4 && b > 0x8f ? -1 : at + 4;
}

function continues(c: number): boolean {
  return (c & 0xc0) === 0x80;
}

/** Position of the first byte of bytes[start, end) that does not belong to well-formed UTF-8, -1 when all does. */
export function invalidUtf8At(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    if (bytes[at] < 0x80) {
      at++;
      continue;
    }
    const next = utf8End(bytes, at);
    if (next < 0 || next > end) return at;
    at = next;
  }
  return -1;
}
