import type { DeadReason } from '../../core/stage.ts';
import type { LineContext, LineFault, LineFormat } from '../format.ts';
import type { InputState } from '../input-state.ts';
import { KIND, UNRANKED } from './json-scanner.ts';
import { LinePrefix } from './line-prefix.ts';
import type { RecordView } from './record-view.ts';
import { isAscii, isBinary, isPlain } from './text-checks.ts';
import { invalidUtf8At } from './utf8.ts';

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

/** For a second look: what the first one found wrong is what is said. */
const NO_FAULT: LineFault = { reason: 'not_this_format', detail: '' };

/** Reads lines of text by the source's format. */
export class TextReader {
  private readonly view: RecordView;
  private readonly lines: LineFormat;
  private readonly handler: RecordHandler;
  private readonly fault: LineFault = { reason: 'not_this_format', detail: '' };
  private readonly context: LineContext;
  private readonly prefix = new LinePrefix();

  /** @param input any input; `line` says which */
  constructor(view: RecordView, lines: LineFormat, handler: RecordHandler, input: InputState) {
    this.view = view;
    this.lines = lines;
    this.handler = handler;
    this.context = { input, cut: false, headless: false };
  }

  /** A line that is none as it stands may have a name before it, as docker compose and kubectl put there. */
  private behindName(stop: number): boolean {
    const { view, lines, context, prefix } = this;
    const { start } = view;
    const inner = prefix.behindName(view.workspace.bytes, start, stop);
    if (inner < 0) return false;
    view.kinds.fill(KIND.absent);
    view.start = inner;
    if (lines.read(view, context, NO_FAULT)) return true;
    view.start = start;
    return false;
  }

  /** A line, without its line feed. `cut`: the input ended in it; `headless`: only a header in the same record counts. */
  line(start: number, feed: number, input: InputState, cut: boolean, headless: boolean): void {
    const { view, handler, lines, context, fault } = this;
    const { bytes } = view.workspace;
    let stop = feed;
    while (stop > start && (bytes[stop - 1] === 0x0d || bytes[stop - 1] === 0x20)) stop--;
    if (stop === start || lines.directive?.(bytes, start, stop, input.header) === true) return;
    view.place(start, stop);
    if (!isPlain(view.workspace.view, start, stop)) {
      if (isBinary(bytes, start, stop)) {
        handler.refuse('binary', 'control characters that no text has');
        return;
      }
      const bad = isAscii(bytes, start, stop) ? -1 : invalidUtf8At(bytes, start, stop);
      if (bad >= 0) {
        handler.refuse('invalid_utf8', `not UTF-8 at byte ${bad - start + 1} of the line`);
        return;
      }
    }
    view.kinds.fill(KIND.absent);
    context.input = input;
    context.cut = cut;
    context.headless = headless;
    if (lines.read(view, context, fault) || this.behindName(stop)) handler.record();
    else handler.refuse(fault.reason, fault.detail);
    // the scanner clears what it has set itself
    view.kinds.fill(KIND.absent);
    view.ranks.fill(UNRANKED);
  }
}
