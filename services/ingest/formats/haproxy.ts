import { type FieldMap, GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { LineContext, LineFault, LineFormat, LineSyntax, SlotNames, TextFormat } from '../format.ts';
import { quoteEnd } from '../records/escapes.ts';
import type { RecordView } from '../records/record-view.ts';
import { SlotWriter } from '../records/slot-writer.ts';

/** Captured headers that have names of their own. */
const MOST_CAPTURES = 16;
const FIELDS: FieldMap = {
  start: ['accept_date'],
  duration_ms: ['total_time'],
  status: ['status'],
  bytes_out: ['bytes_read'],
  address: ['client_ip'],
  request: ['request'],
  cookie: ['captured_request_cookie'],
};
const captures = (kind: string): string[] => Array.from({ length: MOST_CAPTURES }, (_, i) => `captured_${kind}_header_${i + 1}`);
const REQUEST_HEADERS = captures('request');
const RESPONSE_HEADERS = captures('response');
const VARIABLES = new Set([
  ...Object.values(FIELDS).flat(),
  'client_port',
  'frontend',
  'backend',
  'server',
  'captured_response_cookie',
  'termination_state',
  ...REQUEST_HEADERS,
  ...RESPONSE_HEADERS,
]);
const SYNTAX: LineSyntax = { variables: VARIABLES, bind: (names) => new HaproxyLines(names) };

/**
 * HAProxy's HTTP and HTTPS log, with and without captured headers and cookies. The date is that of the request's arrival,
 * without a zone: it is taken as UTC. TCP connections and failed handshakes carry no request.
 */
export const haproxy: TextFormat = {
  kind: 'text',
  startFirst: true,
  fields: FIELDS,
  identity: rulesOf([]),
  targets: GUESSED_TARGETS,
  syntax: () => SYNTAX,
  mark: ({ has }) => (has(/:\d+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:.]+\] \S+ |haproxy\[\d+\]: /) ? 1 : 0),
};

const SPACE = 0x20;
const COLON = 0x3a;
const SLASH = 0x2f;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const BAR = 0x7c;
const QUOTE = 0x22;
const CONNECT = new TextEncoder().encode('Connect from ');

class HaproxyLines implements LineFormat {
  private readonly names: SlotNames;
  private readonly writer = new SlotWriter();
  private bytes: Uint8Array = new Uint8Array(0);
  private stop = 0;
  private readonly gaps = new Int32Array(16);

  constructor(names: SlotNames) {
    this.names = names;
  }

  read(view: RecordView, _: LineContext, fault: LineFault): boolean {
    const { writer } = this;
    const { bytes } = view.workspace;
    this.bytes = bytes;
    this.stop = view.end;
    const { start, end } = view;
    if (startsWith(bytes, start, end, CONNECT)) return refuse(fault, 'not_http', "a connection (HAProxy's default log): no request");
    // client_ip:port [date]
    const gap = this.space(start);
    const open = gap + 1;
    if (gap >= end) return refuse(fault, 'not_this_format', 'no haproxy record: the client’s address and port were expected');
    if (bytes[open] !== 0x5b)
      return refuse(fault, 'not_this_format', 'no haproxy record: a date in brackets was expected behind the client');
    let close = open;
    while (close < end && bytes[close] !== 0x5d) close++;
    if (close >= end) return refuse(fault, 'truncated', 'no haproxy record: the line ends in the date');
    if (!isDate(bytes, open + 1, close)) return refuse(fault, 'not_this_format', 'no haproxy record: the date in brackets is none');
    if (close + 1 >= end) return refuse(fault, 'truncated', 'no haproxy record: the line ends behind the date');
    // frontend backend/server timers …
    const { gaps } = this;
    let words = 0;
    let at = close + 2;
    gaps[0] = at;
    while (words < 11) {
      at = this.space(at);
      words++;
      gaps[words] = at + 1;
      if (at >= end) break;
      at++;
    }
    const frontendEnd = gaps[1] - 1;
    if (bytes[frontendEnd - 1] === COLON) return refuse(fault, 'not_http', `a failed connection: ${this.text(frontendEnd, end).trim()}`);
    if (words >= 4 && slashes(bytes, gaps[2], gaps[3] - 1) === 2 && isState(bytes, gaps[4], gaps[5] - 1, 2))
      return refuse(fault, 'not_http', 'a TCP connection: no request');
    if (words < 4 || slashes(bytes, gaps[2], gaps[3] - 1) !== 4) {
      const cut = words < 4 && at >= end && slashes(bytes, gaps[2], end) <= 4;
      return refuse(
        fault,
        cut ? 'truncated' : 'not_this_format',
        'no haproxy record: five timers (TR/Tw/Tc/Tr/Ta) were expected behind the server',
      );
    }
    if (words < 10) return refuse(fault, 'truncated', 'no haproxy record: the line ends before its request');
    writer.begin(view);
    this.client(start, gap);
    this.put('accept_date', open + 1, close);
    this.put('frontend', gaps[0], bytes[frontendEnd - 1] === 0x7e ? frontendEnd - 1 : frontendEnd);
    this.divided(gaps[1], gaps[2] - 1);
    const timersEnd = gaps[3] - 1;
    let total = timersEnd;
    while (bytes[total - 1] !== SLASH) total--;
    this.put('total_time', bytes[total] === 0x2b ? total + 1 : total, timersEnd);
    if (bytes[gaps[3]] !== 0x2d) this.put('status', gaps[3], gaps[4] - 1);
    this.put('bytes_read', bytes[gaps[4]] === 0x2b ? gaps[4] + 1 : gaps[4], gaps[5] - 1);
    this.put('captured_request_cookie', gaps[5], gaps[6] - 1);
    this.put('captured_response_cookie', gaps[6], gaps[7] - 1);
    this.put('termination_state', gaps[7], gaps[8] - 1);
    // connections, queues, then {captured} {captured} "request"
    at = gaps[10];
    for (const names of [REQUEST_HEADERS, RESPONSE_HEADERS]) {
      if (bytes[at] !== OPEN) break;
      const to = this.groupEnd(at);
      if (to < 0) return refuse(fault, 'truncated', 'no haproxy record: the line ends in its captured headers');
      this.group(at + 1, to, names);
      at = to + 2;
    }
    if (at >= end) return refuse(fault, 'truncated', 'no haproxy record: the line ends before its request');
    if (bytes[at] !== QUOTE) return refuse(fault, 'not_this_format', 'no haproxy record: a quoted request was expected');
    const requestEnd = quoteEnd(bytes, at + 1, end);
    if (requestEnd < 0) return refuse(fault, 'truncated', 'no haproxy record: the line ends in its request');
    if (requestEnd + 1 < end && bytes[requestEnd + 1] !== SPACE)
      return refuse(fault, 'not_this_format', 'no haproxy record: a space was expected behind the quoted request');
    this.put('request', at + 1, requestEnd);
    return true;
  }

  private put(name: string, start: number, end: number): void {
    const captures = this.names.get(name);
    if (captures !== undefined) this.writer.put(captures, start, end);
  }

  /** `address:port`, or `unix:1` for a socket: no address. */
  private client(start: number, end: number): void {
    let colon = end;
    while (colon > start && this.bytes[colon] !== COLON) colon--;
    if (colon === start) this.put('client_ip', start, end);
    else if (!(colon - start === 4 && this.bytes[start] === 0x75)) {
      this.put('client_ip', start, colon);
      this.put('client_port', colon + 1, end);
    }
  }

  private divided(start: number, end: number): void {
    let slash = start;
    while (slash < end && this.bytes[slash] !== SLASH) slash++;
    this.put('backend', start, slash);
    this.put('server', Math.min(slash + 1, end), end);
  }

  /** Closing brace of the group at `at`: what follows it is a space and another group or the request. -1 without one. */
  private groupEnd(at: number): number {
    const { bytes, stop } = this;
    for (let i = at + 1; i + 2 < stop; i++)
      if (bytes[i] === CLOSE && bytes[i + 1] === SPACE && (bytes[i + 2] === OPEN || bytes[i + 2] === QUOTE)) return i;
    return -1;
  }

  private group(start: number, end: number, names: readonly string[]): void {
    let from = start;
    let index = 0;
    for (let i = start; i <= end && index < names.length; i++) {
      if (i < end && this.bytes[i] !== BAR) continue;
      this.put(names[index++], from, i);
      from = i + 1;
    }
  }

  private space(at: number): number {
    while (at < this.stop && this.bytes[at] !== SPACE) at++;
    return at;
  }

  private text(start: number, end: number): string {
    return new TextDecoder().decode(this.bytes.subarray(start, Math.min(end, start + 120)));
  }
}

function refuse(fault: LineFault, reason: LineFault['reason'], detail: string): false {
  fault.reason = reason;
  fault.detail = detail;
  return false;
}

function startsWith(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

function slashes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === SLASH) count++;
    else if (!((c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x2b)) return -1;
  }
  return count;
}

/** Two letters or dashes: how a TCP session ended. */
function isState(bytes: Uint8Array, start: number, end: number, length: number): boolean {
  if (end - start !== length) return false;
  for (let i = start; i < end; i++) if (bytes[i] !== 0x2d && (bytes[i] < 0x41 || bytes[i] > 0x7a)) return false;
  return true;
}

/** `14/Jan/2015:12:48:57.127` */
function isDate(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 20 && bytes[start + 2] === SLASH && bytes[start + 6] === SLASH && bytes[start + 11] === COLON;
}
