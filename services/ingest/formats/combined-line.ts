import { SLOT } from '../fields.ts';
import { hasBackslash, quoteEnd } from '../records/escapes.ts';
import { KIND } from '../records/json-scanner.ts';
import { isHostName } from '../records/text-checks.ts';

/** Spans of a record's fields, as the normalise stage reads them; indexed by slot. */
export interface FieldSpans {
  kinds: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
}

/** What parsing a line came to. `end`: where it was given up, when it failed. */
export interface CombinedResult {
  /** the failure is that the line ends too early */
  cut: boolean;
  /** the line has referer and agent: not only the common format */
  hasAgent: boolean;
  /** the line ends with a value that nothing closes */
  openTail: boolean;
  /** some quoted text has a backslash */
  escaped: boolean;
  /** the client was logged by the name of its host */
  isNamed: boolean;
  /** what was expected */
  expected: string;
}

/**
 * nginx's and Apache's common and combined format, bytes[start, end) without the line feed:
 * `[vhost[:port] ][forwarded, ]address ident user [time] "request" status bytes["referer" "agent"][ …]`.
 * Behind the agent: a decimal number or `rt=…`, `request_time=…` is the duration in seconds, `12ms` in milliseconds,
 * a quoted list of addresses X-Forwarded-For; other things are skipped. Fills the slots and `userSlot` (-1: not wanted).
 */
export function parseCombined(
  bytes: Uint8Array,
  start: number,
  end: number,
  spans: FieldSpans,
  userSlot: number,
  result: CombinedResult,
): boolean {
  result.cut = false;
  result.hasAgent = false;
  result.openTail = false;
  result.escaped = false;
  result.isNamed = false;
  // The time: the first ` [` whose bracket closes before a quote. User names may hold spaces and brackets, but no quotes.
  let open = openingOf(bytes, start, start, end);
  if (open >= end) return fail(result, 'a time in brackets', !hasQuote(bytes, start, end) && startsWithAddress(bytes, start, end));
  let at = closingOf(bytes, open, end);
  for (let next = open; at < end && !isQuoteNext(bytes, at) && next < end; ) {
    next = openingOf(bytes, next + 1, start, end);
    const close = closingOf(bytes, next, end);
    if (close >= end) break; // no later bracket closes either
    if (!isQuoteNext(bytes, close)) continue;
    open = next;
    at = close;
  }
  if (at >= end) return fail(result, 'the bracket that closes the time', true);
  put(spans, SLOT.time, open + 1, at);
  if (!head(bytes, start, open, spans, userSlot, result)) return fail(result, 'an address before the time', false);
  at++;
  if (bytes[at] !== 0x20 || bytes[at + 1] !== 0x22) return fail(result, 'a quoted request behind the time', at + 1 >= end);
  const from = at + 2;
  at = quoteEnd(bytes, from, end);
  if (at < 0) return fail(result, 'the quote that closes the request', true);
  put(spans, SLOT.request, from, at);
  result.escaped = hasBackslash(bytes, from, at);
  at++;
  if (bytes[at] !== 0x20) return fail(result, 'a status behind the request', at >= end);
  at = token(bytes, at + 1, end, spans, SLOT.status);
  if (bytes[at] !== 0x20) return fail(result, 'a size behind the status', at >= end);
  const sizeFrom = at + 1;
  at = token(bytes, sizeFrom, end, spans, SLOT.bytes_out);
  if (at === sizeFrom) return fail(result, 'a size behind the status', at >= end);
  return at >= end || tail(bytes, at, end, spans, result);
}

/** Position of the next bracket, of a line that begins at `start`, that may open a time; `end` without one. */
function openingOf(bytes: Uint8Array, at: number, start: number, end: number): number {
  while (at < end && !(bytes[at] === 0x5b && (at === start || bytes[at - 1] === 0x20) && isDigit(bytes[at + 1]))) at++;
  return at;
}

function closingOf(bytes: Uint8Array, open: number, end: number): number {
  let at = open + 1;
  while (at < end && bytes[at] !== 0x5d) at++;
  return at;
}

function isQuoteNext(bytes: Uint8Array, bracket: number): boolean {
  return bytes[bracket + 1] === 0x20 && bytes[bracket + 2] === 0x22;
}

/** Notes why a line is none. */
function fail(result: CombinedResult, expected: string, cut: boolean): false {
  result.expected = expected;
  result.cut = cut;
  return false;
}

export function put(spans: FieldSpans, slot: number, start: number, end: number): void {
  if (slot < 0) return;
  spans.kinds[slot] = KIND.text;
  spans.starts[slot] = start;
  spans.ends[slot] = end;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function startsWithAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== 0x20) at++;
  return looksLikeAddress(bytes, start, at);
}

function hasQuote(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === 0x22) return true;
  return false;
}

function token(bytes: Uint8Array, start: number, end: number, spans: FieldSpans, slot: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0x20) at++;
  put(spans, slot, start, at);
  return at;
}

/** What stands before the time: `address ident user `, with a virtual host or forwarded addresses in front. */
function head(bytes: Uint8Array, start: number, end: number, spans: FieldSpans, userSlot: number, result: CombinedResult): boolean {
  let stop = end;
  while (stop > start && bytes[stop - 1] === 0x20) stop--;
  let first = start;
  while (first < stop && bytes[first] !== 0x20) first++;
  if (
    bytes[start] !== 0x22 &&
    bytes[first - 1] !== 0x2c &&
    looksLikeAddress(bytes, start, first) &&
    !isAddressNext(bytes, first + 1, stop)
  ) {
    put(spans, SLOT.address, start, first);
    return first > start && user(bytes, first, stop, spans, userSlot);
  }
  return longHead(bytes, start, stop, spans, userSlot, result);
}

/**
 * `ident user` behind the address; a lone dash is one of them, nothing more. false: a quote stands there that nothing escapes, as in
 * no name (but Apache's `""` for an empty one): a line that another one was written into.
 */
function user(bytes: Uint8Array, at: number, end: number, spans: FieldSpans, userSlot: number): boolean {
  at++;
  const ident = at;
  while (at < end && bytes[at] !== 0x20) at++;
  if (quoteEnd(bytes, ident, at) >= 0) return false;
  at++;
  if (at >= end || (end - at === 1 && bytes[at] === 0x2d)) return true;
  if (quoteEnd(bytes, at, end) >= 0) return end - at === 2 && bytes[at] === 0x22 && bytes[at + 1] === 0x22;
  put(spans, userSlot, at, end);
  return true;
}

function looksLikeAddress(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0;
  let colons = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === 0x2e) dots++;
    else if (c === 0x3a) colons++;
    else if (!isDigit(c)) {
      const l = c | 0x20;
      if (!(l >= 0x61 && l <= 0x66) && c !== 0x5b && c !== 0x5d) return false;
      if (colons === 0 && l >= 0x61 && l <= 0x66) return hasColon(bytes, i, end);
    }
  }
  return dots === 3 || colons >= 2;
}

function hasColon(bytes: Uint8Array, start: number, end: number): boolean {
  let colons = 0;
  for (let i = start; i < end; i++) {
    if (bytes[i] === 0x3a) colons++;
    else if ((bytes[i] | 0x20) > 0x66) return false;
  }
  return colons >= 2;
}

/** Whether the next word is an address too: then what stands before it was a host name or a forwarded address. */
function isAddressNext(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== 0x20) at++;
  return at - start >= 2 && looksLikeAddress(bytes, start, bytes[at - 1] === 0x2c ? at - 1 : at);
}

/** The rarer forms: `"10.1.1.1, 10.1.1.2" address`, `10.1.1.1, 10.1.1.2 address`, `10.1.1.1, 10.1.1.2`, `www.example.com address`. */
function longHead(bytes: Uint8Array, start: number, end: number, spans: FieldSpans, userSlot: number, result: CombinedResult): boolean {
  let at = start;
  if (bytes[at] !== 0x22 && !listed(bytes, at, end)) {
    let stop = at;
    while (stop < end && bytes[stop] !== 0x20) stop++;
    // A name that is followed by an address is the virtual host; else it is a client that was logged by its name.
    if (stop < end && (bytes[stop + 1] === 0x22 || isSocket(bytes, stop + 1, end) || isAddressNext(bytes, stop + 1, end))) {
      if (stop - at > 1 || bytes[at] !== 0x2d) put(spans, SLOT.host, at, stop);
      at = stop + 1;
    }
  }
  if (bytes[at] === 0x22) {
    const quote = quoteEnd(bytes, at + 1, end);
    if (quote < 0) return false;
    put(spans, SLOT.forwarded, at + 1, quote);
    at = quote + 1;
    while (at < end && bytes[at] === 0x20) at++;
  }
  const listStart = at;
  let last = at;
  let stop = at;
  for (;;) {
    stop = at;
    while (stop < end && bytes[stop] !== 0x20 && bytes[stop] !== 0x2c) stop++;
    last = at;
    let next = stop;
    if (bytes[next] === 0x2c) next++;
    while (next < end && bytes[next] === 0x20) next++;
    const more = bytes[stop] === 0x2c || isAddressNext(bytes, next, end);
    if (!more || next >= end) break;
    at = next;
  }
  if (last > listStart) {
    let listEnd = last;
    while (listEnd > listStart && (bytes[listEnd - 1] === 0x20 || bytes[listEnd - 1] === 0x2c)) listEnd--;
    put(spans, SLOT.forwarded, listStart, listEnd);
  }
  if (stop === last || !user(bytes, stop, end, spans, userSlot)) return false;
  if (looksLikeAddress(bytes, last, stop)) {
    put(spans, SLOT.address, last, stop);
    return true;
  }
  // Anything may stand before a time: only a lone dash behind it, the ident that nobody logs, makes a word the client.
  const isClient = bytes[stop + 1] === 0x2d && (stop + 2 >= end || bytes[stop + 2] === 0x20);
  if (!isClient) return false;
  const isNone = (stop - last === 1 && bytes[last] === 0x2d) || isSocket(bytes, last, end);
  result.isNamed = isHostName(bytes, last, stop);
  if (!isNone) put(spans, SLOT.address, last, stop); // `-`, and `unix:` for a socket, are no address
  return true;
}

/** `unix:`, the peer of a connection through a socket. */
function isSocket(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 5 < end && bytes[at] === 0x75 && bytes[at + 1] === 0x6e && bytes[at + 4] === 0x3a && bytes[at + 5] === 0x20;
}

function listed(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== 0x20) at++;
  const comma = at > start && bytes[at - 1] === 0x2c;
  return comma || looksLikeAddress(bytes, start, at);
}

/** Referer, agent, and what some add behind. */
function tail(bytes: Uint8Array, start: number, end: number, spans: FieldSpans, result: CombinedResult): boolean {
  let at = start;
  let quoted = 0;
  let other = false;
  while (at < end) {
    if (bytes[at] === 0x20) {
      at++;
      continue;
    }
    if (bytes[at] === 0x22) {
      const quote = quoteEnd(bytes, at + 1, end);
      // what is quoted behind something else may be anything
      if (other) return fail(result, 'a quoted referer behind the size', false);
      if (quote < 0) {
        return fail(result, quoted === 0 ? 'the quote that closes the referer' : 'the quote that closes the agent', true);
      }
      if (quoted === 1) {
        put(spans, SLOT.agent, at + 1, quote);
        result.hasAgent = true;
        if (!result.escaped) result.escaped = hasBackslash(bytes, at + 1, quote);
      } else if (quoted > 1 && quote > at + 2 && (looksLikeAddress(bytes, at + 1, quote) || listed(bytes, at + 1, quote)))
        put(spans, SLOT.forwarded, at + 1, quote);
      quoted++;
      at = quote + 1;
      if (at < end && bytes[at] !== 0x20) return fail(result, 'a space behind a quoted value', false);
      continue;
    }
    let stop = at;
    while (stop < end && bytes[stop] !== 0x20) stop++;
    // An unquoted dash stands for a referer or an agent that was not sent (Traefik).
    if (quoted < 2) {
      quoted++;
      if (stop - at > 1 || bytes[at] !== 0x2d) other = true;
    } else {
      duration(bytes, at, stop, spans);
      result.openTail = stop === end && isDigit(bytes[stop - 1]);
    }
    at = stop;
  }
  return true;
}

/** A number that has a name goes before one that has none, and of the latter the first counts: what follows is the upstream's. */
function duration(bytes: Uint8Array, start: number, end: number, spans: FieldSpans): void {
  let from = start;
  for (let i = start; i < end; i++) if (bytes[i] === 0x3d) from = i + 1;
  if (from > start) {
    if (!isName(bytes, start, from, RT) && !isName(bytes, start, from, REQUEST_TIME)) return;
  } else if (spans.kinds[SLOT.duration] === KIND.text || spans.kinds[SLOT.duration_ms] === KIND.text) return;
  let dots = 0;
  let digits = 0;
  let at = from;
  for (; at < end; at++) {
    if (isDigit(bytes[at])) digits++;
    else if (bytes[at] === 0x2e) dots++;
    else break;
  }
  if (digits === 0 || dots > 1) return;
  if (at === end && dots === 1) put(spans, SLOT.duration, from, end);
  else if (end - at === 2 && bytes[at] === 0x6d && bytes[at + 1] === 0x73) put(spans, SLOT.duration_ms, from, at);
}

const encoder = new TextEncoder();
const RT = encoder.encode('rt=');
const REQUEST_TIME = encoder.encode('request_time=');

/** Whether bytes[start, end) are `text`, in letters of either case. */
function isName(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i] && (bytes[start + i] | 0x20) !== text[i]) return false;
  return true;
}
