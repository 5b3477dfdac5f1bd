/** Ends of values in bytes[at, stop) that are known by their shape; -1 - (where it stopped to fit) for what has another one. */

const SPACE = 0x20;
const DASH = 0x2d;
const COMMA = 0x2c;

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** A number with decimals, a dash or nothing. */
export function numberEnd(bytes: Uint8Array, at: number, stop: number): number {
  let end = at;
  if (bytes[end] === DASH) end++;
  while (end < stop && (isDigit(bytes[end]) || bytes[end] === 0x2e)) end++;
  return Math.min(end, stop);
}

/** `22/Nov/2026:09:59:14 +0800`, with a fraction where there is one. */
export function clfEnd(bytes: Uint8Array, at: number, stop: number): number {
  for (let i = 0; i < 20; i++) {
    if (at + i >= stop) return -1 - stop;
    const c = bytes[at + i];
    const wanted = CLF.charCodeAt(i);
    if (wanted === 0x30 ? !isDigit(c) : wanted === 0x61 ? (c | SPACE) < 0x61 || (c | SPACE) > 0x7a : c !== wanted) return -1 - at - i;
  }
  let end = at + 20;
  if (bytes[end] === 0x2e || bytes[end] === COMMA) {
    end++;
    while (end < stop && isDigit(bytes[end])) end++;
  }
  if (end + 6 > stop) return -1 - stop;
  if (bytes[end] !== SPACE || (bytes[end + 1] !== 0x2b && bytes[end + 1] !== DASH)) return -1 - end;
  for (let i = end + 2; i < end + 6; i++) if (!isDigit(bytes[i])) return -1 - i;
  return end + 6;
}
const CLF = '00/aaa/0000:00:00:00';

/** `2026-11-22T09:59:14.123+08:00`, `Z`, or without a zone. */
export function isoEnd(bytes: Uint8Array, at: number, stop: number): number {
  for (let i = 0; i < 19; i++) {
    if (at + i >= stop) return -1 - stop;
    const c = bytes[at + i];
    const wanted = ISO.charCodeAt(i);
    if (wanted === 0x30 ? !isDigit(c) : wanted === 0x54 ? c !== 0x54 && c !== SPACE : c !== wanted) return -1 - at - i;
  }
  let end = at + 19;
  if (bytes[end] === 0x2e || bytes[end] === COMMA) {
    end++;
    while (end < stop && isDigit(bytes[end])) end++;
  }
  if (end < stop && bytes[end] === 0x5a) return end + 1;
  if (end < stop && (bytes[end] === 0x2b || bytes[end] === DASH) && isDigit(bytes[end + 1])) {
    end++;
    while (end < stop && (isDigit(bytes[end]) || bytes[end] === 0x3a)) end++;
  }
  return end;
}
const ISO = '0000-00-00T00:00:00';
