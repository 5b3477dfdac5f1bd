import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../services/commands/config.ts';
import { diagnose } from '../../services/commands/doctor.ts';
import { type Check, exitCodeOf } from '../../services/commands/doctor-check.ts';
import { openKafka } from '../../services/drivers/kafka/client.ts';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { Names, ownTopics } from '../../services/drivers/kafka/names.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { sharedBroker, uniquePrefix } from '../support/shared-broker.ts';

const KEY = 'a master key for tests only';
const HOUR = 3_600_000;

function line(at: number, i: number): string {
  return JSON.stringify({
    time_iso8601: new Date(at).toISOString(),
    remote_addr: `203.0.113.${1 + (i % 50)}`,
    request: `GET /api/orders/${1000 + i} HTTP/1.1`,
    status: 200,
    body_bytes_sent: 100,
    request_time: 0.02,
    http_host: 'shop.example',
    http_x_consumer_id: `user-${i % 5}`,
    http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  });
}

let folder: string;
let cluster: KafkaCluster;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-doctor-'));
  process.env.WEIR_KEY = KEY;
  cluster = openKafka({ brokers: [sharedBroker()], client_id: 'test', tls: false, prefix: 'test', session_timeout: 6000 });
});
afterAll(async () => {
  delete process.env.WEIR_KEY;
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

function lookAt(yaml: string) {
  return diagnose(parseConfig(yaml, 'weir.yaml', folder, process.env), []);
}

async function configText({
  prefix,
  topic,
  broker = sharedBroker(),
  store = '{ path: ./data }',
}: {
  prefix: string;
  topic: string;
  broker?: string;
  store?: string;
}) {
  const [port] = await freePorts(1);
  return `
sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${topic} } }]
kafka: { brokers: ['${broker}'], prefix: ${prefix}, partitions: 2, session_timeout: 6s }
serve: { listen: '127.0.0.1:${port}' }
store: ${store}
`;
}

async function fill(topic: string, partitions: number, lines: readonly string[]): Promise<void> {
  await cluster.ensure([{ topic, partitions, replication: 1, configs: {} }]);
  await cluster.send(lines.map((value, i) => ({ topic, partition: i % partitions, value })));
}

function named(checks: readonly Check[], name: string): string[] {
  return checks.filter((check) => check.name === name).map(({ level, found }) => `${level} ${found}`);
}

describe('weir doctor on a broker', () => {
  test('says that all is well, what the topic holds, and changes nothing', async () => {
    const prefix = uniquePrefix('doctor');
    const topic = `${prefix}-gateway`;
    const now = Date.now();
    await fill(
      topic,
      2,
      Array.from({ length: 40 }, (_, i) => line(now - 40_000 + 1000 * i, i)),
    );
    const { checks, sources } = await lookAt(await configText({ prefix, topic }));

    expect(checks.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(exitCodeOf(checks)).toBe(0);
    expect(named(checks, 'brokers')[0]).toMatch(/^ok 1 at .*not encrypted, no login/);
    expect(named(checks, 'source gateway').join('\n')).toMatch(/has 2 partitions, offsets 0 to 20, about 40 records; all with records/);
    expect(named(checks, 'source gateway').join('\n')).toMatch(/16 events can be read; accounts by http_x_consumer_id 100 %/);
    expect(named(checks, 'topics')).toEqual([
      expect.stringMatching(/^ok none of our \d+ is there; the first weir serve makes them, and may/),
    ]);
    expect(named(checks, 'transactions')[0]).toMatch(/^ok/);
    expect(named(checks, 'groups')).toEqual(['ok nothing has been read yet']);
    expect(sources[0]).toMatchObject({ path: `topic ${topic}`, survey: { events: 16, accounts: 5 } });
    const names = new Names(prefix);
    expect((await cluster.partitions([names.events, names.ledger])).size).toBe(0);
  });
});
