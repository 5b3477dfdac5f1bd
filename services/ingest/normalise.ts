import { BatchBuilder, IDENTITY_ORIGINS } from '../core/batch.ts';
import { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ControlRecord } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';
import { MAX_LINE_BYTES, type RawChunk } from '../core/raw.ts';
import type { DeadLetter, DeadReason, Emit, Stage, StageSnapshot } from '../core/stage.ts';
import { ledgerCounter } from '../core/topology-contract.ts';
import { watermarkOf } from '../core/watermark.ts';
import { EventMaker } from './event-maker.ts';
import { type FieldPlan, planFields } from './field-plan.ts';
import { JOINED_SLOTS, SLOT } from './fields.ts';
import { defaultLateness } from './formats/registry.ts';
import type { GuessReport } from './guess-report.ts';
import { InputState, packInputs, unpackInputs } from './input-state.ts';
import { InterfaceTags, TAG_NAMES, tagNames } from './interfaces/interface-tags.ts';
import type { NormaliseConfig, NormaliseDeps } from './normalise-config.ts';
import { JsonScanner } from './records/json-scanner.ts';
import { RecordReader } from './records/record-reader.ts';
import { RecordTracer } from './records/record-trace.ts';
import { RecordView } from './records/record-view.ts';
import type { RecordHandler } from './records/text-reader.ts';
import { Workspace } from './records/workspace.ts';
import { type HeldRow, writeHeld } from './row.ts';

export type { GuessReport } from './guess-report.ts';

/** Version of the snapshot's layout. */
const SNAPSHOT_VERSION = 4;
/** Most of a record that its dead letter keeps, bytes. */
const MAX_RAW = 8192;
/** Bytes of a short record: for how many rows a batch has room at first; columns double when they have to. */
const SHORT_RECORD = 300;
const decoder = new TextDecoder();

export interface NormaliseStage extends Stage<RawChunk> {
  /** what was guessed so far, and what came of it */
  describeGuess(): GuessReport;
}

/**
 * The normalise stage of one source: raw records in; events by account partition, dead letters, and watermarks of each
 * input out. `end` and `idle` records of the tenant are passed on behind the events that they cover.
 * Throws RangeError for a network and WeirError `config` for a field that is none.
 */
export function createNormaliseStage(config: NormaliseConfig, deps: NormaliseDeps): NormaliseStage {
  return new Normaliser(config, deps);
}

/** Where a record is: of a view or a row. */
interface Place {
  offset: number;
  index: number;
  line: number;
}

/** Length of the longest record, bytes; what is longer than a record may be is not decoded. */
function longestOf(starts: Uint32Array, end: number): number {
  let longest = 0;
  for (let i = 0; i < starts.length; i++) longest = Math.max(longest, (i + 1 < starts.length ? starts[i + 1] : end) - starts[i]);
  return Math.min(longest, MAX_LINE_BYTES + 1);
}

class Normaliser implements NormaliseStage, RecordHandler {
  readonly name = 'normalise';
  private readonly config: NormaliseConfig;
  private readonly lateness: number;
  private readonly plan: FieldPlan;
  private readonly tags: InterfaceTags;
  private readonly workspace = new Workspace();
  private readonly view: RecordView;
  private readonly reader: RecordReader;
  private readonly maker: EventMaker;
  private readonly tracer?: RecordTracer;

  private readonly inputs = new Map<string, InputState>();
  private input = new InputState('');
  private builders: (BatchBuilder | undefined)[] = [];
  private dead: DeadLetter[] = [];
  private emits: Emit[] = [];
  /** the input's watermark before the record in hand */
  private due = Number.NEGATIVE_INFINITY;

  private read = 0;
  private parsed = 0;
  private readonly deadByReason = new Map<DeadReason, number>();

  constructor(config: NormaliseConfig, deps: NormaliseDeps) {
    this.config = config;
    this.lateness = config.lateness ?? defaultLateness(config.format);
    this.plan = planFields(config);
    this.tags = new InterfaceTags(config.rules ?? { sensitive: [], tags: {} });
    const scanner = new JsonScanner(this.plan.paths, this.plan.slots, {
      dashIsAbsent: true,
      zeroIsLast: [SLOT.time, SLOT.start],
      joined: JOINED_SLOTS,
    });
    this.view = new RecordView(this.workspace, scanner);
    this.maker = new EventMaker(this.view, this.plan, this.tags, config, deps);
    if (deps.trace !== undefined) this.tracer = new RecordTracer(this.view, this.plan, this.maker, config, deps.trace);
    this.reader = new RecordReader(this.view, scanner, this.plan, this);
  }

  process(chunk: RawChunk): Emit[] {
    this.input = this.inputOf(chunk.partition);
    this.workspace.load(chunk.bytes, chunk.records === undefined ? undefined : longestOf(chunk.records.starts, chunk.bytes.length));
    this.maker.beginBatch();
    this.reader.read(chunk, this.input);
    return this.emit();
  }

  private inputOf(partition: string): InputState {
    let input = this.inputs.get(partition);
    if (input === undefined) {
      input = new InputState(partition);
      this.inputs.set(partition, input);
    }
    return input;
  }

  begin(): void {
    this.maker.makeRoom();
    const { highest } = this.input.guard;
    this.due = highest === Number.NEGATIVE_INFINITY ? highest : watermarkOf(highest, this.lateness);
  }

  makeRoom(): void {
    this.maker.makeRoom();
  }

  record(): void {
    const { maker, input } = this;
    const { offset } = this.view;
    this.read++;
    if (input.skips.size > 0 && input.skips.has(offset)) {
      this.bury('poison', 'the record stopped the program three times and was skipped');
      return;
    }
    this.tracer?.before();
    const made = maker.make(offset);
    this.tracer?.after(made);
    if (!made) {
      this.bury(maker.reason, maker.detail);
      return;
    }
    if (input.guard.passes(maker.row.at)) {
      this.write();
      return;
    }
    const step = input.guard.offer(maker.row.at, () => maker.hold(this.rawText()));
    this.settle(step.released, step.refused);
    if (step.taken) this.write();
  }

  refuse(reason: DeadReason, detail: string): void {
    this.read++;
    this.tracer?.refused(reason, detail);
    this.bury(reason, detail);
  }

  private settle(released: readonly HeldRow[], refused: readonly HeldRow[]): void {
    for (const held of released) {
      writeHeld(this.builderOf(held.row.partition), held);
      if (held.row.at >= this.due) this.maker.seeHeld(held);
      this.parsed++;
    }
    for (const { row, raw } of refused) {
      const time = new Date(row.at).toISOString();
      const detail = `its time ${time} is more than a day ahead of the input's, and no event near it followed`;
      this.letter('time_in_future', detail, row, raw);
    }
  }

  private write(): void {
    const { maker } = this;
    const { partition, at } = maker.row;
    if (at < this.due && this.due > this.input.watermark) this.passOn(this.due);
    maker.write(this.builders[partition] ?? this.builderOf(partition));
    // what is late counts nowhere
    if (at >= this.due) maker.see();
    this.parsed++;
  }

  private builderOf(partition: number): BatchBuilder {
    let builder = this.builders[partition];
    if (builder === undefined) {
      const { tenant, source, partitions } = this.config;
      const rows = Math.max(16, Math.ceil((this.workspace.end / SHORT_RECORD / partitions) * 1.2));
      builder = new BatchBuilder(tenant, source, this.input.partition, rows);
      this.builders[partition] = builder;
    }
    return builder;
  }

  private rawText(): string {
    const { start, end } = this.view;
    return decoder.decode(this.workspace.bytes.subarray(start, Math.min(end, start + MAX_RAW)));
  }

  private bury(reason: DeadReason, detail: string): void {
    this.letter(reason, detail, this.view, this.rawText());
  }

  private letter(reason: DeadReason, detail: string, { offset, index, line }: Place, raw: string): void {
    const { tenant, source } = this.config;
    this.deadByReason.set(reason, (this.deadByReason.get(reason) ?? 0) + 1);
    const { partition } = this.input;
    this.dead.push({ tenant, source, partition, offset, ...(index > 0 ? { index } : {}), line, reason, detail, raw });
  }

  /**
   * The events so far, and the input's watermark where it moved. That is at the end of a chunk, and before an event that
   * the watermark has gone past: so what is late does not depend on how records came together in chunks.
   */
  private passOn(time: number): void {
    const { tenant, upstreams } = this.config;
    const { input, emits } = this;
    this.builders.forEach((builder, partition) => {
      if (builder !== undefined && builder.n > 0) emits.push({ output: 'events', tenant, partition, value: builder.build() });
    });
    this.builders = [];
    this.maker.beginBatch();
    if (time <= input.watermark) return;
    input.watermark = time;
    this.maker.inventory.close(time);
    emits.push({ output: 'control', tenant, value: { kind: 'watermark', tenant, upstream: input.partition, upstreams, time } });
  }

  /** What came of the chunk. */
  private emit(): Emit[] {
    const { tenant } = this.config;
    const { highest } = this.input.guard;
    this.passOn(highest === Number.NEGATIVE_INFINITY ? highest : watermarkOf(highest, this.lateness));
    const { emits } = this;
    this.emits = [];
    if (this.dead.length > 0) emits.push({ output: 'dead', tenant, value: this.dead });
    this.dead = [];
    this.sayInventory(emits);
    return emits;
  }

  private sayInventory(emits: Emit[]): void {
    const facts = this.maker.inventory.take();
    if (facts.length > 0) emits.push({ output: 'inventory', tenant: this.config.tenant, value: facts });
  }

  control(record: ControlRecord): Emit[] {
    const { tenant } = this.config;
    if (record.kind === 'skip') {
      this.inputOf(record.partition).skips.add(record.offset);
      return [];
    }
    if ((record.kind !== 'end' && record.kind !== 'idle') || record.tenant !== tenant) return [];
    const emits: Emit[] = [];
    if (record.kind === 'end' && this.inputs.has(record.upstream)) {
      this.input = this.inputOf(record.upstream);
      this.reader.finish(this.input);
      const settled = this.input.guard.finish();
      this.settle(settled.released, settled.refused);
      this.maker.inventory.close(Number.POSITIVE_INFINITY);
      emits.push(...this.emit());
    }
    if (record.kind === 'idle') {
      this.maker.inventory.sayOpen();
      this.sayInventory(emits);
    }
    emits.push({ output: 'control', tenant, value: record });
    return emits;
  }

  snapshot(): StageSnapshot {
    const ledger = { read: this.read, parsed: this.parsed, dead: this.deadByReason };
    // State belongs to inputs, not to keys: all of it is common.
    const writer = new ByteWriter();
    writer.block(packInputs([...this.inputs.values()], ledger));
    this.maker.inventory.pack(writer);
    return { stage: 'normalise', version: SNAPSHOT_VERSION, groups: new Map(), common: writer.finish() };
  }

  restore(snapshot: StageSnapshot): void {
    if (snapshot.version !== SNAPSHOT_VERSION) {
      throw new WeirError(
        'snapshot_newer',
        `the normalise stage's snapshot has version ${snapshot.version}; this program reads ${SNAPSHOT_VERSION}`,
      );
    }
    const reader = new ByteReader(snapshot.common);
    const { inputs, ledger } = unpackInputs(reader.block());
    this.maker.inventory.unpack(reader);
    for (const input of inputs) this.inputs.set(input.partition, input);
    this.read += ledger.read;
    this.parsed += ledger.parsed;
    for (const [reason, count] of ledger.dead) this.deadByReason.set(reason, (this.deadByReason.get(reason) ?? 0) + count);
  }

  counters(): Record<string, number> {
    const { tenant, source } = this.config;
    let held = 0;
    for (const input of this.inputs.values()) held += input.guard.held.length;
    const counters: Record<string, number> = {
      [ledgerCounter('read', tenant, source)]: this.read,
      [ledgerCounter('held', tenant, source, 'clock')]: held,
      parsed: this.parsed,
    };
    for (const [reason, count] of this.deadByReason) counters[ledgerCounter('dead', tenant, source, reason)] = count;
    return counters;
  }

  describeGuess(): GuessReport {
    const { plan, config, maker } = this;
    const { events } = maker.identity;
    const identity = [
      ...plan.identity.map((rule, i) => ({ field: rule.field, origin: IDENTITY_ORIGINS[rule.origin], events: events[i] })),
      { field: '', origin: IDENTITY_ORIGINS[0], events: events[plan.identity.length] },
    ];
    const targets = plan.targetNames.map((field, i) => ({ field, events: maker.targets.events[i] }));
    const tagged = maker.interfaces.firstSeen.map(({ id, flags }) => ({ id, tags: tagNames(flags) }));
    return {
      source: config.source,
      format: config.format,
      configured: {
        identity: config.identity !== undefined,
        proxies: (config.trustedProxies ?? []).length > 0 || config.proxyHops !== undefined,
        targets: config.targets !== undefined,
        failure: config.failure !== undefined,
        session: config.session !== undefined,
        tags: TAG_NAMES.filter((tag) => !this.tags.isGuessed(tag)),
      },
      identity: identity.filter((entry) => entry.events > 0),
      clients: maker.describeClients(),
      targets: targets.filter((entry) => entry.events > 0),
      interfaces: tagged.filter((entry) => entry.tags.length > 0),
    };
  }
}
