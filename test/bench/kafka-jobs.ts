import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { openKafka } from '../../services/drivers/kafka/client.ts';
import type { OutRecord } from '../../services/drivers/kafka/log.ts';
import { Traffic, type TrafficOptions } from './kafka-traffic.ts';

/** The jobs of the bench on Kafka, as in jobs.ts: one a process, one JSON line at the end. */
const JOBS: Record<string, (argument: never) => Promise<unknown>> = { produce, consume, live, transact };

const BATCH = 1000;
/** ms between two sends of live traffic */
const BEAT = 25;
/** ms of traffic that are sent at once when it has fallen behind: a request holds so much */
const MOST_AT_ONCE = 200;
/** ms between two transactions of one writer */
const SETTLED = 20;

function open(bootstrap: string): Kafka {
  return new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.NOTHING });
}

/** The client alone, producing: the lines of files into topics, in turn over their partitions, 1,000 a request. */
async function produce({
  bootstrap,
  files,
}: {
  bootstrap: string;
  files: { path: string; topic: string; partitions: number }[];
}): Promise<unknown> {
  const producer = open(bootstrap).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let events = 0;
  const begun = performance.now();
  for (const { path, topic, partitions } of files) {
    const bytes = readFileSync(path);
    let messages: { partition: number; value: Buffer }[] = [];
    const send = async (): Promise<void> => {
      if (messages.length > 0) await producer.send({ topic, messages });
      messages = [];
    };
    for (let at = 0; at < bytes.length; ) {
      const feed = bytes.indexOf(10, at);
      messages.push({ partition: events++ % partitions, value: bytes.subarray(at, feed) });
      at = feed + 1;
      if (messages.length === BATCH) await send();
    }
    await send();
  }
  const took = (performance.now() - begun) / 1000;
  await producer.disconnect();
  return { events, took };
}

/** The client alone, consuming: batches of all topics, nothing done with them. */
async function consume({ bootstrap, topics, events }: { bootstrap: string; topics: string[]; events: number }): Promise<unknown> {
  const consumer = open(bootstrap).consumer({ groupId: `bench-consume-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  let seen = 0;
  let begun = 0;
  let took = 0;
  await new Promise<void>((done) => {
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        begun ||= performance.now();
        seen += batch.messages.length;
        if (seen < events) return;
        took = (performance.now() - begun) / 1000;
        done();
      },
    });
  });
  return { events: seen, took };
}

export interface TransactOptions {
  bootstrap: string;
  prefix: string;
  /** a topic with at least as many partitions */
  topic: string;
  partitions: number;
  /** of all its records together */
  bytes: number;
  transactions: number;
}

/** The driver's own writer: transactions of so many bytes, one record to each partition, with the commit of an offset. */
async function transact({ bootstrap, prefix, topic, partitions, bytes, transactions }: TransactOptions): Promise<unknown> {
  const cluster = openKafka({ brokers: [bootstrap], client_id: 'bench', tls: false, prefix, session_timeout: 30_000 });
  const writer = cluster.writer(`${prefix}-bench`);
  await writer.fence();
  const value = new Uint8Array(Math.ceil(bytes / partitions)).map((_, i) => i * 31);
  const records = Array.from({ length: partitions }, (_, partition): OutRecord => ({ topic, partition, value }));
  const commit = { group: `${prefix}-bench`, topic, partition: 0, metadata: 'x'.repeat(100) };
  // what connecting and compiling cost is not a transaction's
  for (let i = 0; i < 20; i++) await writer.write(records, { ...commit, offset: i });
  const before = process.cpuUsage();
  let took = 0;
  for (let i = 0; i < transactions; i++) {
    // as tasks do: the transaction before has been settled
    await wait(SETTLED);
    const begun = performance.now();
    await writer.write(records, { ...commit, offset: 100 + i });
    took += (performance.now() - begun) / 1000;
  }
  const { user, system } = process.cpuUsage(before);
  await cluster.close();
  return { took, cpu: (user + system) / 1e6 };
}

/** A tenant of live traffic, on a topic. */
export type LiveTenant = TrafficOptions & { topic: string; partitions: number };

export interface LiveOptions {
  bootstrap: string;
  tenants: LiveTenant[];
  /** ms since the epoch: event time at `begin` */
  eventStart: number;
  /** ms since the epoch: when it begins */
  begin: number;
  /** how many times faster than the clock event time goes */
  speed: number;
  seconds: number;
}

/** Gateways at work: a constant rate, sent as it comes. Says by how much it fell behind at worst, ms. */
async function live({ bootstrap, tenants, eventStart, begin, speed, seconds }: LiveOptions): Promise<unknown> {
  const producer = open(bootstrap).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const traffic = tenants.map((tenant) => ({ ...tenant, lines: new Traffic(tenant), sent: 0, turn: 0 }));
  let last = 0;
  let events = 0;
  let behind = 0;
  for (let beat = 1; last < seconds * 1000; beat++) {
    await wait(Math.max(0, begin + beat * BEAT - Date.now()));
    const now = Math.min(seconds * 1000, Date.now() - begin, last + MOST_AT_ONCE);
    if (now <= last) continue;
    const at = (ms: number): number => eventStart + ms * speed;
    const topicMessages = traffic.map((tenant) => {
      const due = Math.floor((tenant.rate * now) / 1000) - tenant.sent;
      tenant.sent += due;
      const lines = tenant.lines.lines(at(last), at(now), due);
      events += lines.length;
      return { topic: tenant.topic, messages: lines.map((value) => ({ value, partition: tenant.turn++ % tenant.partitions })) };
    });
    last = now;
    await producer.sendBatch({ topicMessages: topicMessages.filter(({ messages }) => messages.length > 0), acks: 1 });
    if (now > 2000) behind = Math.max(behind, Date.now() - begin - now);
  }
  await producer.disconnect();
  return { events, behind };
}

const [name, argument] = process.argv.slice(2);
const result = await JOBS[name](JSON.parse(argument) as never);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ cpu: (user + system) / 1e6, peak: process.memoryUsage.rss(), result }));
process.exit(0);
