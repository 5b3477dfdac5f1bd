import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaFailed, kindOf, rootOf } from './client-errors.ts';

/** A record as the client decodes it from a fetch. */
export interface RawMessage {
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  timestamp: string;
  headers?: Record<string, Buffer | string | (Buffer | string)[] | undefined>;
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

export interface FetchedPartition {
  partition: number;
  highWatermark: string;
  lastStableOffset?: string;
  abortedTransactions?: { producerId: string; firstOffset: string }[] | null;
  messages: RawMessage[];
}

export interface FetchRequest {
  isolationLevel?: number;
  maxWaitTime?: number;
  minBytes?: number;
  maxBytes?: number;
  topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  rackId?: string;
}

export interface FetchResponse {
  responses: { topicName: string; partitions: FetchedPartition[] }[];
}

/** A message as the client takes it for writing. */
export interface WriteMessage {
  key: string | null;
  value: Buffer | string | null;
  headers?: Record<string, string>;
}

interface Producing {
  transactionalId: string;
  producerId: string;
  producerEpoch: number;
}

/** One broker, as the client has it inside: requests of the protocol, each sent once; errors are thrown. */
export interface Broker {
  fetch(request: FetchRequest): Promise<FetchResponse>;
  findGroupCoordinator(request: { groupId: string; coordinatorType: number }): Promise<{ coordinator: { nodeId: number } }>;
  offsetFetch(request: { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }): Promise<{
    responses: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[];
  }>;
  initProducerId(request: { transactionalId?: string; transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(request: Producing & { topics: { topic: string; partitions: number[] }[] }): Promise<unknown>;
  addOffsetsToTxn(request: Producing & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: Producing & {
      groupId: string;
      topics: { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[];
    },
  ): Promise<unknown>;
  endTxn(request: Producing & { transactionResult: boolean }): Promise<unknown>;
  produce(
    request: Partial<Producing> & {
      acks: number;
      timeout: number;
      topicData: { topic: string; partitions: { partition: number; firstSequence: number; messages: WriteMessage[] }[] }[];
    },
  ): Promise<unknown>;
}

export interface PartitionMetadata {
  partitionId: number;
  leader: number;
}

/** The client's view of a cluster: connections and metadata. It hands it to partition assigners, which is how we get one. */
export interface ClientCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  getNodeIds(): (number | string)[];
  addMultipleTargetTopics(topics: string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findBroker(node: { nodeId: number | string }): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>;
  findTopicPartitionMetadata(topic: string): PartitionMetadata[];
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

export type CoordinatorOf = 'group' | 'transaction';

export interface Patience {
  /** ms after which a passing error is thrown; default: never */
  patience?: number;
  /** ms after which a topic that no broker knows is an error; default 30 s */
  topicPatience?: number;
}

const TOPIC_PATIENCE = 30_000;
/** of a topic that is missing, or (the second) of one that this or another of the request is denied */
const TOPIC_ERRORS = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'OPERATION_NOT_ATTEMPTED']);
const FIRST_WAIT = 2;
const LONGEST_WAIT = 500;
/** ms; how long the broker settles a transaction is a matter of milliseconds */
const LONGEST_SETTLING_WAIT = 40;

/** Connections of one user of the brokers, and patience with their errors. */
export class Brokers {
  private readonly cluster: ClientCluster;
  private readonly coordinators = new Map<string, Broker>();
  private readonly closing = new AbortController();

  constructor(cluster: ClientCluster) {
    this.cluster = cluster;
  }

  /**
   * Does `work`, and again for as long as its errors are passing ones: so `work` has to be a request that may be repeated.
   * @throws WeirError `kafka_failed` when patience or `close` ends it; every other error as it came
   */
  async attempt<T>(
    what: string,
    work: () => Promise<T>,
    { patience = Number.POSITIVE_INFINITY, topicPatience = TOPIC_PATIENCE }: Patience = {},
  ) {
    const begun = performance.now();
    for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      if (this.closing.signal.aborted) throw kafkaFailed(what, new Error('the connection was closed'));
      try {
        if (!this.cluster.isConnected()) await this.cluster.connect();
        return await work();
      } catch (error) {
        if (kindOf(error) !== 'passing') throw error;
        const { type } = rootOf(error);
        const longest = TOPIC_ERRORS.has(type ?? '') ? Math.min(patience, topicPatience) : patience;
        if (this.closing.signal.aborted || performance.now() - begun > longest) throw kafkaFailed(what, error);
        if (type === 'CONCURRENT_TRANSACTIONS') wait = Math.min(wait, LONGEST_SETTLING_WAIT);
        else await this.refresh();
      }
      await sleep(wait, undefined, { signal: this.closing.signal }).catch(() => {});
    }
  }

  /** Partitions of a topic. Throws UNKNOWN_TOPIC_OR_PARTITION. */
  async partitionsOf(topic: string): Promise<PartitionMetadata[]> {
    await this.know([topic]);
    const found = this.cluster.findTopicPartitionMetadata(topic);
    if (found.length === 0) throw unknownTopic(topic);
    return found;
  }

  /** Loads what is not yet known of topics, in one request. */
  async know(topics: string[]): Promise<void> {
    await this.cluster.addMultipleTargetTopics(topics);
    await this.cluster.refreshMetadataIfNecessary();
  }

  /** Who takes requests for a partition. */
  async leader(topic: string, partition: number): Promise<Broker> {
    const found = (await this.partitionsOf(topic)).find(({ partitionId }) => partitionId === partition);
    if (found === undefined) throw unknownTopic(`${topic}/${partition}`);
    return this.cluster.findBroker({ nodeId: found.leader });
  }

  /** Who takes requests for a group or a transactional id; looked up again after a passing error. */
  async coordinator(of: CoordinatorOf, id: string): Promise<Broker> {
    const key = `${of} ${id}`;
    const known = this.coordinators.get(key);
    if (known !== undefined) return known;
    const found = await findCoordinator(this.cluster, of, id);
    this.coordinators.set(key, found);
    return found;
  }

  /** First offset, or the one behind the last committed record, of each partition. */
  async offsets(topic: string, which: 'first' | 'end'): Promise<Map<number, number>> {
    const partitions = (await this.partitionsOf(topic)).map(({ partitionId }) => ({ partition: partitionId }));
    const [found] = await this.cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: which === 'first' }]);
    return new Map(found.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /** Ends every attempt, then the connections. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.cluster.disconnect();
  }

  private async refresh(): Promise<void> {
    this.coordinators.clear();
    try {
      if (!this.cluster.isConnected()) await this.cluster.connect();
      await this.cluster.refreshMetadata();
    } catch (error) {
      // the next attempt meets what is still wrong, and is the one to tell
      if (kindOf(error) === 'denied') throw error;
    }
  }
}

function unknownTopic(topic: string): Error {
  return Object.assign(new Error(`there is no ${topic}`), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
}

/** The client's own way to ask drops the reason of a refusal. */
export async function findCoordinator(cluster: ClientCluster, of: CoordinatorOf, id: string): Promise<Broker> {
  await cluster.refreshMetadataIfNecessary();
  let failure: unknown = Object.assign(new Error('no broker is known'), { name: 'KafkaJSNoBrokerAvailableError' });
  for (const nodeId of cluster.getNodeIds()) {
    try {
      const broker = await cluster.findBroker({ nodeId });
      const { coordinator } = await broker.findGroupCoordinator({ groupId: id, coordinatorType: of === 'group' ? 0 : 1 });
      return await cluster.findBroker(coordinator);
    } catch (error) {
      if (kindOf(error) !== 'passing') throw error;
      failure = error;
    }
  }
  throw failure;
}
