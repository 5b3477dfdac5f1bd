import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../services/commands/config.ts';
import { serveKafka } from '../../services/commands/serve-kafka.ts';
import { Names, ownTopics, ROLES } from '../../services/drivers/kafka/names.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';
import { grant, rightsOfRoles } from '../support/access-rights.ts';
import { type Broker, startBroker } from '../support/broker.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { clusterOf, fill, untilAtRest } from '../support/kafka-runs.ts';

/** One process for each role, each with a user of its own that has the rights of docs/deployment.md and no others. */

const TOPIC = 'gateway-logs';
const LINES = gatewayLog(11, 12_000, 30);
const PASSWORDS = Object.fromEntries(ROLES.map((role) => [role, `the password of ${role}`]));

let broker: Broker;
let store: ClickHouse;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-rights-'));
  broker = await startBroker({ security: { acls: true, users: PASSWORDS } });
  store = await startClickHouse();
});
afterAll(async () => {
  await broker?.remove();
  await store?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function configOf(role: string) {
  const path = join(folder, `${role}.yaml`);
  writeFileSync(
    path,
    `sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${TOPIC} }, session: cookie_sid }]
store: { url: '${store.url}' }
serve: { listen: 127.0.0.1:0 }
kafka:
  brokers: ['${broker.secured?.saslTls}']
  tls: { ca: '${broker.secured?.certificates.ca}' }
  sasl: { mechanism: scram-sha-256, username: ${role}, password_env: PASSWORD }
  partitions: 2
  state: state
`,
  );
  return loadConfig(path);
}

test('each role does its work with its own rights only', async () => {
  const rights = rightsOfRoles(TOPIC);
  expect([...rights.keys()]).toEqual([...ROLES]);
  const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  for (const [role, own] of rights) await grant(admin, role, own);
  await admin.disconnect();
  const cluster = clusterOf(broker.bootstrap, 'weir');
  await cluster.ensure(ownTopics(new Names('weir'), configOf('normalise').config.kafka, ['shop'], true));
  await fill(cluster, TOPIC, 2, LINES);

  const stop = new AbortController();
  const log = serveLog((process.env.WEIR_TEST_LOG ?? 'silent') as 'silent');
  const served = Promise.all(
    ROLES.map((role) =>
      serveKafka({
        config: configOf(role),
        only: [role],
        name: role,
        log,
        signal: stop.signal,
        environment: { ...process.env, WEIR_KEY: 'a master key for tests', PASSWORD: PASSWORDS[role] },
      }),
    ),
  );
  await untilAtRest(cluster, 'weir', [TOPIC], ['shop'], served);
  stop.abort();
  await served;
  await cluster.close();

  const reader = createClient({ url: store.url, database: 'weir' });
  const sums = await reader.query({
    query:
      "SELECT (SELECT sum(count) FROM ledger WHERE fate IN ('windowed', 'late', 'dead', 'dropped')) AS events, (SELECT count() FROM alerts) AS alerts",
    format: 'JSONEachRow',
  });
  const [{ events, alerts }] = await sums.json<{ events: string; alerts: string }>();
  await reader.close();
  expect(Number(events)).toBe(LINES.length);
  expect(Number(alerts)).toBeGreaterThan(0);
});
