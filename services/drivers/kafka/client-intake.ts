import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../../core/errors.ts';
import {
  type Broker,
  type ClientCluster,
  type FetchedPartition,
  type FetchRequest,
  type FetchResponse,
  findCoordinator,
  type RawMessage,
} from './client-brokers.ts';
import { kafkaFailed, kindOf, rootOf } from './client-errors.ts';
import { fetchCommitted, inRecord, stableEnd } from './client-fetch.ts';
import { type InRecord, type Intake, type IntakeOptions, partitionName, type TopicPartition } from './log.ts';

/** ms that a fetch waits for records: so long may a partition wait that was resumed meanwhile */
const FETCH_WAIT = 100;
/** ms between fetches that fail */
const FETCH_PAUSE = 200;
/** Batches are handed over at once, so this many wait for each other's heartbeats only. */
const CONCURRENT = 64;
/** Crashes in a row, without a record between, that are no matter of brokers that cannot be reached. */
const MOST_CRASHES = 10;
/** ms */
const CRASH_PAUSE = 1000;
/** What the client throws when it is told something between a crash and the next start. */
const NOT_JOINED = /^Consumer group was not initialized/;

interface FetchedBatch {
  topic: string;
  partition: number;
  lastOffset(): string;
  messages: RawMessage[];
  /** the very list of the fetch's answer */
  rawMessages: RawMessage[];
}

/** What is needed of the client's consumer. */
export interface GroupConsumer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(to: { topics: string[]; fromBeginning: boolean }): Promise<void>;
  run(how: {
    autoCommit: false;
    eachBatchAutoResolve: true;
    partitionsConsumedConcurrently: number;
    eachBatch(payload: { batch: FetchedBatch }): Promise<void>;
  }): Promise<void>;
  pause(what: { topic: string; partitions: number[] }[]): void;
  resume(what: { topic: string; partitions: number[] }[]): void;
  seek(to: { topic: string; partition: number; offset: string }): void;
  commitOffsets(offsets: { topic: string; partition: number; offset: string; metadata: string }[]): Promise<void>;
  onJoin(listener: (assignment: Record<string, number[]>) => void): void;
  onCrash(listener: (error: Error, restarts: boolean) => void): void;
}

/** Makes a consumer of the group. `cluster` has to be called with the client's cluster, once, before it connects. */
export type MakeConsumer = (how: {
  group: string;
  instance: string;
  maxWaitTimeInMs: number;
  cluster: (cluster: ClientCluster) => void;
  /** whether the client may restart the consumer after a crash */
  restarts: () => boolean;
}) => GroupConsumer;

/** What was asked of a partition when a fetch went out. */
interface Question {
  version: number;
  seeks: number;
  offset: number;
}

export interface ClientIntakeOptions extends IntakeOptions {
  /** ms that brokers may be away before the consumer begins anew: the session timeout */
  patience: number;
}

/** Where reading stands in a partition that is this member's. */
interface Place {
  of: TopicPartition;
  /** offset behind the last record that was handed over, or where reading was told to begin; -1: not told yet */
  position: number;
  paused: boolean;
  /** the client has forgotten the position (it joined anew): seek before going on */
  forgotten: boolean;
  /** a number that changes whenever reading is told anything, so that an answer to an older request shows */
  version: number;
  /** the same for where to read */
  seeks: number;
  /** where the next fetch has to begin; the client may have another on its way. -1: wherever it is */
  sought: number;
  /** offset behind the last settled record, as the broker said last */
  end: number;
  /** the end up to which the handlers know that nothing more is there; -1: they know of none */
  toldEnd: number;
}

/** A member of a consumer group. The client's consumer joins, shares out and fetches; everything it would do with committed offsets is kept from it. */
export class ClientIntake implements Intake {
  private readonly options: ClientIntakeOptions;
  private readonly make: MakeConsumer;
  private consumer: GroupConsumer;
  private places = new Map<string, Place>();
  /** by the list of an answer: `Place.seeks` when it was asked for */
  private readonly fetched = new WeakMap<RawMessage[], number>();
  private generation = 0;
  private crashes = 0;
  private stopped = false;
  private restarting: NodeJS.Timeout | undefined;

  constructor(options: ClientIntakeOptions, make: MakeConsumer) {
    this.options = options;
    this.make = make;
    this.consumer = this.build();
  }

  /** Resolves when the brokers know the topics; joining goes on by itself. Throws what the client throws. */
  async start(): Promise<void> {
    const { consumer } = this;
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    consumer
      .run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        partitionsConsumedConcurrently: CONCURRENT,
        eachBatch: async ({ batch }) => {
          if (consumer === this.consumer) this.take(batch);
        },
      })
      .catch((error: unknown) => this.crashed(error, false));
  }

  resume(from: TopicPartition, offset: number): void {
    const place = this.placeOf(from);
    if (place === undefined) return;
    place.position = offset;
    this.goOnAt(place);
  }

  pause(from: TopicPartition): void {
    const place = this.placeOf(from);
    if (place === undefined) return;
    place.paused = true;
    place.version++;
    this.tell(() => this.consumer.pause([{ topic: from.topic, partitions: [from.partition] }]));
  }

  goOn(from: TopicPartition): void {
    const place = this.placeOf(from);
    if (place === undefined) return;
    if (place.position < 0) throw new Error(`${partitionName(from)} goes on before it was told where to begin`);
    if (place.forgotten) this.goOnAt(place);
    else this.read(place);
  }

  async commit(offsets: readonly (TopicPartition & { offset: number })[]): Promise<void> {
    const own = offsets.filter((of) => this.placeOf(of) !== undefined);
    if (own.length === 0) return;
    try {
      await this.consumer.commitOffsets(
        own.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset), metadata: '' })),
      );
    } catch (error) {
      // the group meets again, or the brokers are away: what was not committed is read again, by whoever has it then
      if (kindOf(error) !== 'passing' && kindOf(error) !== 'fenced') throw kafkaFailed(`commit offsets of ${this.options.group}`, error);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.restarting);
    this.places.clear();
    await this.consumer.disconnect();
  }

  private goOnAt(place: Place): void {
    const { topic, partition } = place.of;
    this.tell(() => this.consumer.seek({ topic, partition, offset: String(place.position) }));
    place.sought = place.position;
    place.seeks++;
    place.forgotten = false;
    this.read(place);
  }

  private read(place: Place): void {
    const { topic, partition } = place.of;
    place.paused = false;
    place.toldEnd = -1;
    place.version++;
    this.tell(() => this.consumer.resume([{ topic, partitions: [partition] }]));
  }

  /** While the consumer begins anew it can be told nothing; when it has joined, everything is paused and told again. */
  private tell(what: () => void): void {
    try {
      what();
    } catch (error) {
      if (!(error instanceof Error && NOT_JOINED.test(error.message))) throw error;
    }
  }

  /** undefined: the partition has gone to another member, of which the driver is about to hear, or has heard too late */
  private placeOf(of: TopicPartition): Place | undefined {
    return this.stopped ? undefined : this.places.get(partitionName(of));
  }

  private build(): GroupConsumer {
    const { group, instance } = this.options;
    const consumer = this.make({
      group,
      instance,
      maxWaitTimeInMs: FETCH_WAIT,
      cluster: (cluster) => this.watch(cluster),
      restarts: () => !this.stopped,
    });
    consumer.onJoin((assignment) => {
      if (consumer === this.consumer) this.joined(assignment);
    });
    consumer.onCrash((error, restarts) => {
      if (consumer === this.consumer) this.crashed(error, restarts);
    });
    return consumer;
  }

  private joined(assignment: Record<string, number[]>): void {
    if (this.stopped) return;
    const before = this.places;
    this.places = new Map();
    for (const [topic, partitions] of Object.entries(assignment)) {
      this.consumer.pause([{ topic, partitions: [...partitions] }]);
      for (const partition of [...partitions].sort((a, b) => a - b)) {
        const of = { topic, partition };
        const key = partitionName(of);
        const { position = -1, version = 0, seeks = 0 } = before.get(key) ?? {};
        const fresh = { paused: true, forgotten: true, sought: -1, end: 0, toldEnd: -1 };
        this.places.set(key, { ...fresh, of, position, version: version + 1, seeks: seeks + 1 });
      }
    }
    this.generation++;
    this.options.handlers.assigned(
      [...this.places.values()].map(({ of }) => of),
      this.generation,
    );
  }

  private take(batch: FetchedBatch): void {
    const { topic, partition, messages, rawMessages } = batch;
    const place = this.places.get(partitionName({ topic, partition }));
    if (place === undefined || this.stopped || messages.length === 0 || this.fetched.get(rawMessages) !== place.seeks) return;
    this.crashes = 0;
    const records: InRecord[] = [];
    for (const message of messages) records.push(inRecord(message));
    const behind = (records.at(-1) as InRecord).offset + 1;
    const atEnd = Number(batch.lastOffset()) + 1 >= place.end;
    if (!place.forgotten) place.position = behind;
    place.toldEnd = atEnd ? place.end : -1;
    this.hand(place, records, atEnd ? behind : place.end, atEnd ? Math.max(behind, place.end) : behind);
  }

  /** An error of whoever takes the records is the end: the client would deliver them again and again. */
  private hand(place: Place, records: readonly InRecord[], end: number, settled: number): void {
    try {
      this.options.handlers.records(place.of, records, end, settled);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /**
   * Puts our fetch in the place of the client's, and lets it wait for brokers that are away. By itself it would crash and
   * join anew as another member, which the group lets in only when the session of the old one has run out.
   */
  private watch(cluster: ClientCluster): void {
    const find = cluster.findBroker.bind(cluster);
    const done = new WeakSet<Broker>();
    const known = (nodeId: number | string) => cluster.getNodeIds().some((id) => String(id) === String(nodeId));
    cluster.findBroker = async (node) => {
      const broker = await this.waiting(
        () => find(node),
        () => known(node.nodeId),
      );
      if (!done.has(broker)) {
        done.add(broker);
        const plain = broker.fetch.bind(broker);
        broker.fetch = (request) => this.fetch(cluster, plain, request);
      }
      return broker;
    };
    cluster.findGroupCoordinator = ({ groupId }) => this.waiting(() => findCoordinator(cluster, 'group', groupId));
  }

  private async waiting<T>(work: () => Promise<T>, worthIt = () => true): Promise<T> {
    const begun = performance.now();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const late = performance.now() - begun > this.options.patience;
        if (kindOf(error) !== 'passing' || late || this.stopped || !worthIt()) throw error;
        await sleep(FETCH_PAUSE);
      }
    }
  }

  private async fetch(cluster: ClientCluster, plain: Broker['fetch'], request: FetchRequest): Promise<FetchResponse> {
    const asked = new Map<string, Question>();
    for (const { topic, partitions } of request.topics) {
      for (const { partition, fetchOffset } of partitions) {
        const key = partitionName({ topic, partition });
        const place = this.places.get(key);
        const offset = Number(fetchOffset);
        if (place === undefined || (place.sought >= 0 && place.sought !== offset)) continue;
        place.sought = -1;
        asked.set(key, { version: place.version, seeks: place.seeks, offset });
      }
    }
    try {
      const response = await fetchCommitted(plain, request);
      for (const { topicName, partitions } of response.responses) for (const part of partitions) this.look(topicName, part, asked);
      return response;
    } catch (error) {
      if (rootOf(error).type === 'OFFSET_OUT_OF_RANGE') {
        // the client would now commit an offset of its own choice
        this.lost(error as { topic: string; partition: number }, asked);
      } else if (kindOf(error) === 'passing') {
        // the client would now forget the broker, crash and join anew as somebody else, while its old self is a member yet
        await cluster.refreshMetadata().catch(() => {});
        await sleep(FETCH_PAUSE);
      } else throw error;
      return { responses: [] };
    }
  }

  /** Remembers what the answer belongs to, and the end; says that nothing more is there where no record will say it. */
  private look(topic: string, part: FetchedPartition, asked: Map<string, Question>): void {
    const key = partitionName({ topic, partition: part.partition });
    const place = this.places.get(key);
    const question = asked.get(key);
    if (question !== undefined) this.fetched.set(part.messages, question.seeks);
    if (place === undefined || question === undefined || place.version !== question.version || place.paused) return;
    place.end = stableEnd(part);
    const last = part.messages.at(-1);
    const behind = last === undefined ? question.offset : Number(last.offset) + 1;
    const silent = part.messages.every(({ isControlRecord, offset }) => isControlRecord || Number(offset) < question.offset);
    if (silent && behind >= place.end && place.toldEnd < place.end) {
      place.toldEnd = place.end;
      this.hand(place, [], place.position, Math.max(place.position, place.end));
    }
  }

  private lost(at: { topic: string; partition: number }, asked: Map<string, Question>): void {
    const key = partitionName(at);
    const place = this.places.get(key);
    const question = asked.get(key);
    if (place === undefined || question === undefined || place.version !== question.version || place.paused) return;
    this.fail(
      new WeirError(
        'log_lost',
        `Kafka: ${key} has no offset ${question.offset} any more: what was still to be read was removed (retention), or the topic was made anew`,
      ),
    );
  }

  private crashed(error: unknown, restarts: boolean): void {
    if (this.stopped) return;
    const kind = kindOf(error);
    const passing = kind === 'passing' || kind === 'fenced';
    if (!passing) this.crashes++;
    if (kind === 'denied' || this.crashes >= MOST_CRASHES || (!passing && !restarts)) {
      this.fail(kafkaFailed(`read as a member of ${this.options.group}`, error));
    } else if (!restarts) {
      this.restarting = setTimeout(() => this.rebuild(), CRASH_PAUSE);
    }
  }

  /** The client has given up on its consumer: another one takes over. */
  private rebuild(): void {
    if (this.stopped) return;
    const old = this.consumer;
    this.consumer = this.build();
    old.disconnect().catch(() => {});
    this.start().catch((error: unknown) => this.crashed(error, false));
  }

  private fail(error: Error): void {
    if (this.stopped) return;
    this.stopped = true;
    this.consumer.disconnect().catch(() => {});
    this.options.handlers.failed(error);
  }
}
