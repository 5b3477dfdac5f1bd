import type { DeadReason } from '../../core/stage.ts';
import type { FieldPlan } from '../field-plan.ts';
import { SLOT } from '../fields.ts';
import { KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import { METHODS } from './interface-table.ts';

const CONNECT = METHODS.indexOf('CONNECT');

/** Method, host and path of a record: from fields of their own, or from a request line. */
export class RequestLine {
  /** index in METHODS */
  method = 0;
  hostStart = 0;
  hostEnd = 0;
  /** the raw path with its query */
  pathStart = 0;
  pathEnd = 0;
  reason: DeadReason = 'bad_request';
  detail = '';

  /** Reads the view's record; false: it is none, for `reason`. */
  read(view: RecordView, plan: FieldPlan): boolean {
    const { kinds, starts, ends } = view;
    const { bytes } = view.workspace;
    if (view.has(SLOT.path) && (kinds[SLOT.method] === KIND.text || kinds[SLOT.request] !== KIND.text)) {
      this.method = kinds[SLOT.method] === KIND.text ? methodOf(bytes, starts[SLOT.method], ends[SLOT.method]) : 0;
      this.pathStart = starts[SLOT.path];
      this.pathEnd = ends[SLOT.path];
    } else if (kinds[SLOT.request] === KIND.text) {
      if (!this.line(view)) return false;
    } else if (kinds[SLOT.method] === KIND.absent) {
      const none =
        plan.kind === 'json' ? `no request: none of the fields ${plan.requestFields} is set` : 'the connection carried no request';
      return this.refuse('not_http', none);
    } else return this.refuse('bad_request', `no path: none of the fields ${plan.pathFields} is set`);
    this.hostStart = 0;
    this.hostEnd = 0;
    if (bytes[this.pathStart] !== 0x2f) this.absolute(bytes);
    if (kinds[SLOT.host] === KIND.text) {
      this.hostStart = starts[SLOT.host];
      this.hostEnd = ends[SLOT.host];
    }
    return true;
  }

  private refuse(reason: DeadReason, detail: string): false {
    this.reason = reason;
    this.detail = detail;
    return false;
  }

  /** `GET /path HTTP/1.1`; where the method has a field of its own, that one counts, and the target may stand alone. */
  private line(view: RecordView): boolean {
    const { bytes } = view.workspace;
    const from = view.starts[SLOT.request];
    const own = view.kinds[SLOT.method] === KIND.text ? methodOf(bytes, view.starts[SLOT.method], view.ends[SLOT.method]) : -1;
    let to = view.ends[SLOT.request];
    let gap = from;
    while (gap < to && bytes[gap] !== 0x20) gap++;
    if (own >= 0 && gap === to && bytes[from] === 0x2f) {
      this.method = own;
      this.pathStart = from;
      this.pathEnd = to;
      return true;
    }
    if (to - from <= 1) return this.refuse('not_http', 'the connection carried no request');
    const none = `'${view.show(SLOT.request)}' is no request line`;
    if (gap === to || gap === from) return this.refuse('bad_request', none);
    this.method = own > 0 ? own : methodOf(bytes, from, gap);
    this.pathStart = gap + 1;
    // A path with spaces in it is the client's fault and stays whole.
    if (to - gap > 9 && isVersion(bytes, to - 9)) to -= 9;
    else if (to - gap > 7 && isVersion(bytes, to - 7)) to -= 7;
    this.pathEnd = to;
    if (this.pathStart >= to) return this.refuse('bad_request', none);
    const first = bytes[this.pathStart];
    const isTarget = first === 0x2f || first === 0x2a || (first | 0x20) === 0x68;
    if (this.method === 0 && !(isTarget && isToken(bytes, from, gap))) return this.refuse('bad_request', none);
    return true;
  }

  /** `http://host/path` and CONNECT's `host:port`. */
  private absolute(bytes: Uint8Array): void {
    const behind = schemeEnd(bytes, this.pathStart, this.pathEnd);
    if (behind > 0) {
      this.hostStart = behind;
      let at = behind;
      while (at < this.pathEnd && bytes[at] !== 0x2f && bytes[at] !== 0x3f) at++;
      this.hostEnd = at;
      this.pathStart = at;
    } else if (this.method === CONNECT) {
      this.hostStart = this.pathStart;
      this.hostEnd = this.pathEnd;
      this.pathStart = this.pathEnd;
    }
  }
}

/** ` HTTP…` at `at`. */
function isVersion(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x20 && bytes[at + 1] === 0x48 && bytes[at + 2] === 0x54;
}

function methodOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  for (let method = 1; method < METHODS.length; method++) {
    const name = METHODS[method];
    if (name.length !== length) continue;
    let i = 0;
    while (i < length && (bytes[start + i] & 0xdf) === name.charCodeAt(i)) i++;
    if (i === length) return method;
  }
  return 0;
}

/** Letters, digits, dashes: what methods that are not known here are made of, and greetings of other protocols are not. */
function isToken(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    const l = c | 0x20;
    if (!((l >= 0x61 && l <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x5f)) return false;
  }
  return true;
}

/** Position behind `scheme://`, -1 without one. */
function schemeEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 2 < end && i < start + 12; i++) {
    if (bytes[i] === 0x3a) return bytes[i + 1] === 0x2f && bytes[i + 2] === 0x2f ? i + 3 : -1;
  }
  return -1;
}
