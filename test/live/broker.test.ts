import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, expect, test } from 'vitest';
import { type Broker, startBroker } from '../support/broker.ts';
import { sharedBroker, uniquePrefix } from '../support/shared-broker.ts';

/** The brokers of the live tests do what the tests rely on. */

let broker: Broker | undefined;
afterEach(() => broker?.remove());

function cluster(bootstrap: string): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 2 } });
}

async function makeTopic(bootstrap: string, topic: string): Promise<void> {
  const admin = cluster(bootstrap).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] });
  await admin.disconnect();
}

async function topicsOf(bootstrap: string): Promise<string[]> {
  const admin = cluster(bootstrap).admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics;
}

test('the shared broker takes topics', async () => {
  const topic = uniquePrefix();
  await makeTopic(sharedBroker(), topic);
  expect(await topicsOf(sharedBroker())).toContain(topic);
});

test('a broker of its own keeps its data over SIGKILL and SIGTERM, and is gone when removed', async () => {
  broker = await startBroker();
  const { bootstrap, folder } = broker;
  await makeTopic(bootstrap, 'kept');
  await broker.kill();
  await expect(topicsOf(bootstrap)).rejects.toThrow();
  await broker.restart();
  expect(await topicsOf(bootstrap)).toContain('kept');
  await broker.stop();
  await broker.restart();
  expect(await topicsOf(bootstrap)).toContain('kept');
  await broker.remove();
  expect(existsSync(folder)).toBe(false);
});

test('a frozen broker answers again when it is thawed', async () => {
  broker = await startBroker();
  broker.freeze();
  const topics = topicsOf(broker.bootstrap);
  // it would answer within milliseconds
  expect(await Promise.race([topics, wait(300, 'silence')])).toBe('silence');
  broker.thaw();
  expect(await topics).toEqual([]);
});
