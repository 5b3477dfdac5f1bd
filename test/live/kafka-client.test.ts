import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ClientSettings, openKafka } from '../../services/drivers/kafka/client.ts';
import { Fenced, type InRecord, type Intake, type KafkaCluster, type TopicPartition } from '../../services/drivers/kafka/log.ts';
import { sharedBroker, uniquePrefix } from '../support/shared-broker.ts';

const prefix = uniquePrefix('client');
let topics = 0;

function settings(bootstrap = sharedBroker()): ClientSettings {
  return { brokers: [bootstrap], client_id: 'weir', tls: false, prefix, session_timeout: 6000 };
}

/** Resolves when the condition holds; looks again whenever something may have changed. */
async function until(condition: () => boolean | Promise<boolean>, what: string, timeout = 30_000): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeout} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function newTopic(kafka: KafkaCluster, partitions = 1, configs: Record<string, string> = {}): Promise<string> {
  const topic = `${prefix}.t${topics++}`;
  await kafka.ensure([{ topic, partitions, replication: 1, configs }]);
  return topic;
}

async function contents(kafka: KafkaCluster, topic: string): Promise<string[]> {
  const found: string[] = [];
  await kafka.readAll(topic, (_, record) => found.push(text(record)));
  return found;
}

function text(record: InRecord | undefined): string {
  return Buffer.from(record?.value ?? []).toString();
}

describe('transactions', () => {
  let kafka: KafkaCluster;
  beforeAll(() => {
    kafka = openKafka(settings());
  });
  afterAll(() => kafka.close());

  it('writes records and the offset as one thing, with its metadata', async () => {
    const topic = await newTopic(kafka, 2);
    const group = `${prefix}-g${topics}`;
    expect(await kafka.committed(group, topic, [0, 1])).toEqual(
      new Map([
        [0, { offset: undefined, metadata: '' }],
        [1, { offset: undefined, metadata: '' }],
      ]),
    );
    const writer = kafka.writer(`${group}-0`);
    await writer.fence();
    const metadata = JSON.stringify({ snapshot: 'ü'.repeat(1000) });
    await writer.write(
      [
        { topic, partition: 0, key: 'k', value: 'a', headers: { one: '1', two: 'zwei' } },
        { topic, partition: 1, value: new Uint8Array([1, 2, 3]) },
        { topic, partition: 0, value: null, key: 'gone' },
      ],
      { group, topic, partition: 0, offset: 17, metadata },
    );
    await kafka.writer(`${group}-0`).fence();
    expect(await kafka.committed(group, topic, [0, 1])).toEqual(
      new Map([
        [0, { offset: 17, metadata }],
        [1, { offset: undefined, metadata: '' }],
      ]),
    );
    const seen: { from: TopicPartition; record: InRecord }[] = [];
    await kafka.readAll(topic, (from, record) => seen.push({ from, record }));
    expect(seen.map(({ from, record: { offset, key, value, headers } }) => [from.partition, offset, key && `${key}`, value && [...value], headers])).toEqual(
      expect.arrayContaining([
        [0, 0, 'k', [97], { one: '1', two: 'zwei' }],
        [0, 1, 'gone', undefined, {}],
        [1, 0, undefined, [1, 2, 3], {}],
      ]),
    );
    expect(seen).toHaveLength(3);
    expect(await kafka.bounds(topic)).toEqual(
      new Map([
        [0, { start: 0, end: 3 }],
        [1, { start: 0, end: 2 }],
      ]),
    );
  });
});
