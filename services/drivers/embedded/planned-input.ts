import type { InputPosition } from '../../state/manifest.ts';
import type { OpenedInput } from './byte-source.ts';
import type { ReadPosition } from './line-reader.ts';

/** An input as the user named it. */
export interface InputSpec {
  tenant: string;
  source: string;
  /** a file, or `-` for standard input; where files are followed also a pattern (`*`, `?`) */
  path: string;
  /** format name; undefined: `detect` decides */
  format?: string;
  /** how late its events may come, ms; undefined: the format's own (see `latenessOf`) */
  lateness?: number;
}

/** What happened to a followed file. */
export interface AboutFile {
  event: 'file_waiting' | 'file_rotated' | 'file_truncated';
  fields: { source: string; path: string; reason?: string; lost?: boolean };
}

/** What a notice is about, for whoever keeps a log of events; the names are those of telemetry. */
export type About =
  | AboutFile
  | { event: 'lists_read'; fields: { lists: readonly string[] } }
  | { event: 'list_problem'; fields: { reason: string } };

/** Takes things to know that are no errors: one sentence each. */
export type Notice = (text: string, about?: About) => void;

/** An input that has been looked at: what it is, where it is read from. */
export interface PlannedInput {
  tenant: string;
  source: string;
  path: string;
  partition: string;
  /** bytes that the identity covers; 0: it is not known by its bytes */
  head: number;
  format: string;
  /** how late its events may come, ms */
  lateness: number;
  opened: OpenedInput;
  start: ReadPosition;
  /** what was written down of the bytes before `start` */
  behind?: InputPosition['behind'];
  /** another file has taken its place already: it is read to its end and not followed */
  replaced?: boolean;
  /** its format was detected, not configured */
  guessed?: boolean;
}
