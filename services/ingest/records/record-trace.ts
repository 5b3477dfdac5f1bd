import { BatchBuilder, type EventBatch } from '../../core/batch.ts';
import type { DeadReason } from '../../core/stage.ts';
import type { EventMaker } from '../event-maker.ts';
import type { FieldPlan } from '../field-plan.ts';
import { FIELD_NAMES, type FieldName, SLOT } from '../fields.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

/** What became of a record, and which of its names gave what: for `weir parse --explain`. */
export interface RecordTrace {
  offset: number;
  index: number;
  line: number;
  /** the event, alone in its batch; undefined: the record is none, for `reason` */
  event: EventBatch | undefined;
  reason?: DeadReason;
  detail?: string;
  /** the record's text, its beginning */
  raw: string;
  /** fields of the record that were found, each with the name that it had there and its text (no secrets: see SECRETS) */
  found: Partial<Record<FieldName, { name: string; value: string }>>;
  /** the event's time is `start` and the duration rather than `time` */
  byStart: boolean;
  /** name of the field that gave the account, the target and the session; undefined: none did */
  account?: string;
  target?: string;
  session?: string;
}

const SECRETS: ReadonlySet<FieldName> = new Set(['cookie']);
const MAX_RAW = 2000;
const decoder = new TextDecoder();

/** Tells of each record what was found in it. Only where somebody asks for it: it costs many times what a record does. */
export class RecordTracer {
  private readonly view: RecordView;
  private readonly plan: FieldPlan;
  private readonly maker: EventMaker;
  private readonly config: NormaliseConfig;
  private readonly tell: (trace: RecordTrace) => void;
  private identities = new Float64Array(0);
  private targets = new Float64Array(0);

  constructor(view: RecordView, plan: FieldPlan, maker: EventMaker, config: NormaliseConfig, tell: (trace: RecordTrace) => void) {
    this.view = view;
    this.plan = plan;
    this.maker = maker;
    this.config = config;
    this.tell = tell;
  }

  /** Before the event is made. */
  before(): void {
    this.identities = this.maker.identity.events.slice();
    this.targets = this.maker.targets.events.slice();
  }

  /** When the event was made, or refused. */
  after(made: boolean): void {
    const { maker, view, plan } = this;
    const { kinds } = view;
    const byStart = kinds[SLOT.start] !== KIND.absent && (plan.startFirst || kinds[SLOT.time] === KIND.absent);
    const trace: RecordTrace = { ...this.place(), event: undefined, found: this.found(), byStart };
    if (made) {
      trace.event = this.event();
      trace.account = plan.identity[risen(this.identities, maker.identity.events)]?.field;
      trace.target = plan.targetNames[risen(this.targets, maker.targets.events)];
      if (plan.sessionSlot >= 0) trace.session = this.config.session;
    } else {
      trace.reason = maker.reason;
      trace.detail = maker.detail;
    }
    this.tell(trace);
  }

  /** A line that is no record. */
  refused(reason: DeadReason, detail: string): void {
    this.tell({ ...this.place(), event: undefined, reason, detail, found: {}, byStart: false });
  }

  private place(): Pick<RecordTrace, 'offset' | 'index' | 'line' | 'raw'> {
    const { offset, index, line, start, end, workspace } = this.view;
    return { offset, index, line, raw: decoder.decode(workspace.bytes.subarray(start, Math.min(end, start + MAX_RAW))) };
  }

  private found(): RecordTrace['found'] {
    const { view, plan } = this;
    const found: RecordTrace['found'] = {};
    for (const field of FIELD_NAMES) {
      const slot = SLOT[field];
      if (view.kinds[slot] === KIND.absent) continue;
      found[field] = { name: plan.nameOf(slot, view.ranks[slot]) || field, value: SECRETS.has(field) ? '…' : view.show(slot) };
    }
    return found;
  }

  /** The event that was made, in a batch of its own. */
  private event(): EventBatch {
    const { tenant, source } = this.config;
    const builder = new BatchBuilder(tenant, source, '', 1);
    // references into the batch that is being filled mean nothing in this one, nor this one's there
    this.maker.beginBatch();
    this.maker.write(builder);
    this.maker.beginBatch();
    return builder.build();
  }
}

/** Index of the count that has risen; -1: none has. */
function risen(before: Float64Array, after: Float64Array): number {
  return after.findIndex((count, i) => count > before[i]);
}
