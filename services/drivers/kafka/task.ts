import { setTimeout as sleep, setImmediate as yieldToOthers } from 'node:timers/promises';
import { WeirError } from '../../core/errors.ts';
import type { LedgerEntry } from '../../core/sink.ts';
import type { Emit, Stage, StageName } from '../../core/stage.ts';
import { parseLedgerCounter } from '../../core/topology-contract.ts';
import { addCounters } from '../counters.ts';
import { type Checkpoint, type CheckpointFolder, neededFrom, packCheckpoint, type SnapshotNote, unpackCheckpoint } from './checkpoint.ts';
import type { Feed } from './feed.ts';
import {
  type Committed,
  Fenced,
  type InRecord,
  type Intake,
  type KafkaCluster,
  type OutRecord,
  partitionName,
  type TopicPartition,
  type TransactionalWriter,
} from './log.ts';
import type { Names } from './names.ts';
import { Outputs } from './outputs.ts';
import type { SourceClock } from './source-clock.ts';
import { afterCrash, careful, MOST_CRASHES, NO_SUSPICION, sinceSnapshot, skipped } from './suspicion.ts';
import type { TaskMeter } from './task-meter.ts';

/** Bytes of records that are taken before others get their turn. */
const SLICE_BYTES = 256 * 1024;
/** Bytes of input or output that make a transaction due before its time. */
const TRANSACTION_BYTES = 1 << 20;
/** Bytes of records read and not yet taken: above, the partition is paused; below, it is read on. */
const QUEUE_HIGH = 8 << 20;
const QUEUE_LOW = 2 << 20;
/** A snapshot is due after so much input, or some time after the last one when there was any; and takes at most a share of the time. */
const SNAPSHOT_BYTES = 64 << 20;
const SNAPSHOT_EVERY = 60_000;
const SNAPSHOT_SHARE = 0.1;
/** Skipped steps that a checkpoint carries; more make a snapshot due. */
const MOST_SKIPS = 50;
/** What a record counts for beside its value, bytes: a topic full of empty records must not fill the memory either. */
const RECORD_BYTES = 100;
/** A commit is seen some ms after it was made: looks for one, and ms between them. */
const OVERTAKEN_LOOKS = 20;
const OVERTAKEN_PAUSE = 50;
/** ms between two ledger records of a busy task. */
const LEDGER_EVERY = 1000;

/** A stage with what feeds it, built under one run version. */
export interface BuiltStage {
  stage: Stage<never>;
  feed: Feed;
}

export interface TaskOptions {
  stage: StageName;
  input: TopicPartition;
  group: string;
  names: Names;
  /** partitions of our own topics */
  partitions: number;
  /** run version of this process */
  version: string;
  /** the stage under a run version. Throws `log_lost` for a version that is not known any more */
  build(version: string): Promise<BuiltStage>;
  cluster: KafkaCluster;
  intake: Intake;
  folder: CheckpointFolder;
  /** where to begin when nothing is committed: `lossless`: at offset 0, for a topic of our own, and nowhere else */
  from: 'beginning' | 'end' | 'lossless';
  /** of tenants whose sessions are joined, as this process's version has it; left out: none are */
  joins?: (tenant: string) => boolean;
  /** of a source's partition */
  clock?: SourceClock;
  /** whose partition it is, and how many partitions its tenant has */
  source?: { tenant: string; upstreams(): Promise<number> };
  commitEvery: number;
  /** ms; default a minute */
  snapshotEvery?: number;
  now(): number;
  /** false: it has to wait, what stands behind it has enough to do */
  mayRead?(): boolean;
  meter: TaskMeter;
}

/**
 * One input partition of one stage: a deterministic machine over the records of that partition. The rules that make its
 * outcomes appear exactly once:
 * - Outputs and the offset behind whole input records are one transaction, under an id bound to the partition.
 * - With the offset C goes the checkpoint: snapshot and offset S <= C from which the state is rebuilt. Records from S to
 *   C are taken again, their outputs discarded: they are in the log already.
 * - Opening shuts out whoever had the partition before reading C; a task that is shut out is thrown away.
 * - What changes an outcome is a record of this partition, or was fixed before (run version); another run version begins
 *   with a snapshot at C.
 */
export class PartitionTask {
  readonly input: TopicPartition;
  private readonly options: TaskOptions;
  private readonly writer: TransactionalWriter;
  private readonly outputs: Outputs;
  private stage!: Stage<never>;
  private feed!: Feed;

  /** offset of the next record to be taken */
  private next = 0;
  /** C: what lies before it has been said */
  private committed = 0;
  private checkpoint!: Checkpoint;
  private opened = false;
  private upstreams = 0;

  private readonly queue: InRecord[] = [];
  private queued = 0;
  /** offset behind the last record that was queued */
  private fetched = 0;
  private paused = true;
  private end = 0;
  /** everything below it has been queued, marks of transactions left out */
  private settled = 0;

  private uncommitted = false;
  private uncommittedBytes = 0;
  /** when the last transaction was over: the first outcome after a rest goes out at once, more of them wait for each other */
  private committedAt = Number.NEGATIVE_INFINITY;
  private ledgerBase: Record<string, number> = {};
  private readonly extraCounts: Record<string, number> = {};
  private ledgerSaid = '';
  private ledgerSaidAt = 0;
  private snapshotAt: number;
  private snapshotTook = 0;
  private bytesSinceSnapshot = 0;
  private stopping = false;
  private abandoned = false;
  private mayWord = false;
  private wakeup: (() => void) | undefined;
  private done: Promise<void> | undefined;

  constructor(options: TaskOptions, writer: TransactionalWriter) {
    this.options = options;
    this.input = options.input;
    this.writer = writer;
    this.outputs = new Outputs(options.names, options.stage, options.input.partition, options.partitions, options.joins);
    this.snapshotAt = options.now();
  }

  /** Takes the partition over and works until `stop` or `abandon`. Rejects with Fenced, or what stops the process. */
  run(): Promise<void> {
    this.done ??= this.work();
    return this.done;
  }

  /** Records of the partition, as they are read. */
  offer(records: readonly InRecord[], end: number, settled: number): void {
    this.end = end;
    this.settled = settled;
    if (!this.opened) return;
    const { options } = this;
    let taken = false;
    for (const record of records) {
      if (record.offset < this.fetched) continue;
      this.fetched = record.offset + 1;
      this.queue.push(record);
      this.queued += sizeOf(record);
      taken = true;
    }
    if (!taken) {
      if (this.next < this.committed) this.wake();
      return;
    }
    options.clock?.heard(options.now());
    if (!this.paused && this.queued > QUEUE_HIGH) {
      this.paused = true;
      options.intake.pause(this.input);
    }
    this.wake();
  }

  /** The group has met again and the partition is still this task's: reading goes on behind what is queued. */
  kept(): void {
    if (!this.opened) return;
    if (this.queued <= QUEUE_HIGH) {
      this.paused = false;
      this.options.intake.resume(this.input, this.fetched);
    } else this.paused = true;
  }

  /** Once a second. `end`: offset behind the last record of a quiet source's partition, just asked of the broker. */
  tick(end?: number): void {
    // a broker that was away looks like silence: the clock speaks only when all that is there has been read
    if (end !== undefined && end <= Math.max(this.fetched, this.settled)) this.mayWord = true;
    this.wake();
  }

  /** True when the clock would have a word, if nothing has come that was not read yet. */
  get quiet(): boolean {
    const { clock, now } = this.options;
    return clock !== undefined && this.opened && this.queue.length === 0 && this.next >= this.committed && clock.quiet(now());
  }

  /** Commits what was taken, writes a snapshot, ends. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.done;
  }

  /** Ends as soon as possible, writing nothing more: the partition is another's. */
  async abandon(): Promise<void> {
    this.abandoned = true;
    this.wake();
    await this.done?.catch(() => undefined);
  }

  private async work(): Promise<void> {
    try {
      await this.open();
      await this.go();
    } catch (error) {
      if (error instanceof RecordCrash) throw await this.suspecting(error);
      throw error;
    } finally {
      await this.writer.close();
    }
  }

  private async go(): Promise<void> {
    while (!this.abandoned) {
      // what is queued is left to the next owner: a busy partition would never be done
      if (this.stopping) return this.drain();
      if (this.takeSlice()) {
        if (this.due()) await this.commit();
        else await yieldToOthers();
      } else if (this.due()) await this.commit();
      // a partition that goes quiet must not need records of long ago to be rebuilt
      else if (this.snapshotDue()) await this.snapshot();
      else await this.woken();
    }
  }

  private async open(): Promise<void> {
    const { options } = this;
    await this.writer.fence();
    const read = await this.readCommitted();
    let start: number;
    try {
      start = await this.prepare(read);
    } catch (error) {
      if (error instanceof WeirError && error.code !== 'kafka_failed' && (await this.overtaken(read))) {
        throw new Fenced(partitionName(this.input), { cause: error });
      }
      throw error;
    }
    this.next = start;
    this.fetched = this.next;
    this.settled = this.next;
    options.meter.opened();
    this.opened = true;
    if (this.next < this.committed) await this.replay();
    if (this.next < this.committed || this.abandoned) return;
    options.meter.live();
    if (this.checkpoint.version !== options.version) await this.changeVersion();
    else if (read.offset === undefined) await this.write();
    if (this.paused) this.kept();
  }

  /** The state at what was committed. Returns the offset to read from. Throws `log_lost`, `snapshot_corrupt` for what is not there any more. */
  private async prepare({ offset, metadata }: Committed): Promise<number> {
    const { options, input } = this;
    const bounds = (await options.cluster.bounds(input.topic)).get(input.partition) ?? { start: 0, end: 0 };
    this.end = bounds.end;
    const known = offset === undefined ? undefined : unpackCheckpoint(metadata);
    this.committed = offset ?? this.beginning(bounds);
    const nothing = { offset: this.committed, snapshot: '', settled: this.committed, version: options.version, suspicion: NO_SUSPICION };
    this.checkpoint = known ?? nothing;
    if (this.committed > bounds.end) {
      throw new WeirError(
        'log_lost',
        `${partitionName(input)} ends at offset ${bounds.end}, and ${options.group} has read up to ${this.committed}: the topic was made anew. Move the group's offset (kafka-consumer-groups.sh --reset-offsets) to say where to begin`,
      );
    }
    if (neededFrom(this.checkpoint, this.committed) < bounds.start) {
      throw new WeirError(
        'log_lost',
        `${partitionName(input)} begins at offset ${bounds.start}, and ${options.group} has to read from ${this.checkpoint.offset}: records were deleted before they were processed. Keep the topic longer than any outage lasts`,
      );
    }
    this.upstreams = (await options.source?.upstreams()) ?? 0;
    await this.rebuild(this.checkpoint.version);
    return Math.max(this.checkpoint.offset, bounds.start);
  }

  /** True when another process has taken over since: what was committed then may name what that one has removed. */
  private async overtaken(read: Committed): Promise<boolean> {
    for (let look = 0; look < OVERTAKEN_LOOKS; look++) {
      const now = await this.readCommitted();
      if (now.offset !== read.offset || now.metadata !== read.metadata) return true;
      await sleep(OVERTAKEN_PAUSE);
    }
    return false;
  }

  private beginning({ start, end }: { start: number; end: number }): number {
    const { from, group, folder } = this.options;
    if (folder.used) {
      throw new WeirError(
        'log_lost',
        `${group} has no committed offset for ${partitionName(this.input)}, but has worked on it before: its offsets were deleted (offsets.retention.minutes, a week without a member). Remove ${folder.path} to begin anew, or put the group's offset where it was`,
      );
    }
    if (from === 'end') return end;
    if (from === 'lossless' && start > 0) {
      throw new WeirError(
        'log_lost',
        `${group} has no committed offset for ${partitionName(this.input)}, whose first ${start} records are gone: the group's offsets were deleted (offsets.retention.minutes), or records before they were processed`,
      );
    }
    return start;
  }

  private async readCommitted(): Promise<Committed> {
    const { cluster, group } = this.options;
    const { topic, partition } = this.input;
    return (await cluster.committed(group, topic, [partition])).get(partition) ?? { offset: undefined, metadata: '' };
  }

  /** The stage as it was at the checkpoint. */
  private async rebuild(version: string): Promise<void> {
    const { options, checkpoint } = this;
    const built = await options.build(version);
    this.stage = built.stage;
    this.feed = built.feed;
    if (checkpoint.snapshot === '') return;
    const { snapshot, note } = options.folder.read(checkpoint.snapshot);
    this.stage.restore(snapshot);
    this.ledgerBase = { ...note.ledger };
    addCounters(this.ledgerBase, this.stage.counters(), -1);
    if (note.reached !== undefined) options.clock?.passed(note.reached, options.now());
  }

  /** Takes the records from S to C again, without a word. */
  private async replay(): Promise<void> {
    this.paused = false;
    this.options.intake.resume(this.input, this.next);
    while (this.next < this.committed && !this.abandoned && !this.stopping) {
      if (this.takeSlice()) await yieldToOthers();
      else await this.woken();
    }
    if (this.next < this.committed) return;
    // the reply to the first question may have been older than the fence
    const { offset } = await this.readCommitted();
    if (offset !== undefined && offset > this.committed) {
      this.committed = offset;
      await this.replay();
    }
  }

  /** From here on under this process's run version: a snapshot makes it one span of the log. */
  private async changeVersion(): Promise<void> {
    const { options } = this;
    const state = this.stage.snapshot();
    const ledger = this.ledger();
    const built = await options.build(options.version);
    built.stage.restore(state);
    this.stage = built.stage;
    this.feed = built.feed;
    this.ledgerBase = ledger;
    addCounters(this.ledgerBase, this.stage.counters(), -1);
    for (const name of Object.keys(this.extraCounts)) delete this.extraCounts[name];
    if (inputsOf(this.checkpoint.version) !== inputsOf(options.version)) this.emit(this.stage.control({ kind: 'restart' }));
    options.meter.versionChanged(this.checkpoint.version, options.version);
    this.checkpoint = { ...this.checkpoint, version: options.version };
    await this.snapshot();
  }

  /** Takes some of what is queued; false when there was nothing to take, or it has to wait. */
  private takeSlice(): boolean {
    const { queue, options } = this;
    const muted = this.next < this.committed;
    if (queue.length === 0) return muted ? this.passGap() : this.word();
    if (!muted && (this.gathers || options.mayRead?.() === false)) return false;
    const { suspicion } = this.checkpoint;
    const carefully = careful(suspicion, queue[0].offset);
    let bytes = 0;
    let count = 0;
    while (count < queue.length && bytes < SLICE_BYTES) {
      const record = queue[count];
      if (muted && record.offset >= this.committed) break;
      if (count > 0 && (carefully || careful(suspicion, record.offset))) break;
      bytes += sizeOf(record);
      count++;
    }
    if (count === 0) {
      // muted, and the next record is C or behind it: everything before has been taken
      this.next = this.committed;
      return true;
    }
    const records = queue.splice(0, count);
    const emits = carefully ? this.takeCarefully(records[0]) : this.takeAll(records);
    this.next = records[records.length - 1].offset + 1;
    this.queued -= bytes;
    this.bytesSinceSnapshot += bytes;
    options.meter.taken(records.length, bytes - records.length * RECORD_BYTES, muted);
    if (!muted) {
      this.emit(emits);
      this.uncommittedBytes += bytes;
      this.uncommitted = true;
    } else this.watch(emits);
    if (this.paused && this.opened && this.queued < QUEUE_LOW) {
      this.paused = false;
      options.intake.goOn(this.input);
    }
    return true;
  }

  /** The last records before C may be gone (compaction): C is reached when all that is left below it has been taken. */
  private passGap(): boolean {
    if (this.settled < this.committed) return false;
    this.next = this.committed;
    return true;
  }

  private takeAll(records: readonly InRecord[]): Emit[] {
    try {
      return this.feed.take(records);
    } catch (cause) {
      throw new RecordCrash(cause, records[0].offset, records[records.length - 1].offset);
    }
  }

  private takeCarefully(record: InRecord): Emit[] {
    const { suspicion } = this.checkpoint;
    return this.feed.steps(record).flatMap((step, number) => {
      if (skipped(suspicion, record.offset, number)) {
        const { emits, counts } = step.skip();
        addCounters(this.extraCounts, counts);
        this.options.meter.skipped(record.offset, number, this.next < this.committed);
        return emits;
      }
      try {
        return step.take();
      } catch (cause) {
        throw new RecordCrash(cause, record.offset, record.offset, number);
      }
    });
  }

  /** What the clock has to say of a quiet source. True when there was something. */
  private word(): boolean {
    const { clock, source, now } = this.options;
    if (!this.mayWord || clock === undefined || source === undefined || !this.quiet) return false;
    const { tenant } = source;
    const { upstreams } = this;
    this.mayWord = false;
    const word = clock.decide(now());
    if (word === undefined) return false;
    const upstream = partitionName(this.input);
    // a stage that is told of rest may say what it knows so far, and stays as it is: when the log is read again it is not told
    if (word.kind === 'idle') this.emit(this.stage.control({ kind: 'idle', tenant, upstream }));
    else this.emit([{ output: 'control', tenant, value: { kind: 'watermark', tenant, upstream, upstreams, time: word.time } }]);
    this.uncommitted = true;
    return true;
  }

  private emit(emits: readonly Emit[]): void {
    this.watch(emits);
    for (const emit of emits) this.outputs.add(emit);
    this.options.meter.emitted(emits);
  }

  private watch(emits: readonly Emit[]): void {
    const { clock, now, meter } = this.options;
    for (const emit of emits) {
      if (emit.output !== 'control' || emit.value.kind !== 'watermark') continue;
      clock?.passed(emit.value.time, now());
      meter.watermark(emit.tenant, emit.value.time);
    }
  }

  /** Little has come and nothing can go out yet: what comes meanwhile is taken with it, which costs far less than piece by piece. */
  private get gathers(): boolean {
    const { committedAt, queued, stopping, options } = this;
    return queued < SLICE_BYTES && !stopping && options.now() - committedAt < options.commitEvery;
  }

  private due(): boolean {
    if (!this.uncommitted) return this.ledgerDue();
    if (this.uncommittedBytes >= TRANSACTION_BYTES || this.outputs.bytes >= TRANSACTION_BYTES) return true;
    return this.options.now() - this.committedAt >= this.options.commitEvery;
  }

  private async commit(): Promise<void> {
    await this.write();
    if (this.snapshotDue()) await this.snapshot();
  }

  /** One transaction: all outputs so far, and the offset behind what was taken. */
  private async write(): Promise<void> {
    const { options, input } = this;
    const offset = this.next;
    const records = this.outputs.take();
    const idle = this.queue.length === 0;
    // what is counted and not said is found out when it may be said: for a busy task not at each transaction
    if (idle || options.now() - this.ledgerSaidAt >= LEDGER_EVERY) this.sayLedger(records);
    const begun = performance.now();
    try {
      this.checkpoint.settled = idle ? Math.max(offset, this.settled) : offset;
      await this.writer.write(records, { group: options.group, ...input, offset, metadata: packCheckpoint(this.checkpoint) });
    } catch (error) {
      options.meter.aborted(error);
      throw error;
    }
    options.meter.committed(performance.now() - begun, records.length);
    this.committed = offset;
    this.committedAt = options.now();
    this.uncommitted = false;
    this.uncommittedBytes = 0;
  }

  /** Adds the ledger to what is written, where it has changed. */
  private sayLedger(records: OutRecord[]): void {
    const said = this.ledgerText();
    if (said === this.ledgerSaid) return;
    const { names, stage, now } = this.options;
    const task = `${stage}/${partitionName(this.input)}`;
    records.push({ topic: names.ledger, partition: 0, key: task, value: `{"task":${JSON.stringify(task)},"entries":${said}}` });
    this.ledgerSaid = said;
    this.ledgerSaidAt = now();
  }

  private ledgerDue(): boolean {
    if (this.next < this.committed || this.queue.length > 0) return false;
    if (this.options.now() - this.ledgerSaidAt < LEDGER_EVERY) return false;
    return this.ledgerText() !== this.ledgerSaid;
  }

  private snapshotDue(): boolean {
    if (this.bytesSinceSnapshot === 0) return false;
    const since = this.options.now() - this.snapshotAt;
    if (this.snapshotTook > since * SNAPSHOT_SHARE) return false;
    return (
      this.bytesSinceSnapshot >= SNAPSHOT_BYTES ||
      since >= (this.options.snapshotEvery ?? SNAPSHOT_EVERY) ||
      this.checkpoint.suspicion.skips.length >= MOST_SKIPS
    );
  }

  /** Writes the state, which is that at C, and makes it the one to start from. */
  private async snapshot(): Promise<void> {
    const { options } = this;
    const begun = performance.now();
    const note: SnapshotNote = {
      ledger: this.ledger(),
      ...(options.clock?.reached === undefined ? {} : { reached: options.clock.reached }),
    };
    const { name, bytes } = options.folder.write(this.next, this.stage.snapshot(), note);
    this.checkpoint = {
      offset: this.next,
      snapshot: name,
      settled: this.next,
      version: this.checkpoint.version,
      suspicion: sinceSnapshot(this.checkpoint.suspicion, this.next),
    };
    this.snapshotTook = performance.now() - begun;
    this.snapshotAt = options.now();
    this.bytesSinceSnapshot = 0;
    await this.write();
    options.folder.dropOlder();
    options.meter.snapshot(this.snapshotTook, bytes, this.snapshotAt);
  }

  private async drain(): Promise<void> {
    if (this.next < this.committed) return; // still replaying: the next owner does it again
    if (this.uncommitted || this.ledgerText() !== this.ledgerSaid) await this.write();
    if (this.bytesSinceSnapshot > 0) await this.snapshot();
  }

  /**
   * A stage could not take the records in hand: what was taken before them is committed, together with the suspicion, so
   * that the next process looks closer. Returns what the process ends with.
   */
  private async suspecting(crash: RecordCrash): Promise<Error> {
    const { group, stage } = this.options;
    const replaying = this.next < this.committed;
    const suspicion = afterCrash(this.checkpoint.suspicion, crash.from, crash.to, crash.step);
    this.checkpoint = { ...this.checkpoint, suspicion };
    await this.writer.write(replaying ? [] : this.outputs.take(), {
      group,
      ...this.input,
      offset: replaying ? this.committed : this.next,
      metadata: packCheckpoint(this.checkpoint),
    });
    const next =
      suspicion.suspect === undefined
        ? 'the next start skips it'
        : `a start again looks closer; what stops it ${MOST_CRASHES} times is skipped`;
    return new WeirError(
      'worker_failed',
      `the ${stage} stage failed on ${partitionName(this.input)}, offsets ${crash.from} to ${crash.to}: ${crash.message} (${next})`,
      {
        cause: crash.cause,
      },
    );
  }

  /** The ledger since the beginning of the task's state, by counter name. */
  private ledger(): Record<string, number> {
    const ledger = { ...this.ledgerBase };
    addCounters(ledger, this.stage.counters());
    addCounters(ledger, this.extraCounts);
    return Object.fromEntries(Object.entries(ledger).filter(([name]) => parseLedgerCounter(name) !== undefined));
  }

  /** The ledger as its record says it: one text for the same counts. */
  private ledgerText(): string {
    const entries = Object.entries(this.ledger()).flatMap(([name, count]): LedgerEntry[] => {
      const parsed = parseLedgerCounter(name);
      return parsed === undefined ? [] : [{ run: 'live', ...parsed, count }];
    });
    const order = ({ tenant, source, fate, reason }: LedgerEntry): string => `${tenant} ${source} ${fate} ${reason}`;
    return JSON.stringify(entries.sort((a, b) => (order(a) < order(b) ? -1 : 1)));
  }

  private wake(): void {
    this.wakeup?.();
  }

  private async woken(): Promise<void> {
    const { committedAt, options } = this;
    const waits = this.uncommitted || (this.queue.length > 0 && this.gathers);
    const linger = waits ? committedAt + options.commitEvery - options.now() : undefined;
    const wait = Math.max(1, Math.min(60_000, linger ?? 60_000));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wakeup = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeup = undefined;
  }

  /** For metrics: how much waits. */
  get waiting(): { bytes: number; paused: boolean; lag: number; behind: number } {
    return {
      bytes: this.queued,
      paused: this.paused,
      lag: Math.max(0, this.end - this.next),
      behind: this.opened ? this.committed - this.checkpoint.offset : 0,
    };
  }

  /** Its ledger counters by name; nothing while it is being restored. */
  get counters(): Readonly<Record<string, number>> | undefined {
    return this.opened && this.next >= this.committed ? this.ledger() : undefined;
  }
}

/** A stage could not take these records. */
export class RecordCrash extends Error {
  readonly from: number;
  readonly to: number;
  readonly step: number | undefined;

  constructor(cause: unknown, from: number, to: number, step?: number) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RecordCrash';
    this.from = from;
    this.to = to;
    this.step = step;
  }
}

function sizeOf({ value }: InRecord): number {
  return (value?.length ?? 0) + RECORD_BYTES;
}

/** The part of a run version that stands for the input partitions: `config-inputs`. */
function inputsOf(version: string): string {
  return version.slice(version.lastIndexOf('-') + 1);
}
