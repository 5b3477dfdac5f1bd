import { WeirError } from '../../core/errors.ts';
import type { Broker, Brokers, PartitionMetadata, WriteMessage } from './client-brokers.ts';
import { kindOf, rootOf } from './client-errors.ts';
import type { OutRecord } from './log.ts';

/** One request makes one batch per partition, and topics limit the bytes of a batch (1 MB unless set otherwise). */
const BATCH_BYTES = 900_000;
/** of all batches of a request together; a broker takes 100 MB */
const REQUEST_BYTES = 8 << 20;
/** roughly, of a record without its key, value and headers */
const RECORD_OVERHEAD = 24;
/** ms that a broker may wait for its replicas */
const ACK_TIMEOUT = 30_000;
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** The partition of a record that names none, by its key. */
export type Partitioner = (of: { topic: string; partitionMetadata: PartitionMetadata[]; message: WriteMessage }) => number;

/** What goes to one partition in one request. */
export interface Batch {
  topic: string;
  partition: number;
  messages: WriteMessage[];
  bytes: number;
}

/** Who produces, as the brokers know it. */
export interface Producer {
  /** left out: outside of transactions */
  transactionalId?: string;
  producerId: string;
  producerEpoch: number;
  /** of the next record, by `topic partition` */
  sequences: Map<string, number>;
}

/**
 * Records by partition, in rounds that go out one after the other, so that each partition keeps its order. A batch holds
 * at most BATCH_BYTES, or one record that is larger.
 */
export async function roundsOf(brokers: Brokers, partitioner: Partitioner, records: readonly OutRecord[]): Promise<Batch[][]> {
  await brokers.know([...new Set(records.map(({ topic }) => topic))]);
  const known = new Map<string, PartitionMetadata[]>();
  const open = new Map<string, { batch: Batch; round: number }>();
  const rounds: { batches: Batch[]; bytes: number }[] = [];
  for (const { topic, partition, key = null, value, headers } of records) {
    let partitions = known.get(topic);
    if (partitions === undefined) {
      partitions = await brokers.partitionsOf(topic);
      known.set(topic, partitions);
    }
    const message: WriteMessage = { key, value: value instanceof Uint8Array ? bufferOf(value) : value, headers };
    const to = partition ?? partitioner({ topic, partitionMetadata: partitions, message });
    if (to >= partitions.length) throw new Error(`${topic} has ${partitions.length} partitions, none of the number ${to}`);
    const bytes = sizeOf(message);
    const name = `${topic} ${to}`;
    const last = open.get(name);
    if (last !== undefined && last.batch.bytes + bytes <= BATCH_BYTES && rounds[last.round].bytes + bytes <= REQUEST_BYTES) {
      last.batch.messages.push(message);
      last.batch.bytes += bytes;
      rounds[last.round].bytes += bytes;
      continue;
    }
    let round = last === undefined ? 0 : last.round + 1;
    while (rounds[round] !== undefined && rounds[round].bytes + bytes > REQUEST_BYTES) round++;
    rounds[round] ??= { batches: [], bytes: 0 };
    const batch = { topic, partition: to, messages: [message], bytes };
    rounds[round].batches.push(batch);
    rounds[round].bytes += bytes;
    open.set(name, { batch, round });
  }
  return rounds.map(({ batches }) => batches);
}

/**
 * Writes one round and resolves when all replicas have it. A broker tells by the sequence numbers which batches it has
 * already, so a request whose answer was lost is sent again as it was.
 * @throws the broker's refusal, WeirError `kafka_failed` for a batch that is larger than its topic takes
 */
export async function produce(
  brokers: Brokers,
  batches: readonly Batch[],
  { producer, patience }: { producer: Producer; patience?: number },
): Promise<void> {
  const missing = new Set(batches);
  const { sequences, ...ids } = producer;
  const write = async () => {
    const byLeader = new Map<Broker, Batch[]>();
    for (const batch of missing) {
      const leader = await brokers.leader(batch.topic, batch.partition);
      const here = byLeader.get(leader);
      if (here === undefined) byLeader.set(leader, [batch]);
      else here.push(batch);
    }
    const writing = [...byLeader].map(async ([leader, here]) => {
      await leader.produce({ ...ids, acks: -1, timeout: ACK_TIMEOUT, topicData: topicData(here, sequences) });
      for (const batch of here) {
        missing.delete(batch);
        const name = nameOf(batch);
        sequences.set(name, (sequences.get(name) ?? 0) + batch.messages.length);
      }
    });
    const failed = (await Promise.allSettled(writing)).filter((result) => result.status === 'rejected');
    const worst = failed.find(({ reason }) => kindOf(reason) !== 'passing') ?? failed[0];
    if (worst !== undefined) throw TOO_LARGE.has(rootOf(worst.reason).type ?? '') ? tooLarge(batches, worst.reason) : worst.reason;
  };
  await brokers.attempt(`write to ${namesOf(batches)}`, write, { patience });
}

function topicData(batches: readonly Batch[], sequences: Producer['sequences']) {
  const topics = new Map<string, { partition: number; firstSequence: number; messages: WriteMessage[] }[]>();
  for (const batch of batches) {
    const { topic, partition, messages } = batch;
    const partitions = topics.get(topic) ?? [];
    partitions.push({ partition, firstSequence: sequences.get(nameOf(batch)) ?? 0, messages });
    topics.set(topic, partitions);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

function tooLarge(batches: readonly Batch[], cause: unknown): Error {
  const { topic, partition, bytes, messages } = batches.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const what = `${messages.length} record(s) of ${bytes} bytes are more than ${topic}/${partition} takes at once`;
  return new WeirError('kafka_failed', `Kafka: ${what}; the topic's max.message.bytes has to be larger`, { cause });
}

function nameOf({ topic, partition }: Batch): string {
  return `${topic} ${partition}`;
}

function namesOf(batches: readonly Batch[]): string {
  return [...new Set(batches.map(({ topic }) => topic))].join(', ');
}

function sizeOf({ key, value, headers }: WriteMessage): number {
  let bytes = RECORD_OVERHEAD + lengthOf(key) + lengthOf(value);
  for (const name in headers) bytes += name.length + lengthOf(headers[name]) + 4;
  return bytes;
}

function lengthOf(text: Buffer | string | null): number {
  return text === null ? 0 : typeof text === 'string' ? Buffer.byteLength(text) : text.length;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
