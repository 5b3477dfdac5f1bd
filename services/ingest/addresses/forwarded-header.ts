/** A span of bytes [start, end). */
export interface Span {
  start: number;
  end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/**
 * Start of the element of a Forwarded header (RFC 7239) that ends at `to`. Looked for from the right, since what proxies
 * append stands there: a quote that a client never closed, further left, swallows nothing of it.
 */
export function forwardedStart(bytes: Uint8Array, start: number, to: number): number {
  let quoted = false;
  for (let at = to - 1; at >= start; at--) {
    const c = bytes[at];
    if (c === QUOTE && !isEscaped(bytes, start, at)) quoted = !quoted;
    else if (c === COMMA && !quoted) return at + 1;
  }
  return start;
}

function isEscaped(bytes: Uint8Array, start: number, at: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes >= start && bytes[at - 1 - slashes] === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

/**
 * Span of the address in an element, `for=192.0.2.60;proto=http;by=203.0.113.43` or `for="[2001:db8::17]:4711"`, its
 * port included, an obfuscated one (`:_x`) not. undefined where there is no `for`, or more than one: that is ambiguous.
 */
export function forwardedFor(bytes: Uint8Array, start: number, end: number): Span | undefined {
  let found: Span | undefined;
  let from = start;
  let quoted = false;
  for (let at = start; at <= end; at++) {
    if (at < end && bytes[at] === QUOTE && !isEscaped(bytes, start, at)) quoted = !quoted;
    if (at < end && (bytes[at] !== SEMICOLON || quoted)) continue;
    const span = valueOfFor(bytes, from, at);
    if (span !== undefined && found !== undefined) return undefined;
    found ??= span;
    from = at + 1;
  }
  return found === undefined || quoted ? undefined : withoutHiddenPort(bytes, found);
}

/** Value of a parameter when its name is `for`, in any case, without the quotes around it. */
function valueOfFor(bytes: Uint8Array, start: number, end: number): Span | undefined {
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  const isFor =
    end - start > 4 &&
    (bytes[start] | 0x20) === 0x66 &&
    (bytes[start + 1] | 0x20) === 0x6f &&
    (bytes[start + 2] | 0x20) === 0x72 &&
    bytes[start + 3] === 0x3d;
  if (!isFor) return undefined;
  start += 4;
  // Apache's quotes, where the rest of the header kept it from being read as text
  if (bytes[start] === BACKSLASH && bytes[end - 2] === BACKSLASH && bytes[start + 1] === QUOTE && bytes[end - 1] === QUOTE)
    return end - start > 4 ? { start: start + 2, end: end - 2 } : undefined;
  if (bytes[start] !== QUOTE) return { start, end };
  return end - start > 2 && bytes[end - 1] === QUOTE ? { start: start + 1, end: end - 1 } : undefined;
}

function withoutHiddenPort(bytes: Uint8Array, { start, end }: Span): Span {
  for (let at = start; at + 1 < end; at++) {
    if (bytes[at] === 0x3a && bytes[at + 1] === 0x5f) return { start, end: at };
  }
  return { start, end };
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x09;
}
