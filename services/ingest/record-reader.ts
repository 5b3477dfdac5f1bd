import type { RawChunk } from '../core/raw.ts';
import type { DeadReason } from '../core/stage.ts';
import type { FieldPlan } from './field-plan.ts';
import { type CombinedResult, parseCombined } from './formats/combined.ts';
import type { ZeekHeader } from './formats/zeek-conn.ts';
import type { InputState } from './input-state.ts';
import { type JsonScanner, KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';
import { isBinary, isPlain, lineEnd } from './text-checks.ts';
import { invalidUtf8At } from './utf8.ts';

const decoder = new TextDecoder();

/** What becomes of the records that a RecordReader finds; the record is the view's. */
export interface RecordHandler {
  /** before each line: spans into scratch and ids of full tables may be given up */
  makeRoom(): void;
  /** a record whose fields are in the view's slots */
  record(): void;
  /** a line, or an element of an array, that is no record */
  refuse(reason: DeadReason, detail: string): void;
}

/** Cuts a chunk into lines, reads each by the source's format and hands over what it finds, in order. */
export class RecordReader {
  private readonly view: RecordView;
  private readonly scanner: JsonScanner;
  private readonly plan: FieldPlan;
  private readonly format: string;
  private readonly handler: RecordHandler;
  private readonly combined: CombinedResult = { cut: false, hasAgent: false, expected: '' };
  private unterminated = false;
  private input: InputState | undefined;

  constructor(view: RecordView, scanner: JsonScanner, plan: FieldPlan, format: string, handler: RecordHandler) {
    this.view = view;
    this.scanner = scanner;
    this.plan = plan;
    this.format = format;
    this.handler = handler;
  }

  /** Reads the chunk, which the workspace holds. */
  read(chunk: RawChunk, input: InputState): void {
    const { view, handler } = this;
    const { workspace } = view;
    const { end, bytes } = workspace;
    const isJson = this.plan.kind === 'json';
    this.input = input;
    this.unterminated = chunk.unterminated === true;
    view.line = chunk.line;
    if (chunk.skipped !== undefined) {
      this.place(0, end);
      handler.refuse('line_too_long', `the line has ${chunk.skipped} bytes, more than a record may have`);
      return;
    }
    this.scanner.attach(workspace);
    let at = chunk.offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (at < end) {
      handler.makeRoom();
      workspace.clearScratch();
      at = isJson ? this.jsonLine(at, end) : this.textLine(at, end);
      if (view.line > 0) view.line++;
    }
  }

  private place(start: number, end: number, index = 0): void {
    const { view } = this;
    view.start = start;
    view.end = end;
    view.index = index;
  }

  /** A line that should be JSON. Returns the start of the next line. */
  private jsonLine(start: number, end: number): number {
    const { scanner, view } = this;
    const { bytes } = view.workspace;
    let at = scanner.skipSpace(start);
    if (at >= end) return end;
    let c = bytes[at];
    if (c === 0x0a) return at + 1;
    if (c !== 0x7b && c !== 0x5b) {
      const inner = containerPrefix(bytes, at, end);
      if (inner > 0) {
        at = inner;
        c = bytes[at];
      } else if (this.plan.flows) return this.textLine(start, end);
    }
    if (c === 0x7b) {
      scanner.clear();
      let stop = scanner.scan(at);
      if (stop >= 0) {
        this.place(at, stop);
        stop = scanner.skipSpace(stop);
        if (stop >= end || bytes[stop] === 0x0a) {
          if (scanner.anyEscaped) this.decodeAll();
          this.handler.record();
          return stop < end ? stop + 1 : end;
        }
        scanner.fail(stop);
      }
    } else if (c === 0x5b) {
      const stop = this.jsonArray(at, end);
      if (stop >= 0) return stop;
    } else scanner.fail(at);
    const feed = lineEnd(bytes, start, end);
    this.place(start, feed);
    this.refuseUnreadable();
    return feed < end ? feed + 1 : end;
  }

  /** An array of records in one line; -1 when the line is no valid JSON as a whole: then nothing of it is taken. */
  private jsonArray(start: number, end: number): number {
    const { scanner, handler } = this;
    const { bytes } = this.view.workspace;
    scanner.clear();
    const stop = scanner.check(start);
    if (stop < 0) return -1;
    const after = scanner.skipSpace(stop);
    if (after < end && bytes[after] !== 0x0a) return scanner.fail(after);
    let at = scanner.skipSpace(start + 1);
    for (let index = 0; bytes[at] !== 0x5d; index++) {
      scanner.clear();
      const isObject = bytes[at] === 0x7b;
      const next = isObject ? scanner.scan(at) : scanner.check(at);
      this.place(at, next, index);
      if (scanner.anyEscaped) this.decodeAll();
      if (isObject) handler.record();
      else handler.refuse('not_this_format', 'an element of the array is no object');
      at = scanner.skipSpace(next);
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    return after < end ? after + 1 : end;
  }

  private decodeAll(): void {
    const { kinds } = this.view;
    for (let slot = 0; slot < kinds.length; slot++) if (kinds[slot] === KIND.escaped) this.scanner.decode(slot);
  }

  /** A line that is no JSON: says why. */
  private refuseUnreadable(): void {
    const { scanner, handler, view } = this;
    const { bytes } = view.workspace;
    const { start, end } = view;
    const at = Math.min(scanner.errorAt, end);
    let last = end;
    while (last > start && (bytes[last - 1] === 0x0d || bytes[last - 1] === 0x20)) last--;
    const first = scanner.skipSpace(start);
    const where = `at byte ${at - start + 1} of the line`;
    if (isBinary(bytes, start, end)) handler.refuse('binary', `control characters that no text has ${where}`);
    else if (scanner.error === 'invalid_utf8' || invalidUtf8At(bytes, start, end) >= 0)
      handler.refuse('invalid_utf8', `not UTF-8 ${where}`);
    else if (bytes[first] !== 0x7b && bytes[first] !== 0x5b) handler.refuse('not_json', 'the line does not begin with an object or array');
    else if (at >= last) handler.refuse('truncated', `the record ends in the middle, ${where}`);
    else handler.refuse('not_json', `unexpected ${shown(bytes[at])} ${where}`);
  }

  /** A line of a text format. Returns the start of the next line. */
  private textLine(start: number, end: number): number {
    const { view, handler, plan } = this;
    const { bytes } = view.workspace;
    const feed = lineEnd(bytes, start, end);
    const next = feed < end ? feed + 1 : end;
    let stop = feed;
    while (stop > start && (bytes[stop - 1] === 0x0d || bytes[stop - 1] === 0x20)) stop--;
    if (stop === start) return next;
    this.place(start, stop);
    const input = this.input as InputState;
    if (plan.flows && bytes[start] === 0x23) {
      input.zeek.read(bytes, start, stop);
      return next;
    }
    if (!isPlain(view.workspace.view, start, stop)) {
      const bad = invalidUtf8At(bytes, start, stop);
      if (isBinary(bytes, start, stop)) {
        handler.refuse('binary', 'control characters that no text has');
        return next;
      }
      if (bad >= 0) {
        handler.refuse('invalid_utf8', `not UTF-8 at byte ${bad - start + 1} of the line`);
        return next;
      }
    }
    view.kinds.fill(KIND.absent);
    const last = feed >= end && this.unterminated;
    if (plan.flows ? this.zeekLine(input.zeek, last) : this.combinedLine(input, last)) handler.record();
    if (plan.kind === 'json') view.kinds.fill(KIND.absent); // the scanner clears what it has set itself
    return next;
  }

  private combinedLine(input: InputState, last: boolean): boolean {
    const { combined, view, handler } = this;
    if (!parseCombined(view.workspace.bytes, view.start, view.end, view, this.plan.userSlot, combined)) {
      handler.refuse(combined.cut ? 'truncated' : 'not_this_format', `no ${this.format} record: ${combined.expected} was expected`);
      return false;
    }
    if (last && !combined.hasAgent && input.agentSeen) {
      handler.refuse('truncated', 'the last line has no line feed and ends before its referer and agent');
      return false;
    }
    if (combined.hasAgent) input.agentSeen = true;
    return true;
  }

  private zeekLine(zeek: ZeekHeader, last: boolean): boolean {
    const { view } = this;
    const { bytes } = view.workspace;
    const { slots, separator } = zeek;
    let column = 0;
    let from = view.start;
    for (let at = from; at <= view.end; at++) {
      if (at < view.end && bytes[at] !== separator) continue;
      const slot = column < slots.length ? slots[column] : -1;
      if (slot >= 0 && !isUnset(bytes, from, at, zeek)) {
        view.kinds[slot] = KIND.text;
        view.starts[slot] = from;
        view.ends[slot] = at;
      }
      column++;
      from = at + 1;
    }
    if (column >= slots.length) return true;
    this.handler.refuse(
      last || column > 3 ? 'truncated' : 'not_this_format',
      `the line has ${column} columns, ${slots.length} were expected`,
    );
    return false;
  }
}

function shown(c: number): string {
  return c >= 0x20 && c < 0x7f ? `'${String.fromCharCode(c)}'` : `byte 0x${c.toString(16).padStart(2, '0')}`;
}

/** `2026-11-22T09:59:14.1+08:00 stdout F {…`: what container runtimes put before a line; start of the record or -1. */
function containerPrefix(bytes: Uint8Array, start: number, end: number): number {
  const c = bytes[start];
  if (c < 0x30 || c > 0x39) return -1;
  for (let i = start + 19; i < end && i < start + 60; i++) {
    if (bytes[i] !== 0x7b && bytes[i] !== 0x5b) continue;
    const full = bytes[i - 1] === 0x20 && bytes[i - 2] === 0x46 && bytes[i - 3] === 0x20;
    return full && bytes[i - 10] === 0x20 && bytes[i - 9] === 0x73 ? i : -1;
  }
  return -1;
}

function isUnset(bytes: Uint8Array, start: number, end: number, zeek: ZeekHeader): boolean {
  return start === end || equals(bytes, start, end, zeek.unset) || equals(bytes, start, end, zeek.empty);
}

function equals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && bytes[start] === text.charCodeAt(0) && decoder.decode(bytes.subarray(start, end)) === text;
}
