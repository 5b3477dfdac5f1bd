import type { AlertRecord, IncidentRecord } from '../../../schemas/alert.ts';
import type { InventoryFact } from '../../core/inventory.ts';
import type { DeadLetterKey, LedgerEntry } from '../../core/sink.ts';
import type { DeadLetter, LateEvent, ShadowScore } from '../../core/stage.ts';
import { type InRecord, type Intake, type KafkaCluster, partitionName, type TopicPartition } from './log.ts';
import type { Names } from './names.ts';

/**
 * What the store role writes to. Every call carries the offset of the record that it comes from: rows are versioned by
 * it, so that a record that is given again changes nothing.
 */
export interface LiveSink {
  alerts(records: readonly AlertRecord[], offset: number): void;
  incidents(records: readonly IncidentRecord[], offset: number): void;
  windows(rows: Uint8Array, offset: number): void;
  late(events: readonly LateEvent[], offset: number): void;
  dead(letters: readonly DeadLetter[], offset: number): void;
  redriven(keys: readonly DeadLetterKey[], offset: number): void;
  shadow(tenant: string, scores: readonly ShadowScore[], offset: number): void;
  /** Without an offset: facts are joined, not replaced. */
  inventory(tenant: string, facts: readonly InventoryFact[]): void;
  ledger(task: string, entries: readonly LedgerEntry[], offset: number): void;
  pending(): number;
  flush(): Promise<void>;
}

/** ms between flushes when something waits. */
const FLUSH_EVERY = 250;
/** Bytes waiting for the store above which nothing more is read, and below which reading goes on. */
const HIGH = 64 << 20;
const LOW = 16 << 20;

export const REDRIVEN_HEADER = 'redriven-at';

export interface StoreRoleOptions {
  group: string;
  instance: string;
  cluster: KafkaCluster;
  names: Names;
  tenants: readonly string[];
  sink: LiveSink;
  onFailure(error: Error): void;
}

interface Place {
  of: TopicPartition;
  /** offset behind the last record given to the sink */
  given: number;
  committed: number;
  end: number;
}

/**
 * Copies the output topics into the store: give, flush, commit. A crash in between gives records again, which changes
 * nothing; a store that is away holds reading back, and nothing is lost.
 */
export class StoreRole {
  private readonly options: StoreRoleOptions;
  private readonly take: Map<string, (record: InRecord) => void>;
  private intake!: Intake;
  private places = new Map<string, Place>();
  private assignedOnce = false;
  private held = false;
  private stopping = false;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  /** the next flush, while it waits for the one before */
  private following: Promise<void> | undefined;

  constructor(options: StoreRoleOptions) {
    this.options = options;
    const { names, sink, tenants } = options;
    this.take = new Map<string, (record: InRecord) => void>([
      [names.windows, ({ value, offset }) => sink.windows(value as Uint8Array, offset)],
      [names.late, (record) => sink.late([json<LateEvent>(record)], record.offset)],
      [names.dead, (record) => this.letter(record)],
      [names.shadow, (record) => sink.shadow(record.headers.tenant ?? '', json<ShadowScore[]>(record), record.offset)],
      [names.inventory, (record) => sink.inventory(record.headers.tenant ?? '', json<InventoryFact[]>(record))],
      [
        names.ledger,
        (record) => {
          const { task, entries } = json<{ task: string; entries: LedgerEntry[] }>(record);
          sink.ledger(task, entries, record.offset);
        },
      ],
    ]);
    for (const tenant of tenants) {
      this.take.set(names.alerts(tenant), (record) => sink.alerts([json<AlertRecord>(record)], record.offset));
      this.take.set(names.incidents(tenant), (record) => sink.incidents([json<IncidentRecord>(record)], record.offset));
    }
  }

  private letter(record: InRecord): void {
    const { sink } = this.options;
    if (record.headers[REDRIVEN_HEADER] === undefined) sink.dead([json<DeadLetter>(record)], record.offset);
    else sink.redriven([json<DeadLetterKey>(record)], record.offset);
  }

  async start(): Promise<void> {
    const { cluster, group, instance, onFailure } = this.options;
    const ready = cluster.join({
      group,
      instance,
      topics: [...this.take.keys()],
      handlers: {
        assigned: (partitions) => {
          void ready.then(() => this.assigned(partitions)).catch(onFailure);
        },
        records: (from, records, end) => this.records(from, records, end),
        failed: onFailure,
      },
    });
    this.intake = await ready;
    this.timer = setInterval(() => void this.flush(), FLUSH_EVERY);
  }

  private async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { cluster, group } = this.options;
    const before = this.places;
    const places = new Map<string, Place>();
    for (const of of partitions) {
      const kept = before.get(partitionName(of));
      if (kept !== undefined) places.set(partitionName(of), kept);
    }
    this.places = places;
    for (const topic of new Set(partitions.map((of) => of.topic))) {
      const fresh = partitions.filter((of) => of.topic === topic && !before.has(partitionName(of)));
      if (fresh.length === 0) continue;
      const numbers = fresh.map((of) => of.partition);
      const [committed, bounds] = [await cluster.committed(group, topic, numbers), await cluster.bounds(topic)];
      for (const of of fresh) {
        const start = committed.get(of.partition)?.offset ?? bounds.get(of.partition)?.start ?? 0;
        places.set(partitionName(of), { of, given: start, committed: start, end: bounds.get(of.partition)?.end ?? start });
      }
    }
    if (this.places !== places || this.stopping) return;
    this.assignedOnce = true;
    for (const place of places.values()) this.intake.resume(place.of, place.given);
    this.held = false;
    this.hold();
  }

  private records(from: TopicPartition, records: readonly InRecord[], end: number): void {
    const place = this.places.get(partitionName(from));
    const take = this.take.get(from.topic);
    if (place === undefined || take === undefined) return;
    place.end = end;
    try {
      for (const record of records) {
        if (record.offset < place.given) continue;
        if (record.value !== undefined) take(record);
        place.given = record.offset + 1;
      }
    } catch (error) {
      this.options.onFailure(error as Error);
    }
    this.hold();
  }

  private hold(): void {
    const pending = this.options.sink.pending();
    if (!this.held && pending > HIGH) {
      this.held = true;
      for (const { of } of this.places.values()) this.intake.pause(of);
    } else if (this.held && pending < LOW) {
      this.held = false;
      for (const { of } of this.places.values()) this.intake.goOn(of);
    }
  }

  /** Resolves when all that was given before has been flushed; a store that is away has one flush waiting, not thousands. */
  private flush(): Promise<void> {
    this.following ??= this.flushing.then(() => {
      this.following = undefined;
      this.flushing = this.flushOnce().catch((error: Error) => this.options.onFailure(error));
      return this.flushing;
    });
    return this.following;
  }

  private async flushOnce(): Promise<void> {
    const due = [...this.places.values()].filter((place) => place.given > place.committed).map((place) => ({ place, offset: place.given }));
    // what waits for the store may be of partitions that have gone to others: reading has to go on all the same
    if (due.length === 0) return this.hold();
    await this.options.sink.flush();
    this.hold();
    await this.intake.commit(due.map(({ place, offset }) => ({ ...place.of, offset })));
    for (const { place, offset } of due) place.committed = offset;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.flush();
    await this.intake?.stop();
  }

  waitsFor(): string | undefined {
    return this.assignedOnce ? undefined : 'store: the group has not shared out its partitions yet';
  }

  /** Offsets not yet committed, over all of its partitions. */
  lag(): { topic: string; partition: number; lag: number }[] {
    return [...this.places.values()].map(({ of, committed, end }) => ({ ...of, lag: Math.max(0, end - committed) }));
  }
}

const decoder = new TextDecoder();

function json<T>({ value }: InRecord): T {
  return JSON.parse(decoder.decode(value)) as T;
}
