import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKafka } from '../../services/drivers/kafka/client.ts';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { createLiveStore, type LiveStore, liveVersion } from '../../services/storage/live-store.ts';
import { deploymentDocument, grant, revoke, rightsOfAll } from '../support/access-rights.ts';
import { type Broker, startBroker } from '../support/broker.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { member, text, until } from '../support/kafka-member.ts';
import { alertOf } from '../support/records.ts';

/** The rights that docs/deployment.md asks for are enough, and none is too many. */

describe('on the brokers', () => {
  let broker: Broker;
  let admin: Admin;
  let runs = 0;

  beforeAll(async () => {
    broker = await startBroker({ security: { acls: true } });
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'gateway-logs', numPartitions: 2 }] });
    const shipper = kafka.producer();
    await shipper.connect();
    await shipper.send({ topic: 'gateway-logs', messages: [{ value: 'a record', partition: 0 }] });
    await shipper.disconnect();
    await grant(admin, 'weir', rightsOfAll());
  });
  afterAll(async () => {
    await admin?.disconnect();
    await broker?.remove();
  });

  /** Everything that `weir serve` asks of the brokers, as the user weir. */
  async function work(): Promise<void> {
    const { sasl: address = '', users } = broker.secured ?? {};
    const kafka = openKafka(
      {
        brokers: [address],
        client_id: 'weir',
        tls: false,
        sasl: { mechanism: 'scram-sha-512', username: 'weir', password_env: 'PASSWORD' },
        prefix: 'weir',
        session_timeout: 6000,
      },
      { environment: { PASSWORD: users?.weir } },
    );
    try {
      await workOn(kafka, `weir.made-${++runs}`);
    } finally {
      await kafka.close();
    }
  }
  async function workOn(kafka: KafkaCluster, topic: string): Promise<void> {
    expect(await kafka.partitions(['gateway-logs'])).toEqual(new Map([['gateway-logs', 2]]));
    const spec = { topic, partitions: 1, replication: 1, configs: { 'retention.ms': '7200000' } };
    expect(await kafka.ensure([spec])).toEqual({ made: [topic] });
    expect(await kafka.ensure([spec])).toEqual({ made: [] });

    const input = await member(kafka, ['gateway-logs'], 'one', ({ resume }) => resume('gateway-logs', 0, 0), `weir-normalise-${runs}`);
    await until(() => input.seen.length > 0 || input.failures.length > 0, 'a record of the source');
    expect(input.failures).toEqual([]);
    await input.intake?.stop();

    const writer = kafka.writer(`weir-normalise-gateway-logs-0-${runs}`);
    await writer.fence();
    const commit = { group: 'weir-normalise', topic: 'gateway-logs', partition: 0, offset: runs, metadata: 'a checkpoint' };
    await writer.write([{ topic, partition: 0, value: 'an outcome' }], commit);
    await writer.fence();
    expect((await kafka.committed('weir-normalise', 'gateway-logs', [0])).get(0)).toEqual({ offset: runs, metadata: 'a checkpoint' });
    expect((await kafka.bounds(topic)).get(0)?.start).toBe(0);

    const found: string[] = [];
    await kafka.readAll(topic, (_, record) => found.push(text(record)));
    expect(found).toEqual(['an outcome']);
    expect(text(await kafka.recordAt({ topic: 'gateway-logs', partition: 0 }, 0))).toBe('a record');
    await kafka.send([{ topic, partition: 0, value: 'outside of a transaction' }]);
    expect(await kafka.describe()).toMatchObject({ brokers: 1 });
  }

  test('all rights together are enough', async () => {
    expect(rightsOfAll().length).toBeGreaterThan(5);
    await work();
  });

  test.each(rightsOfAll())('without $operation on $kind $resource something is refused', async (right) => {
    expect(await revoke(admin, 'weir', right)).toBe(1);
    try {
      // the broker hears of it a moment later
      await until(
        () =>
          work().then(
            () => false,
            () => true,
          ),
        'a refusal',
      );
    } finally {
      await grant(admin, 'weir', [right]);
    }
    await until(
      () =>
        work().then(
          () => true,
          () => false,
        ),
      'the right to be back',
    );
  });
});

describe('in ClickHouse', () => {
  const grants = [...deploymentDocument().matchAll(/^(GRANT .+) TO weir;$/gm)].map((match) => match[1]);
  const user = { name: 'weir', password: 'a password', grants };
  let server: ClickHouse;
  let store: LiveStore | undefined;

  beforeAll(async () => {
    const owner = { name: 'owner', password: 'another' };
    server = await startClickHouse({ users: [user, owner] });
    const url = `${server.url}/?user=${owner.name}&password=${owner.password}`;
    const made = await fetch(url, { method: 'POST', body: 'CREATE DATABASE weir' });
    expect(made.status).toBe(200);
  });
  afterAll(async () => {
    await store?.close();
    await server?.remove();
  });

  test('the grants are enough to make the tables, to write and to read', async () => {
    expect(grants.length).toBe(3);
    const stop = AbortSignal.timeout(30_000);
    store = await createLiveStore(
      { url: server.url, username: user.name, password: user.password, database: 'weir' },
      { retention: 30, signal: stop },
    );
    store.alerts([alertOf(1)], liveVersion(1));
    store.inventory('shop', [{ interface: 'GET a/b', hour: 0, origins: 1, classes: 4, callers: [1], sensitive: [] }]);
    await store.flush();
    const rows = await store.query('SELECT count() AS n FROM alerts', { format: 'JSONEachRow' });
    expect(Buffer.from(rows).toString().trim()).toBe('{"n":1}');
  });
});
