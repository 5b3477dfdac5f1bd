import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../services/commands/config.ts';
import { serveKafka } from '../../services/commands/serve-kafka.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';
import { type ChildProgram, startProgram } from '../support/child-program.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { kafkaJars } from '../support/kafka-jars.ts';
import { until } from '../support/kafka-member.ts';

/** The services of docker-compose.yml, started with its settings but without containers. */

const COMPOSE = parse(readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8'));
const PASSWORD = 'a password';
/** what the image takes from the environment itself */
const NOT_SETTINGS = new Set(['KAFKA_HEAP_OPTS', 'KAFKA_OPTS', 'KAFKA_JMX_OPTS', 'KAFKA_LOG4J_OPTS']);

let home: string;
let broker: ChildProgram;
let clickhouse: ClickHouse;
let inside: number;
let host: number;

/** Name of a setting by the image's rule: KAFKA_ goes, `_` is a dot, `__` an underscore, `___` a dash. */
function settingOf(variable: string): string {
  const marks: Record<string, string> = { _: '.', __: '_', ___: '-' };
  return variable
    .slice('KAFKA_'.length)
    .toLowerCase()
    .replace(/_+/g, (run) => marks[run]);
}

beforeAll(async () => {
  const environment: Record<string, string> = COMPOSE.services.kafka.environment;
  const { java, classPath } = kafkaJars();
  home = mkdtempSync(join(tmpdir(), 'weir-compose-'));
  const data = join(home, 'data');
  mkdirSync(data);
  let controller: number;
  [inside, host, controller] = await freePorts(3);
  // the ports and names of the containers' network, and the volume, as they are to be had here
  const here = (value: string) =>
    value
      .replace('//kafka:', '//127.0.0.1:')
      .replaceAll('//:', '//127.0.0.1:')
      .replaceAll('localhost', '127.0.0.1')
      .replaceAll(/:9092\b/g, `:${inside}`)
      .replaceAll(/:9093\b/g, `:${controller}`)
      .replaceAll(/:9094\b/g, `:${host}`)
      .replace('/var/lib/kafka/data', data);
  const settings = Object.entries(environment).filter(([name]) => name.startsWith('KAFKA_') && !NOT_SETTINGS.has(name));
  const properties = join(home, 'server.properties');
  writeFileSync(properties, settings.map(([name, value]) => `${settingOf(name)}=${here(value)}\n`).join(''));

  const options = [...environment.KAFKA_HEAP_OPTS.split(' '), '-XX:TieredStopAtLevel=1', '-cp', classPath];
  const format = ['kafka.tools.StorageTool', 'format', '-t', environment.CLUSTER_ID, '-c', properties];
  const formatted = spawnSync(java, [...options, ...format], { encoding: 'utf8' });
  expect(formatted.status, formatted.stdout + formatted.stderr).toBe(0);
  broker = startProgram(java, [...options, 'kafka.Kafka', properties], join(home, 'broker.log'));
  await broker.until((printed) => printed.includes('Kafka Server started'), 120_000);
  clickhouse = await startClickHouse({ users: [{ name: COMPOSE.services.clickhouse.environment.CLICKHOUSE_USER, password: PASSWORD }] });
});
afterAll(async () => {
  await broker?.kill();
  await clickhouse?.remove();
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});

test('the broker takes transactions on both of its listeners', async () => {
  for (const port of [inside, host]) {
    const client = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: `by-${port}`, numPartitions: 6, replicationFactor: 1 }] });
    const { brokers } = await admin.describeCluster();
    expect(brokers.map((node) => `${node.host}:${node.port}`)).toEqual([`127.0.0.1:${port}`]);
    await admin.disconnect();
    const producer = client.producer({ transactionalId: `by-${port}`, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: `by-${port}`, messages: [{ value: 'one' }] });
    await transaction.commit();
    await producer.disconnect();

    const consumer = client.consumer({ groupId: `by-${port}` });
    await consumer.subscribe({ topic: `by-${port}`, fromBeginning: true });
    const value = await new Promise((take) => {
      void consumer.run({ eachMessage: async ({ message }) => take(message.value?.toString()) });
    });
    expect(value).toBe('one');
    await consumer.disconnect();
  }
});

test('Weir is ready with its config, and the health check sees it', async () => {
  const admin = new Kafka({ brokers: [`127.0.0.1:${inside}`], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const command: string[] = COMPOSE.services.topics.command;
  const [topic, partitions] = ['--topic', '--partitions'].map((name) => command[command.indexOf(name) + 1]);
  await admin.createTopics({ topics: [{ topic, numPartitions: Number(partitions) }] });
  await admin.disconnect();

  const [port] = await freePorts(1);
  const config = readFileSync(new URL('../../docs/compose.weir.yaml', import.meta.url), 'utf8')
    .replace('kafka:9092', `127.0.0.1:${inside}`)
    .replace('http://clickhouse:8123', clickhouse.url)
    .replace('/var/lib/weir/state', join(home, 'state'))
    .replace('0.0.0.0:9600', `127.0.0.1:${port}`);
  const path = join(home, 'weir.yaml');
  writeFileSync(path, config);
  const [program, ...words]: string[] = COMPOSE.services.weir.healthcheck.test.slice(1);
  const healthy = async () => {
    const check = spawn(
      program,
      words.map((word) => word.replace(':9600', `:${port}`)),
    );
    return (await once(check, 'exit'))[0] === 0;
  };
  expect(await healthy()).toBe(false);

  const stop = new AbortController();
  const served = serveKafka({
    config: loadConfig(path),
    log: serveLog((process.env.WEIR_TEST_LOG ?? 'silent') as 'silent'),
    signal: stop.signal,
    environment: { ...process.env, WEIR_KEY: 'a master key for tests', WEIR_STORE_PASSWORD: PASSWORD },
  });
  await Promise.race([served, until(healthy, 'a process that is ready')]);
  stop.abort();
  await served;
  expect(await healthy()).toBe(false);
});
