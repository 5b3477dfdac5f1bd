/**
 * What the Kafka driver needs of a log, without naming a client: `client.ts`, the only file that imports one, provides
 * it. Offsets are numbers: 2^53 records are enough for a partition's life.
 */

/** A partition of a topic. */
export interface TopicPartition {
  topic: string;
  partition: number;
}

/** What a partition is called in positions, keys and messages: `topic/3`. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** The partition of a name that `partitionName` gave. */
export function namedPartition(name: string): TopicPartition {
  const at = name.lastIndexOf('/');
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) };
}

/** A record as it was read. */
export interface InRecord {
  offset: number;
  key: Uint8Array | undefined;
  /** undefined: a tombstone */
  value: Uint8Array | undefined;
  headers: Readonly<Record<string, string>>;
  /** ms; set by the producer or the broker, as the topic says */
  timestamp: number;
}

/** A record to be written. */
export interface OutRecord {
  topic: string;
  /** left out: by the key */
  partition?: number;
  key?: string;
  /** null: a tombstone */
  value: Uint8Array | string | null;
  headers?: Record<string, string>;
}

/** The committed offset of a group: the first that has not been processed. */
export interface Committed {
  /** undefined: none is committed */
  offset: number | undefined;
  /** what was committed with it; '' for nothing */
  metadata: string;
}

export interface OffsetCommit extends TopicPartition {
  group: string;
  offset: number;
  /** at most 4,096 bytes, a broker's default limit */
  metadata: string;
}

/** The log has given this writer's id to another process: what it was about to write is not its business any more. */
export class Fenced extends Error {
  constructor(id: string, options?: { cause?: unknown }) {
    super(`another process writes as ${id} now`, options);
    this.name = 'Fenced';
  }
}

/**
 * Writes transactions under one transactional id. `fence` comes first: it shuts out whoever wrote under the id before,
 * and settles what they left unfinished. One write at a time.
 */
export interface TransactionalWriter {
  /** Opens and aborts an empty transaction: connecting alone does not fence. Throws Fenced, WeirError `kafka_failed`. */
  fence(): Promise<void>;
  /**
   * All records and the commit, or nothing. When it resolves that is decided; readers of committed records, and
   * `committed`, see it some ms later, or at once after a `fence` of the same id. What fails in passing is sent again until
   * the broker has answered, so the outcome is always known. Records of one topic partition keep their order.
   * @throws Fenced, WeirError `kafka_failed`
   */
  write(records: readonly OutRecord[], commit?: OffsetCommit): Promise<void>;
  close(): Promise<void>;
}

/** What a member of a group is told. Calls are synchronous, in order; what they start, they do not wait for. */
export interface IntakeHandlers {
  /**
   * Who reads what has changed: these are this member's partitions now, all paused; the driver resumes each when it
   * knows where to read on. Partitions of the assignment before that are missing now belong to others.
   */
  assigned(partitions: readonly TopicPartition[], generation: number): void;
  /**
   * Records of one partition, in order. They may begin below the place that was sought: the driver skips them. None: all
   * that is there has been read. `end`: offset behind the last record that is known to be there. `settled`: everything below
   * it has been handed over; above the last record when only marks of transactions follow.
   */
  records(from: TopicPartition, records: readonly InRecord[], end: number, settled: number): void;
  /** Reading has failed for good: nothing more will come. */
  failed(error: Error): void;
}

/** A member of a consumer group: reads committed records, commits only what it is told to. */
export interface Intake {
  /** Reads on at this offset, and no longer paused. */
  resume(from: TopicPartition, offset: number): void;
  pause(from: TopicPartition): void;
  /** Reads on where it was paused. */
  goOn(from: TopicPartition): void;
  /**
   * Commits offsets outside of transactions, for readers whose work may be done twice. What is no longer this member's is
   * left to whoever has it now. Throws WeirError `kafka_failed`
   */
  commit(offsets: readonly (TopicPartition & { offset: number })[]): Promise<void>;
  /** Leaves the group: its partitions go to others at once. */
  stop(): Promise<void>;
}

export interface IntakeOptions {
  group: string;
  topics: readonly string[];
  /** name of this process, the same after a restart if it can be: what the assignment is computed from */
  instance: string;
  handlers: IntakeHandlers;
}

/** A topic as it is or should be. */
export interface TopicSpec {
  topic: string;
  partitions: number;
  replication: number;
  /** topic configs by their Kafka names, as text */
  configs: Record<string, string>;
}

/** A cluster of brokers. */
export interface KafkaCluster {
  /** Partition counts of the topics that exist. */
  partitions(topics: readonly string[]): Promise<Map<string, number>>;
  /**
   * Makes the topics that are missing and checks those that are there: their partition count and the configs named. All
   * differences come in one error that says what is and what should be. Throws WeirError `topic_mismatch`, `kafka_failed`.
   */
  ensure(specs: readonly TopicSpec[]): Promise<{ made: string[] }>;
  /** As `ensure`, but makes nothing: the broker says whether those that are missing could be made. */
  check(specs: readonly TopicSpec[]): Promise<{ missing: string[] }>;
  /** Configs in force of topics that exist, the broker's defaults included, by their Kafka names. Throws WeirError `kafka_failed`. */
  configs(topics: readonly string[]): Promise<Map<string, Record<string, string>>>;
  /** By partition number. */
  committed(group: string, topic: string, partitions: readonly number[]): Promise<Map<number, Committed>>;
  /** First offset that is there, and the one behind the last committed record, by partition number. */
  bounds(topic: string): Promise<Map<number, { start: number; end: number }>>;
  writer(transactionalId: string): TransactionalWriter;
  /** Writes outside of transactions, acknowledged by all replicas: for what is written once and read by key. */
  send(records: readonly OutRecord[]): Promise<void>;
  join(options: IntakeOptions): Promise<Intake>;
  /** The one record at an offset; undefined when it is no longer there. */
  recordAt(from: TopicPartition, offset: number): Promise<InRecord | undefined>;
  /** Every committed record of a topic from its start (`from`: these offsets, by partition) to its present end, in order within each partition. */
  readAll(topic: string, take: (from: TopicPartition, record: InRecord) => void, from?: ReadonlyMap<number, number>): Promise<void>;
  /** How many members a group has; 0 for one that does not exist. Throws `kafka_failed`. */
  members(group: string): Promise<number>;
  /** Who answers. Throws `kafka_failed`. */
  describe(): Promise<{ brokers: number; controller: number | undefined; clusterId: string }>;
  close(): Promise<void>;
}
