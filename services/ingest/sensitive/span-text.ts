/** How much of a span is read, bytes. */
export const SPAN_LIMIT = 16 * 1024;
/** Zeros before and behind the text, so that loops may look around without asking for the end. */
const PADDING = 64;
/** Rounds of escapes within escapes (a JSON body in a JSON log, a URL in a query) that are taken away. */
const ROUNDS = 3;

const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 10; i++) HEX[0x30 + i] = i;
for (let i = 0; i < 6; i++) HEX[0x41 + i] = HEX[0x61 + i] = 10 + i;

/** What stands behind a backslash, and what it means. */
const PLAIN = new Uint8Array(256);
for (const [letter, meaning] of ['n\n', 'r\r', 't\t', 'b ', 'f ', '""', "''", '\\\\', '//'])
  PLAIN[letter.charCodeAt(0)] = meaning.charCodeAt(0);

/**
 * A span of a log as readable text: percent-encoding, JSON and nginx escapes taken away, + as a space where it means one,
 * full-width letters as ASCII, all signs that mask as `*`. Reused from span to span.
 */
export class SpanText {
  readonly bytes = new Uint8Array(SPAN_LIMIT + 2 * PADDING);
  readonly start = PADDING;
  end = PADDING;
  /** some byte is not ASCII */
  private high = false;
  /** first escape that the last round uncovered, -1 none */
  private uncovered = -1;

  /** Takes source[start, end) in; `plus`: + means a space. */
  load(source: Uint8Array, start: number, end: number, plus: boolean): void {
    const { bytes } = this;
    if (end - start > SPAN_LIMIT) end = start + SPAN_LIMIT;
    let to: number = this.start;
    let first = -1;
    this.high = false;
    for (let i = start; i < end; i++) {
      const c = source[i];
      if (c === 0x25 || c === 0x5c) {
        if (first < 0) first = to;
      } else if (c >= 0x80) this.high = true;
      bytes[to++] = plus && c === 0x2b ? 0x20 : c;
    }
    for (let round = 0; first >= 0 && round < ROUNDS; round++) {
      to = this.takeEscapes(first, to);
      first = this.uncovered;
    }
    if (this.high) to = unify(bytes, this.start, to);
    bytes.fill(0, to, to + PADDING);
    this.end = to;
  }

  /** Takes one layer of escapes away, in place. Returns the new end. */
  private takeEscapes(from: number, end: number): number {
    const { bytes } = this;
    let to = from;
    this.uncovered = -1;
    for (let i = from; i < end; ) {
      const c = bytes[i];
      if (c !== 0x25 && c !== 0x5c) {
        bytes[to++] = c;
        i++;
        continue;
      }
      const length = escapeLength(bytes, i, end);
      const code = length === 1 ? c : escapedCode(bytes, i, length);
      if (code >= 0x80) this.high = true;
      else if (length > 1 && (code === 0x25 || code === 0x5c) && this.uncovered < 0) this.uncovered = to;
      to = length > 4 ? put(bytes, to, code) : putByte(bytes, to, code);
      i += length;
    }
    return to;
  }
}

/** Length of the escape at `at`: 2 (\n), 3 (%2D), 4 (\x2D), 6 (\u4E2D, %u4E2D of old scripts); 1 when it is none. */
function escapeLength(bytes: Uint8Array, at: number, end: number): number {
  const next = bytes[at + 1];
  if (next === 0x75 && at + 5 < end && hex4(bytes, at + 2) >= 0) return 6;
  if (bytes[at] === 0x25) return at + 2 < end && HEX[next] >= 0 && HEX[bytes[at + 2]] >= 0 ? 3 : 1;
  if (next === 0x78 && at + 3 < end && HEX[bytes[at + 2]] >= 0 && HEX[bytes[at + 3]] >= 0) return 4;
  return at + 1 < end && PLAIN[next] > 0 ? 2 : 1;
}

/** What the escape of `length` bytes at `at` stands for: a byte, or a code unit where it has 6. */
function escapedCode(bytes: Uint8Array, at: number, length: number): number {
  if (length === 2) return PLAIN[bytes[at + 1]];
  if (length === 6) return hex4(bytes, at + 2);
  return (HEX[bytes[at + length - 2]] << 4) | HEX[bytes[at + length - 1]];
}

function putByte(bytes: Uint8Array, to: number, c: number): number {
  bytes[to] = c;
  return to + 1;
}

/** Writes full-width ASCII, ideographic punctuation and signs that mask as the ASCII they stand for, in place. */
function unify(bytes: Uint8Array, from: number, end: number): number {
  let to = from;
  for (let i = from; i < end; ) {
    const a = bytes[i];
    const b = bytes[i + 1];
    if (a === 0xc2 && (b === 0xa0 || b === 0xb7) && i + 1 < end) {
      bytes[to++] = b === 0xa0 ? 0x20 : 0x2e;
      i += 2;
      continue;
    }
    if (a === 0xc3 && b === 0x97 && i + 1 < end) {
      bytes[to++] = 0x2a;
      i += 2;
      continue;
    }
    if ((a === 0xef || a === 0xe2 || a === 0xe3) && i + 2 < end) {
      const plain = plainOf(a, b, bytes[i + 2]);
      if (plain >= 0) {
        if (plain > 0) bytes[to++] = plain;
        i += 3;
        continue;
      }
    }
    bytes[to++] = a;
    i++;
  }
  return to;
}

/** ASCII for a character of three bytes; 0: it is left out; -1: it stays. */
function plainOf(a: number, b: number, c: number): number {
  if (a === 0xef) {
    if (b === 0xbc && c >= 0x81 && c <= 0xbf) return c - 0x60;
    if (b === 0xbd && c >= 0x80 && c <= 0x9e) return c - 0x20;
    return b === 0xbb && c === 0xbf ? 0 : -1;
  }
  if (a === 0xe3) return b === 0x80 && c === 0x80 ? 0x20 : b === 0x80 && (c === 0x81 || c === 0x82) ? 0x2c : -1;
  // dashes, bullets, circles and blocks
  if (b === 0x80) {
    if (c >= 0x90 && c <= 0x95) return 0x2d;
    if (c === 0xa2) return 0x2a;
    return c >= 0x8b && c <= 0x8d ? 0 : -1;
  }
  if (b === 0x97) return c === 0x8f || c === 0xa6 ? 0x2a : -1;
  return b === 0x96 && c === 0x88 ? 0x2a : -1;
}

function hex4(bytes: Uint8Array, at: number): number {
  const a = HEX[bytes[at]];
  const b = HEX[bytes[at + 1]];
  const c = HEX[bytes[at + 2]];
  const d = HEX[bytes[at + 3]];
  return (a | b | c | d) < 0 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
}

/** Writes a code unit as UTF-8; halves of pairs as `?`, for nothing that is looked for has them. */
function put(bytes: Uint8Array, to: number, code: number): number {
  if (code < 0x80) bytes[to++] = code;
  else if (code < 0x800) {
    bytes[to++] = 0xc0 | (code >> 6);
    bytes[to++] = 0x80 | (code & 0x3f);
  } else if (code >= 0xd800 && code <= 0xdfff) bytes[to++] = 0x3f;
  else {
    bytes[to++] = 0xe0 | (code >> 12);
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[to++] = 0x80 | (code & 0x3f);
  }
  return to;
}
