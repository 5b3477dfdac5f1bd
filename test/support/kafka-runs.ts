import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { openKafka } from '../../services/drivers/kafka/client.ts';
import type { KafkaCluster, OutRecord, TopicPartition } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';

/** A prefix, topic or group name that no other test has. */
export function uniqueName(what: string): string {
  return `${what}-${randomBytes(4).toString('hex')}`;
}

export function clusterOf(bootstrap: string, prefix: string): KafkaCluster {
  const cluster = openKafka({ brokers: [bootstrap], client_id: 'test', tls: false, prefix, session_timeout: 6000 });
  const admin = new Kafka({ clientId: 'test', brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  let connected: Promise<void> | undefined;
  askers.set(cluster, async (topic) => {
    await (connected ??= admin.connect());
    return new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
  });
  const close = cluster.close.bind(cluster);
  cluster.close = async () => {
    await close();
    if (connected !== undefined) await connected.then(() => admin.disconnect()).catch(() => undefined);
  };
  return cluster;
}

/** Asks for what our own client never does: the offset behind the last record of each partition, committed or not. */
const askers = new WeakMap<KafkaCluster, (topic: string) => Promise<Map<number, number>>>();

async function writtenEnds(cluster: KafkaCluster, topic: string): Promise<Map<number, number>> {
  const ask = askers.get(cluster);
  if (ask === undefined) throw new Error('the cluster has to come from clusterOf');
  return ask(topic);
}

/** Records of one batch of `fill`. */
const BATCH = 1000;

/** Makes a topic and writes lines into it, in turn over its partitions unless `partitionOf` says otherwise; ends each partition if asked. */
export async function fill(
  cluster: KafkaCluster,
  topic: string,
  partitions: number,
  lines: readonly string[],
  { end = true, partitionOf = (i: number) => i % partitions }: { end?: boolean; partitionOf?: (index: number) => number } = {},
): Promise<void> {
  await cluster.ensure([{ topic, partitions, replication: 1, configs: {} }]);
  for (let from = 0; from < lines.length; from += BATCH) {
    await cluster.send(
      lines.slice(from, from + BATCH).map((line, i): OutRecord => ({ topic, partition: partitionOf(from + i), value: line })),
    );
  }
  if (end) await cluster.send(endMarks(topic, partitions));
}

export function endMarks(topic: string, partitions: number): OutRecord[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition, value: '', headers: { 'weir-control': 'end' } }));
}

/** Marks that transactions leave behind the last record of a partition: one for each that was under way at once. */
const MOST_MARKS = 100;

/** True when there is no record from `offset` on: nothing but marks of transactions. */
async function drained(cluster: KafkaCluster, of: TopicPartition, offset: number, end: number): Promise<boolean> {
  if (end - offset > MOST_MARKS) return false;
  for (let at = offset; at < end; at++) if ((await cluster.recordAt(of, at)) !== undefined) return false;
  return true;
}

/** True when nothing is under way: every group has committed all that its topics hold. */
export async function atRest(
  cluster: KafkaCluster,
  prefix: string,
  sources: readonly string[],
  tenants: readonly string[],
): Promise<boolean> {
  const names = new Names(prefix);
  const joins = (await cluster.partitions([names.sessions])).has(names.sessions);
  const read = [
    ...sources.map((topic) => ({ group: names.group('normalise'), topic })),
    ...(joins ? [{ group: names.group('identify'), topic: names.sessions }] : []),
    { group: names.group('account'), topic: names.events },
    { group: names.group('merge'), topic: names.partials },
    { group: names.group('alert'), topic: names.candidates },
    ...names.outputs(tenants).map((topic) => ({ group: names.group('store'), topic })),
  ];
  for (const { group, topic } of read) {
    const bounds = await cluster.bounds(topic);
    const written = await writtenEnds(cluster, topic);
    const committed = await cluster.committed(group, topic, [...bounds.keys()]);
    for (const [partition, { start, end }] of bounds) {
      // A broker shows an offset as committed some time before it shows the records of the same transaction.
      if (written.get(partition) !== end) return false;
      if (!(await drained(cluster, { topic, partition }, committed.get(partition)?.offset ?? start, end))) return false;
    }
  }
  return true;
}

/** Looks in a row: what went back to a topic that had been looked at, shared knowledge, is seen by the next one. */
const CALM_LOOKS = 3;

/** Waits for `atRest` several times in a row: what was on its way between two groups at one look has arrived by the next ones. */
export async function untilAtRest(
  cluster: KafkaCluster,
  prefix: string,
  sources: readonly string[],
  tenants: readonly string[],
  failed: Promise<unknown>,
): Promise<void> {
  for (let calm = 0; calm < CALM_LOOKS; ) {
    calm = (await Promise.race([failed, atRest(cluster, prefix, sources, tenants)])) === true ? calm + 1 : 0;
    await wait(20);
  }
}
