import type { DeadReason } from '../core/stage.ts';
import type { FieldMap, IdentityRule } from './fields.ts';
import type { InputState } from './input-state.ts';
import type { NormaliseConfig } from './normalise-config.ts';
import type { ColumnHeader } from './records/column-header.ts';
import type { RecordView } from './records/record-view.ts';

/** What every format declares; formats/registry.ts lists them. */
interface Declaration {
  /** where a record says what: names of its fields, the first that is there wins */
  fields: FieldMap;
  /** fields that name the account where the source does not say which */
  identity: readonly IdentityRule[];
  /** fields that are targets where the source does not say which */
  targets: readonly string[];
  /** `start` + duration is better evidence of the record's end than `time` */
  startFirst?: boolean;
  /** records are network connections */
  flows?: boolean;
  /** a connection's record is of one direction of it, from `address` to `peer_address`: an answer is turned round */
  oneWay?: boolean;
  /** the field that says of what kind a record is; left out: all are requests, or connections */
  select?: Select;
  /** a record without a duration took from `start` to `time` */
  spanned?: boolean;
  /** where the client's address is the name of its host instead, that is the account of who is not named */
  namesClients?: true;
  /** how late its events come, ms; left out: two minutes */
  lateness?: number;
  /**
   * How surely a sample is of this format, 0 to 1: added to the share of lines that its parser takes, so that it decides
   * between formats that would take each other's. Left out: 0.
   */
  mark?: (sample: Sample) => number;
  /** the format cannot be found by looking at a log: it needs what the source says of it */
  undetectable?: true;
}

/** Of what kind a record is, by the value of one of its fields. */
export interface Select {
  /** its names, the first that is there wins */
  field: readonly string[];
  /** what to call it in messages */
  what: string;
  /** values of requests, of connections, and of connections' records of one direction; any other value: the record is not read */
  requests?: readonly string[];
  flows?: readonly string[];
  oneWay?: readonly string[];
  /** what a record without the field is; left out: it is not read */
  absent?: 'request' | 'flow';
  /** fields of which a record without `field` must have none */
  unless?: readonly string[];
}

/** A format whose records are JSON objects. */
export interface JsonFormat extends Declaration {
  kind: 'json';
  /** fields whose value is an array of records, or of objects that hold such arrays in their turn */
  lists?: readonly string[];
  /** objects that a record may lie in as a whole */
  inside?: readonly string[];
  /** reads the lines that are no JSON, where the log comes in both ways (Zeek) */
  syntax?: (config: NormaliseConfig) => LineSyntax;
}

/** A format whose records are lines of text. */
export interface TextFormat extends Declaration {
  kind: 'text';
  /** Compiles the source's lines. @throws WeirError `config` for a pattern that cannot be read */
  syntax: (config: NormaliseConfig) => LineSyntax;
}

export type RecordFormat = JsonFormat | TextFormat;

/** Where a value of a name goes: of the values present for a slot, the one of the lowest rank counts. */
export interface Capture {
  slot: number;
  rank: number;
}

/** Slots of everything that is wanted of a record, by the name that the record has for it. */
export type SlotNames = ReadonlyMap<string, readonly Capture[]>;

/** What the lines of a source are like. */
export interface LineSyntax {
  /** names that a line can give; undefined: any, a header says which */
  variables: ReadonlySet<string> | undefined;
  /** The reader, for the slots that are wanted. */
  bind(names: SlotNames): LineFormat;
}

/** Why a line is no record of its format. */
export interface LineFault {
  reason: DeadReason;
  detail: string;
}

/** Where a line stands. */
export interface LineContext {
  /** what is kept of the input from line to line */
  input: InputState;
  /** the input ended in this line: its last field may be cut */
  cut: boolean;
  /** the line is of a log whose records are read for themselves: no header of another one counts */
  headless: boolean;
}

/** Reads lines of one source. */
export interface LineFormat {
  /** Reads the view's line, bytes[start, end) without line feed, into its (cleared) slots; false: it is none, `fault` says why. */
  read(view: RecordView, context: LineContext, fault: LineFault): boolean;
  /** Takes a line that says what the following ones are like; false: it is a record. */
  directive?(bytes: Uint8Array, start: number, end: number, header: ColumnHeader): boolean;
  /** lines begin with a time: what a shipper puts before them cannot be told from it */
  timeFirst?: boolean;
  /** gets lines with what a shipper has put before them: the format itself may begin in the same way */
  ownPrefix?: boolean;
}

/** The first lines of a log, for `mark`. */
export interface Sample {
  /** lines that are no comments, at most 20 */
  records: readonly string[];
  /** all lines, comments too */
  text: string;
  /** whether more than half of the records match */
  has(pattern: RegExp): boolean;
}
