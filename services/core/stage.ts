import type { ControlRecord } from './control.ts';

/**
 * A stage: a deterministic machine from batches and control records to outcomes. It never sees a transport, an offset
 * (other than as a column to pass on), a clock or a file. Its bodies are synchronous; factories may be asynchronous.
 * Two runs that feed the same multiset of events between the same watermarks produce the same outcomes.
 */
export interface Stage<In> {
  readonly name: StageName;
  /** takes a batch; what it takes it may keep */
  process(batch: In): Emit[];
  /** takes a control record of the log: watermarks, shared knowledge, ends */
  control(record: ControlRecord): Emit[];
  /** state per key group, empty groups left out; a copy, the stage goes on */
  snapshot(): StageSnapshot;
  /** before the first batch; may be called several times (several old tasks' groups come together in one new task) */
  restore(snapshot: StageSnapshot): void;
  /** counters since the start of this state, by name; part of the ledger */
  counters(): Record<string, number>;
}

export type StageName = 'normalise' | 'identify' | 'account' | 'merge' | 'alert';

/** An outcome of a stage: something for a named output. Outputs are bound to channels, topics or tables by the driver. */
export type Emit = {
  [K in keyof Outputs]: {
    output: K;
    tenant: string /** partition of the next stage, where it has several */;
    partition?: number;
    value: Outputs[K];
  };
}[keyof Outputs];

/** The named outputs. Packed values (Uint8Array) are made with core/codec. */
export interface Outputs {
  events: import('./batch.ts').EventBatch;
  /** closed panes on their way to be merged, packed by features/partials */
  partials: Uint8Array;
  /** scored windows above the gate and the histogram of all scores, packed by scoring/candidates */
  candidates: Uint8Array;
  /** rows for the windows table, TSV text in the table's column order */
  windows: Uint8Array;
  late: LateEvent[];
  dead: DeadLetter[];
  /** a watermark, an end, an idle mark for the next stage */
  control: ControlRecord;
  shared: { epoch: number; knowledge: Uint8Array };
  alerts: import('../../schemas/alert.ts').AlertRecord[];
  incidents: import('../../schemas/alert.ts').IncidentRecord[];
  /** what champion and challenger said of the strongest windows of a pane that will not be replaced */
  shadow: ShadowScore[];
  /** what was seen of interfaces in hours that are over; said again, in pieces or in any order, it adds nothing */
  inventory: import('./inventory.ts').InventoryFact[];
}

/** What champion and challenger said of one window that either would have sent on. Evidence in decades; 0 where it has no such scorer. */
export interface ShadowScore {
  detector: string;
  entity: import('../../schemas/alert.ts').EntityRef;
  /** the hour pane, ms UTC */
  start: number;
  end: number;
  champion: string;
  challenger: string;
  championEvidence: number;
  challengerEvidence: number;
}

export interface StageSnapshot {
  stage: StageName;
  version: number;
  /** state of keys, by key group (0..255) */
  groups: Map<number, Uint8Array>;
  /** state that every task of the stage holds alike (watermarks, shared knowledge) */
  common: Uint8Array;
}

/** Why an event could not be used. snake_case; a label of metrics and a column of the table. */
export type DeadReason =
  | 'not_json'
  | 'not_this_format'
  | 'truncated'
  | 'line_too_long'
  | 'invalid_utf8'
  | 'binary'
  | 'no_time'
  | 'bad_time'
  | 'bad_address'
  | 'bad_status'
  | 'bad_request'
  | 'time_in_future'
  | 'time_before_1990'
  | 'not_http'
  | 'poison';

export interface DeadLetter {
  tenant: string;
  source: string;
  partition: string;
  /** byte offset of the record in its partition (uncompressed) */
  offset: number;
  /** which event of its record, where a record holds several; 0 when absent */
  index?: number;
  /** 1-based line number within what this run read of the partition; 0 unknown */
  line: number;
  reason: DeadReason;
  /** what was wrong, naming the field and the value (shortened) */
  detail: string;
  /** the record, at most 8 KiB of it */
  raw: string;
}

export interface LateEvent {
  tenant: string;
  source: string;
  partition: string;
  offset: number;
  index: number;
  at: number;
  /** how far behind the tenant's watermark, ms */
  delay: number;
  account: string;
  interface: string;
}
