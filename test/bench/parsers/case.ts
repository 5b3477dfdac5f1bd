import type { Format } from '../../../schemas/config.ts';

/** What an expectation is about. */
export type Aspect =
  | 'taken'
  | 'refused'
  | 'method'
  | 'path'
  | 'request'
  | 'version'
  | 'host'
  | 'status'
  | 'size'
  | 'size_in'
  | 'time'
  | 'duration'
  | 'address'
  | 'peer'
  | 'peer_port'
  | 'agent'
  | 'user';

export interface Assertion {
  aspect: Aspect;
  /** name that the source of the expectation gives it */
  name: string;
  expected: string;
  /** aspect refused: the line tells of a connection, so that it must be said to have no request */
  connection?: boolean;
}

/** A line of a log, and what somebody else's parser says of it. */
export interface Case {
  /** number of the line in its file, from 0 */
  line: number;
  assertions: Assertion[];
}

/** A log with expectations. */
export interface CaseFile {
  /** for messages, relative to the folder */
  name: string;
  text: Uint8Array;
  /** formats that its lines are, in the order in which they are tried */
  formats: Format[];
  cases: Case[];
}
