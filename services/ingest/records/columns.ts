import type { Capture, LineContext, LineFault, LineFormat, LineSyntax, SlotNames } from '../format.ts';
import type { ColumnHeader } from './column-header.ts';
import { quoteEnd } from './escapes.ts';
import type { RecordView } from './record-view.ts';
import { SlotWriter } from './slot-writer.ts';
import type { Workspace } from './workspace.ts';

/** Writes another form of bytes[start, end) into scratch and returns where it starts; it ends at `scratch`. */
export type Rewrite = (workspace: Workspace, start: number, end: number) => number;

/** A log whose lines are columns. */
export interface ColumnsDeclaration {
  /** columns of a line where no header names them */
  columns: readonly string[];
  /** byte between columns */
  separator: number;
  /** with spaces between: values never stand in double quotes */
  bare?: boolean;
  /** columns that every record has, from the first on, where no header says so: old releases wrote fewer; left out: all */
  least?: number;
  /** newer releases append columns: more than are known are no fault */
  grows?: true;
  /** what the first column of every record looks like, where that tells this log from others */
  first?: (bytes: Uint8Array, start: number, end: number) => boolean;
  /** comment lines that name the columns */
  header?: 'zeek' | 'w3c';
  /** a header without a mark: a line that only holds names of columns */
  isHeader?: (bytes: Uint8Array, start: number, end: number) => boolean;
  /** values that have to be decoded, by column */
  rewrites?: Readonly<Record<string, Rewrite>>;
  /** columns that are one value together, with a byte between: date and time */
  joined?: { name: string; columns: readonly [string, string]; between: number };
  /** a value made of columns, put into scratch; -1: none */
  computed?: {
    name: string;
    columns: readonly string[];
    value: (workspace: Workspace, spans: readonly (readonly [number, number])[]) => number;
  };
  /** a column whose values say that the line holds no record, and why */
  status?: { column: string; passes: string; refuses: Readonly<Record<string, string>> };
  /** what a record of a topic needs instead of a header, for the message; left out: the usual columns will do */
  headlessAdvice?: string;
}

/** Lines in columns: by position, or by the names in a header. */
export function columnSyntax(declaration: ColumnsDeclaration): { variables: undefined; bind(names: SlotNames): ColumnLines } {
  return { variables: undefined, bind: (names) => new ColumnLines(declaration, names) } satisfies LineSyntax;
}

const COMMENT = 0x23;
const QUOTE = 0x22;
const SPACE = 0x20;
const decoder = new TextDecoder();

export class ColumnLines implements LineFormat {
  private readonly declaration: ColumnsDeclaration;
  private readonly names: SlotNames;
  private readonly writer = new SlotWriter();
  private readonly quoted: boolean;
  private bound: readonly string[] = [];
  /** of each column, undefined where it is not wanted */
  private captures: (readonly Capture[] | undefined)[] = [];
  private rewrites: (Rewrite | undefined)[] = [];
  private readonly whole: readonly Capture[] | undefined;
  private readonly made: readonly Capture[] | undefined;
  private joinedAt: readonly number[] = [];
  private computedAt: readonly number[] = [];
  private statusAt = -1;
  private starts = new Int32Array(0);
  private ends = new Int32Array(0);
  readonly timeFirst: boolean;
  reached = 0;

  constructor(declaration: ColumnsDeclaration, names: SlotNames) {
    this.declaration = declaration;
    this.names = names;
    this.timeFirst = /^(time|timestamp|ts)$/.test(declaration.columns[0]);
    this.quoted = declaration.separator === SPACE && declaration.bare !== true;
    this.whole = declaration.joined === undefined ? undefined : names.get(declaration.joined.name);
    this.made = declaration.computed === undefined ? undefined : names.get(declaration.computed.name);
    this.bindTo(declaration.columns);
  }

  private bindTo(columns: readonly string[]): void {
    const { joined, rewrites, computed, status } = this.declaration;
    const placesOf = (names: readonly string[]): number[] => {
      const places = names.map((name) => columns.indexOf(name));
      return places.includes(-1) ? [] : places;
    };
    this.bound = columns;
    this.captures = columns.map((name) => this.names.get(name));
    this.rewrites = columns.map((name) => rewrites?.[name]);
    this.joinedAt = placesOf(joined?.columns ?? []);
    this.computedAt = placesOf(computed?.columns ?? []);
    this.statusAt = status === undefined ? -1 : columns.indexOf(status.column);
    this.starts = new Int32Array(columns.length);
    this.ends = new Int32Array(columns.length);
  }

  directive(bytes: Uint8Array, start: number, end: number, header: ColumnHeader): boolean {
    if (this.declaration.isHeader?.(bytes, start, end) === true) {
      header.columns = decoder.decode(bytes.subarray(start, end)).trim().split(/\s+/);
      return true;
    }
    if (bytes[start] !== COMMENT || this.declaration.header === undefined) return false;
    if (this.declaration.header === 'zeek') header.readZeek(bytes, start, end);
    else header.readW3c(bytes, start, end);
    return true;
  }

  read(view: RecordView, { input, cut, headless }: LineContext, fault: LineFault): boolean {
    const { declaration, writer } = this;
    const { header } = input;
    this.reached = view.start;
    if (headless && !header.named && declaration.headlessAdvice !== undefined)
      return refuse(fault, 'not_this_format', declaration.headlessAdvice);
    const columns = header.named ? header.columns : declaration.columns;
    if (columns !== this.bound) this.bindTo(columns);
    const count = this.split(view, header.separator || declaration.separator, fault);
    if (count < 0) return false;
    const { starts, ends } = this;
    const { workspace } = view;
    if (declaration.first?.(workspace.bytes, starts[0], ends[0]) === false) {
      this.reached = view.start;
      return refuse(fault, 'not_this_format', `'${this.text(view, 0)}' is no ${columns[0]}, the first column`);
    }
    if (this.isEmpty(view, count, fault)) return false;
    const least = header.named ? columns.length : (declaration.least ?? columns.length);
    if (count < least) {
      const detail = `the line has ${count} columns, ${least} were expected`;
      return refuse(fault, cut || count > 3 ? 'truncated' : 'not_this_format', detail);
    }
    if (count > columns.length && declaration.grows !== true)
      return refuse(fault, 'not_this_format', `the line has ${count} columns, ${columns.length} were expected`);
    const last = Math.min(count, columns.length) - 1;
    if (cut && this.isOpen(view, last, count))
      return refuse(fault, 'truncated', `the last line has no line feed, so nothing says that its last column (${columns[last]}) is whole`);
    writer.begin(view);
    for (let column = 0; column <= last; column++) {
      const captures = this.captures[column];
      if (captures === undefined || isUnset(workspace.bytes, starts[column], ends[column], header)) continue;
      const rewrite = this.rewrites[column];
      if (rewrite === undefined) writer.put(captures, starts[column], ends[column]);
      else writer.put(captures, rewrite(workspace, starts[column], ends[column]), workspace.scratch);
    }
    if (this.whole !== undefined && this.joinedAt.length === 2 && Math.max(...this.joinedAt) <= last) this.join(workspace);
    if (this.made !== undefined && this.computedAt.length > 0 && Math.max(...this.computedAt) <= last) {
      const from =
        declaration.computed?.value(
          workspace,
          this.computedAt.map((at) => [starts[at], ends[at]] as const),
        ) ?? -1;
      if (from >= 0) writer.put(this.made, from, workspace.scratch);
    }
    return true;
  }

  /** Finds the columns; how many there are, -1 for a line that has none. */
  private split(view: RecordView, separator: number, fault: LineFault): number {
    const { starts, ends, quoted, bound } = this;
    const { bytes } = view.workspace;
    let column = 0;
    for (let at = view.start; at <= view.end; at++) {
      let from = at;
      let to: number;
      if (quoted && bytes[at] === QUOTE) {
        from = at + 1;
        to = quoteEnd(bytes, from, view.end);
        const name = `column ${column + 1} (${bound[column] ?? 'unnamed'})`;
        if (to < 0) return refuse(fault, 'truncated', `the quote that closes ${name} is missing`) ? 0 : -1;
        at = to + 1;
        if (at < view.end && bytes[at] !== separator)
          return refuse(fault, 'not_this_format', `no space behind the quoted ${name}`) ? 0 : -1;
      } else {
        while (at < view.end && bytes[at] !== separator) at++;
        to = at;
      }
      if (column < starts.length) {
        starts[column] = from;
        ends[column] = to;
      }
      column++;
      this.reached = to;
    }
    return column;
  }

  /** Whether the line says itself that it holds no record. */
  private isEmpty(view: RecordView, count: number, fault: LineFault): boolean {
    const { statusAt, starts, ends } = this;
    const { status } = this.declaration;
    if (status === undefined || statusAt < 0 || statusAt >= count) return false;
    if (equals(view.workspace.bytes, starts[statusAt], ends[statusAt], status.passes)) return false;
    const value = this.text(view, statusAt);
    if (status.refuses[value] === undefined) return false;
    refuse(fault, 'not_this_format', `${value}: ${status.refuses[value]}, so the line holds no record`);
    return true;
  }

  /** Whether a line without line feed may go on in its last column, and that counts. */
  private isOpen(view: RecordView, last: number, count: number): boolean {
    if (count > this.bound.length || this.ends[last] < view.end) return false;
    return this.captures[last] !== undefined || this.computedAt.includes(last) || this.joinedAt.includes(last);
  }

  private join(workspace: Workspace): void {
    const { starts, ends } = this;
    const [first, second] = this.joinedAt;
    const from = workspace.put(workspace.bytes, starts[first], ends[first]);
    if (workspace.hasRoom(1)) workspace.bytes[workspace.scratch++] = this.declaration.joined?.between ?? SPACE;
    workspace.put(workspace.bytes, starts[second], ends[second]);
    this.writer.put(this.whole ?? [], from, workspace.scratch);
  }

  private text(view: RecordView, column: number): string {
    return decoder.decode(view.workspace.bytes.subarray(this.starts[column], Math.min(this.ends[column], this.starts[column] + 40)));
  }
}

function refuse(fault: LineFault, reason: LineFault['reason'], detail: string): false {
  fault.reason = reason;
  fault.detail = detail;
  return false;
}

function isUnset(bytes: Uint8Array, start: number, end: number, { unset, empty }: ColumnHeader): boolean {
  return start === end || equals(bytes, start, end, unset) || equals(bytes, start, end, empty);
}

function equals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && bytes[start] === text.charCodeAt(0) && decoder.decode(bytes.subarray(start, end)) === text;
}
