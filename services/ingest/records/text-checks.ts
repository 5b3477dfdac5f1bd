import { combine32 } from '../../core/hash.ts';

/** Whether bytes[start, end) are printable ASCII, four bytes at a time (up to three behind the end are looked at). */
export function isPlain(view: DataView, start: number, end: number): boolean {
  let odd = 0;
  for (let i = start; i < end - 3; i += 4) {
    const w = view.getInt32(i, true);
    odd |= w | ((w - 0x20202020) & ~w);
  }
  for (let i = Math.max(start, end - 3); i < end; i++) {
    const c = view.getUint8(i);
    if (c < 0x20 || c >= 0x80) return false;
  }
  return (odd & 0x80808080) === 0;
}

/** Whether there are control characters that do not stand in logs: all but tab, carriage return and escape. */
export function isBinary(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c < 0x20 && c !== 0x09 && c !== 0x0d && c !== 0x1b) return true;
  }
  return false;
}

/** Whether bytes[start, end) are all ASCII. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i];
  return all < 0x80;
}

/** Position of the line feed at or behind `start`, else `end`. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const feed = bytes.indexOf(0x0a, start);
  return feed < 0 || feed > end ? end : feed;
}

/** Hash of a record's bytes, four interleaved chains of four bytes at a time (one chain would wait for its products). */
export function contentHash(view: DataView, start: number, end: number): number {
  let a = end - start;
  let b = 0x9e3779b1;
  let c = 0x7feb352d;
  let d = 0x2c1b3c6d;
  let i = start;
  for (; i + 16 <= end; i += 16) {
    a = Math.imul(((a << 5) | (a >>> 27)) ^ view.getInt32(i, true), 0x9e3779b1);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ view.getInt32(i + 4, true), 0x85ebca6b);
    c = Math.imul(((c << 9) | (c >>> 23)) ^ view.getInt32(i + 8, true), 0xc2b2ae35);
    d = Math.imul(((d << 11) | (d >>> 21)) ^ view.getInt32(i + 12, true), 0x27d4eb2f);
  }
  for (; i < end; i++) a = Math.imul(((a << 5) | (a >>> 27)) ^ view.getUint8(i), 0x9e3779b1);
  return combine32(combine32(a, b), combine32(c, d));
}

/** Whether a text is the name of a host and no address: letters, digits, dots and dashes, with a letter among them. */
export function isHostName(bytes: Uint8Array, start: number, end: number): boolean {
  let letters = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    const l = c | 0x20;
    if (l >= 0x61 && l <= 0x7a) letters++;
    else if (!((c >= 0x30 && c <= 0x39) || c === 0x2e || c === 0x2d || c === 0x5f)) return false;
  }
  return letters > 0 && end - start <= 255;
}
