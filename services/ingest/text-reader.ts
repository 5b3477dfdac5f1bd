import type { DeadReason } from '../core/stage.ts';
import type { FieldPlan } from './field-plan.ts';
import { type CombinedResult, parseCombined } from './formats/combined.ts';
import type { ZeekHeader } from './formats/zeek-conn.ts';
import type { InputState } from './input-state.ts';
import { KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';
import { isBinary, isPlain } from './text-checks.ts';
import { invalidUtf8At } from './utf8.ts';

const decoder = new TextDecoder();

/** What becomes of the records that a reader finds; the record is the view's. */
export interface RecordHandler {
  /** before each line or record: nothing of the one before is wanted any more */
  begin(): void;
  /** before each event: spans into scratch and ids of full tables may be given up */
  makeRoom(): void;
  /** a record whose fields are in the view's slots */
  record(): void;
  /** a line, or an element of an array, that is no record */
  refuse(reason: DeadReason, detail: string): void;
}

/** Reads lines of the text formats: combined, and Zeek's columns. */
export class TextReader {
  private readonly view: RecordView;
  private readonly plan: FieldPlan;
  private readonly format: string;
  private readonly handler: RecordHandler;
  private readonly combined: CombinedResult = { cut: false, hasAgent: false, expected: '' };

  constructor(view: RecordView, plan: FieldPlan, format: string, handler: RecordHandler) {
    this.view = view;
    this.plan = plan;
    this.format = format;
    this.handler = handler;
  }

  /** A line, without its line feed. `cut`: the input ended in it; `headless`: only a header in the same record counts. */
  line(start: number, feed: number, input: InputState, cut: boolean, headless: boolean): void {
    const { view, handler, plan } = this;
    const { bytes } = view.workspace;
    let stop = feed;
    while (stop > start && (bytes[stop - 1] === 0x0d || bytes[stop - 1] === 0x20)) stop--;
    if (stop === start) return;
    if (plan.flows && bytes[start] === 0x23) {
      input.zeek.read(bytes, start, stop);
      return;
    }
    view.place(start, stop);
    if (!isPlain(view.workspace.view, start, stop)) {
      const bad = invalidUtf8At(bytes, start, stop);
      if (isBinary(bytes, start, stop)) {
        handler.refuse('binary', 'control characters that no text has');
        return;
      }
      if (bad >= 0) {
        handler.refuse('invalid_utf8', `not UTF-8 at byte ${bad - start + 1} of the line`);
        return;
      }
    }
    view.kinds.fill(KIND.absent);
    if (plan.flows ? this.zeekLine(input.zeek, cut, headless) : this.combinedLine(input, cut)) handler.record();
    if (plan.kind === 'json') view.kinds.fill(KIND.absent); // the scanner clears what it has set itself
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

  private zeekLine(zeek: ZeekHeader, last: boolean, headless: boolean): boolean {
    const { view, handler } = this;
    const { bytes } = view.workspace;
    const { slots, separator } = zeek;
    if (headless && !zeek.named) {
      handler.refuse(
        'not_this_format',
        "columns without a #fields line in the same record: nothing says what they are; have Zeek write JSON ('redef LogAscii::use_json = T;')",
      );
      return false;
    }
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
    handler.refuse(last || column > 3 ? 'truncated' : 'not_this_format', `the line has ${column} columns, ${slots.length} were expected`);
    return false;
  }
}

function isUnset(bytes: Uint8Array, start: number, end: number, zeek: ZeekHeader): boolean {
  return start === end || equals(bytes, start, end, zeek.unset) || equals(bytes, start, end, zeek.empty);
}

function equals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && bytes[start] === text.charCodeAt(0) && decoder.decode(bytes.subarray(start, end)) === text;
}
