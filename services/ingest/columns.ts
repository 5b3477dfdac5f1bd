import type { ColumnHeader } from './column-header.ts';
import type { Capture, LineContext, LineFault, LineFormat, LineSyntax, SlotNames } from './format.ts';
import type { RecordView } from './record-view.ts';
import { SlotWriter } from './slot-writer.ts';
import type { Workspace } from './workspace.ts';

/** Writes another form of bytes[start, end) into scratch and returns where it starts; it ends at `scratch`. */
export type Rewrite = (workspace: Workspace, start: number, end: number) => number;

/** A log whose lines are columns. */
export interface ColumnsDeclaration {
  /** columns of a line where no header names them */
  columns: readonly string[];
  /** byte between columns; spaces: values may stand in double quotes */
  separator: number;
  /** columns that every record has, from the first on; left out: all. Old releases wrote fewer, newer ones append */
  least?: number;
  /** comment lines that name the columns */
  header?: 'zeek' | 'w3c';
  /** header whose columns are this log's; left out: any */
  isHeader?: (columns: readonly string[]) => boolean;
  /** values that have to be decoded, by column */
  rewrites?: Readonly<Record<string, Rewrite>>;
  /** columns that are one value together, with a byte between: date and time */
  joined?: { name: string; columns: readonly [string, string]; between: number };
  /** what a record of a topic needs instead of a header, for the message; left out: the usual columns will do */
  headlessAdvice?: string;
}

/** Lines in columns: by position, or by the names in a header. */
export function columnSyntax(declaration: ColumnsDeclaration): LineSyntax {
  return {
    variables: undefined,
    bind: (names) => new ColumnLines(declaration, names),
  };
}

const COMMENT = 0x23;
const QUOTE = 0x22;
const SPACE = 0x20;
const decoder = new TextDecoder();

class ColumnLines implements LineFormat {
  private readonly declaration: ColumnsDeclaration;
  private readonly names: SlotNames;
  private readonly writer = new SlotWriter();
  private readonly quoted: boolean;
  private bound: readonly string[] = [];
  /** of each column, undefined where it is not wanted */
  private captures: (readonly Capture[] | undefined)[] = [];
  private rewrites: (Rewrite | undefined)[] = [];
  private readonly whole: readonly Capture[] | undefined;
  private first = -1;
  private second = -1;

  constructor(declaration: ColumnsDeclaration, names: SlotNames) {
    this.declaration = declaration;
    this.names = names;
    this.quoted = declaration.separator === SPACE;
    this.whole = declaration.joined === undefined ? undefined : names.get(declaration.joined.name);
    this.bindTo(declaration.columns);
  }

  private bindTo(columns: readonly string[]): void {
    const { joined, rewrites } = this.declaration;
    this.bound = columns;
    this.captures = columns.map((name) => this.names.get(name));
    this.rewrites = columns.map((name) => rewrites?.[name]);
    this.first = joined === undefined ? -1 : columns.indexOf(joined.columns[0]);
    this.second = joined === undefined ? -1 : columns.indexOf(joined.columns[1]);
  }

  directive(bytes: Uint8Array, start: number, end: number, header: ColumnHeader): boolean {
    if (bytes[start] !== COMMENT) return false;
    if (this.declaration.header === 'zeek') header.readZeek(bytes, start, end);
    else if (this.declaration.header === 'w3c') header.readW3c(bytes, start, end);
    return true;
  }

  read(view: RecordView, { input, cut, headless }: LineContext, fault: LineFault): boolean {
    const { declaration, writer, quoted } = this;
    const { header } = input;
    if (headless && !header.named && declaration.headlessAdvice !== undefined) {
      fault.reason = 'not_this_format';
      fault.detail = declaration.headlessAdvice;
      return false;
    }
    const columns = header.named ? header.columns : declaration.columns;
    if (columns !== this.bound) this.bindTo(columns);
    const { bytes } = view.workspace;
    const separator = header.separator || declaration.separator;
    writer.begin(view);
    let column = 0;
    let at = view.start;
    let firstAt = -1;
    let firstEnd = 0;
    let secondAt = -1;
    let secondEnd = 0;
    for (; at <= view.end; at++) {
      let from = at;
      let to: number;
      if (quoted && bytes[at] === QUOTE) {
        from = at + 1;
        to = quoteEnd(bytes, from, view.end);
        if (to < 0)
          return refuse(fault, 'truncated', `the quote that closes column ${column + 1} (${columns[column] ?? 'unnamed'}) is missing`);
        at = to + 1;
        if (at < view.end && bytes[at] !== separator)
          return refuse(fault, 'not_this_format', `no space behind the quoted column ${column + 1} (${columns[column] ?? 'unnamed'})`);
      } else {
        while (at < view.end && bytes[at] !== separator) at++;
        to = at;
      }
      if (column === this.first) {
        firstAt = from;
        firstEnd = to;
      } else if (column === this.second) {
        secondAt = from;
        secondEnd = to;
      }
      const captures = this.captures[column];
      if (captures !== undefined && !isUnset(bytes, from, to, header)) {
        const rewrite = this.rewrites[column];
        if (rewrite === undefined) writer.put(captures, from, to);
        else writer.put(captures, rewrite(view.workspace, from, to), view.workspace.scratch);
      }
      column++;
    }
    const least = header.named ? columns.length : (declaration.least ?? columns.length);
    if (column < least) {
      const detail = `the line has ${column} columns, ${least} were expected`;
      return refuse(fault, cut || column > 3 ? 'truncated' : 'not_this_format', detail);
    }
    if (this.whole !== undefined && firstAt >= 0 && secondAt >= 0) this.join(view, firstAt, firstEnd, secondAt, secondEnd);
    return true;
  }

  private join(view: RecordView, firstAt: number, firstEnd: number, secondAt: number, secondEnd: number): void {
    const { workspace } = view;
    const from = workspace.put(workspace.bytes, firstAt, firstEnd);
    if (workspace.hasRoom(1)) workspace.bytes[workspace.scratch++] = this.declaration.joined?.between ?? SPACE;
    workspace.put(workspace.bytes, secondAt, secondEnd);
    this.writer.put(this.whole ?? [], from, workspace.scratch);
  }
}

function refuse(fault: LineFault, reason: LineFault['reason'], detail: string): false {
  fault.reason = reason;
  fault.detail = detail;
  return false;
}

/** Position of the quote that closes a text (a backslash escapes the next byte); -1 without one. */
function quoteEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === 0x5c) i++;
    else if (c === QUOTE) return i;
  }
  return -1;
}

function isUnset(bytes: Uint8Array, start: number, end: number, { unset, empty }: ColumnHeader): boolean {
  return start === end || equals(bytes, start, end, unset) || equals(bytes, start, end, empty);
}

function equals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && bytes[start] === text.charCodeAt(0) && decoder.decode(bytes.subarray(start, end)) === text;
}
