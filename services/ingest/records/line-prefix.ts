/**
 * What log shippers and container runtimes put before a line: CRI (`2026-11-22T09:59:14.1Z stdout F `), syslog headers
 * of RFC 3164 and RFC 5424 and rsyslog's with an ISO time, and the time of `docker logs -t`.
 */
export class LinePrefix {
  /** where the line itself begins */
  at = 0;
  /** the line is a part of one that goes on in the next of its stream (CRI) */
  partial = false;
  /** CRI's stream: 0 none, 1 stdout, 2 stderr */
  stream = 0;

  /**
   * Looks at bytes[start, end), a line without line feed. Whether it has a prefix; then `at` and the like are set.
   * @param timeFirst the format's own lines begin with a time, so that one alone is no prefix
   */
  read(bytes: Uint8Array, start: number, end: number, timeFirst: boolean): boolean {
    this.at = start;
    this.partial = false;
    this.stream = 0;
    const c = bytes[start];
    if (c >= 0x30 && c <= 0x39) return bytes[start + 4] === DASH && bytes[start + 10] === T && this.timed(bytes, start, end, timeFirst);
    if (c === LESS) return this.syslog(bytes, start, end);
    return isMonth(bytes, start, end) && this.rfc3164(bytes, start, end);
  }

  /** Where a line begins behind a name that some tools put before it (`web-1  | `, `[pod/web/nginx] `, `nginx[17]: `); -1 without one. */
  behindName(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start] === OPEN) {
      const close = bytes.indexOf(CLOSE, start);
      return close > start + 1 && close + 2 < end && bytes[close + 1] === SPACE && bytes.subarray(start, close).includes(SLASH)
        ? close + 2
        : -1;
    }
    let at = start;
    while (at < end && isNameByte(bytes[at])) at++;
    if (at === start || at - start > MAX_NAME) return -1;
    if (bytes[at] === OPEN) {
      let digit = at + 1;
      while (digit < end && bytes[digit] >= 0x30 && bytes[digit] <= 0x39) digit++;
      const ends = digit > at + 1 && bytes[digit] === CLOSE && bytes[digit + 1] === COLON && bytes[digit + 2] === SPACE;
      return ends && digit + 3 < end ? digit + 3 : -1;
    }
    while (at < end && bytes[at] === SPACE) at++;
    return bytes[at] === BAR && bytes[at + 1] === SPACE && bytes[at - 1] === SPACE && at + 2 < end ? at + 2 : -1;
  }

  /** A line that begins with an ISO time: CRI, rsyslog, or docker's. */
  private timed(bytes: Uint8Array, start: number, end: number, timeFirst: boolean): boolean {
    const gap = wordEnd(bytes, start, Math.min(end, start + MAX_TIME));
    if (bytes[gap] !== SPACE || !isZoned(bytes, start, gap)) return false;
    const next = gap + 1;
    if (bytes[next] === 0x73 && next + 9 <= end) {
      const stream = matches(bytes, next, end, STDOUT) ? 1 : matches(bytes, next, end, STDERR) ? 2 : 0;
      if (stream > 0) {
        const tag = bytes[next + 7];
        if (tag === F || tag === P) {
          const behind = wordEnd(bytes, next + 7, end);
          this.at = Math.min(behind + 1, end);
          this.partial = tag === P;
          this.stream = stream;
          return true;
        }
      }
    }
    // a line that begins with its own time may go on with a word and a colon: only a process in brackets tells syslog
    if (this.tagged(bytes, next, end, true) && (!timeFirst || bytes[this.at - 3] === CLOSE)) return true;
    this.at = start;
    if (timeFirst) return false;
    this.at = next;
    return true;
  }

  private syslog(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start + 1;
    while (at < end && at < start + 5 && bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
    if (bytes[at] !== MORE || at === start + 1) return false;
    at++;
    if (bytes[at] === 0x31 && bytes[at + 1] === SPACE) return this.rfc5424(bytes, at + 2, end);
    if (isMonth(bytes, at, end)) return this.rfc3164(bytes, at, end);
    const gap = wordEnd(bytes, at, Math.min(end, at + MAX_TIME));
    if (bytes[at + 4] === DASH && bytes[at + 10] === T && bytes[gap] === SPACE && isZoned(bytes, at, gap))
      return this.tagged(bytes, gap + 1, end, false);
    this.at = at;
    return true;
  }

  /** `TIME HOST APP PROCID MSGID SD MSG` behind the version. */
  private rfc5424(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    for (let word = 0; word < 5; word++) {
      at = wordEnd(bytes, at, end);
      if (at >= end) return false;
      at++;
    }
    if (bytes[at] === DASH) at++;
    else {
      while (bytes[at] === OPEN && at < end) {
        let quoted = false;
        for (at++; at < end && (quoted || bytes[at] !== CLOSE); at++) {
          if (bytes[at] === BACKSLASH) at++;
          else if (bytes[at] === QUOTE) quoted = !quoted;
        }
        at++;
      }
    }
    if (at > end || (at < end && bytes[at] !== SPACE)) return false;
    at++;
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    this.at = Math.min(at, end);
    return true;
  }

  /** `Nov 22 09:59:14 host tag[pid]: ` */
  private rfc3164(bytes: Uint8Array, start: number, end: number): boolean {
    const at = start + 15;
    if (at >= end || bytes[start + 3] !== SPACE || bytes[start + 6] !== SPACE || bytes[start + 9] !== COLON || bytes[start + 12] !== COLON)
      return false;
    for (const digit of [5, 7, 8, 10, 11, 13, 14]) if (bytes[start + digit] < 0x30 || bytes[start + digit] > 0x39) return false;
    return bytes[at] === SPACE && this.tagged(bytes, at + 1, end, false);
  }

  /** `host tag[pid]: `, `tag[pid]: `, or where a tag is not `needed` only the host. */
  private tagged(bytes: Uint8Array, start: number, end: number, needed: boolean): boolean {
    const first = wordEnd(bytes, start, end);
    if (bytes[first - 1] === COLON && first < end && isTag(bytes, start, first)) {
      this.at = first + 1;
      return true;
    }
    const second = wordEnd(bytes, first + 1, end);
    if (first < end && second < end && bytes[second - 1] === COLON && isTag(bytes, first + 1, second)) {
      this.at = second + 1;
      return true;
    }
    if (needed || first >= end) return false;
    this.at = first + 1;
    return true;
  }
}

const SPACE = 0x20;
const DASH = 0x2d;
const COLON = 0x3a;
const SLASH = 0x2f;
const LESS = 0x3c;
const MORE = 0x3e;
const T = 0x54;
const F = 0x46;
const P = 0x50;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const BAR = 0x7c;
const MAX_TIME = 40;
const MAX_NAME = 128;
const STDOUT = new TextEncoder().encode('stdout ');
const STDERR = new TextEncoder().encode('stderr ');

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}

function matches(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** `2026-11-22T09:59:14`, a fraction, and `Z` or an offset. */
function isZoned(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 20 || bytes[start + 7] !== DASH || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false;
  let at = start + 19;
  if (bytes[at] === 0x2e) {
    at++;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  }
  if (bytes[at] === 0x5a) return at + 1 === end;
  return (bytes[at] === 0x2b || bytes[at] === DASH) && (end - at === 6 || end - at === 5);
}

const MONTHS = new Set(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']);

function isMonth(bytes: Uint8Array, at: number, end: number): boolean {
  const c = bytes[at];
  if (c < 0x41 || c > 0x53 || at + 4 > end || bytes[at + 3] !== SPACE) return false;
  return MONTHS.has(String.fromCharCode(c, bytes[at + 1], bytes[at + 2]));
}

/** A program's name, with its process in brackets: no quote, no bracket at its beginning. */
function isTag(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || end - start > MAX_NAME) return false;
  for (let i = start; i < end - 1; i++) {
    const c = bytes[i];
    if (c <= SPACE || c === QUOTE || c === COLON || (c === OPEN && i === start)) return false;
  }
  return true;
}

function isNameByte(c: number): boolean {
  const l = c | 0x20;
  return (l >= 0x61 && l <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x5f || c === DASH || c === 0x2e;
}

/** Whether a line may have a prefix, by its first bytes: most have none, and are not looked at further. */
export function mayHavePrefix(bytes: Uint8Array, start: number): boolean {
  const c = bytes[start];
  if (c >= 0x30 && c <= 0x39) return bytes[start + 4] === DASH && bytes[start + 10] === T;
  return c === LESS || (c >= 0x41 && c <= 0x53 && bytes[start + 3] === SPACE);
}
