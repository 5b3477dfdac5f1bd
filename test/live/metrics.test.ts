import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../services/commands/config.ts';
import { serveKafka } from '../../services/commands/serve-kafka.ts';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { CATALOGUE } from '../../services/telemetry/catalogue.ts';
import { LOG_EVENTS } from '../../services/telemetry/log-events.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { clusterOf, fill, untilAtRest } from '../support/kafka-runs.ts';
import { sharedBroker, uniquePrefix } from '../support/shared-broker.ts';

/** What a process of `weir serve` on Kafka says of itself while it works, while its store is away, and afterwards. */

const LINES = gatewayLog(5, 1500, 30);
/** ms; a broker, a store and all stages on a busy machine */
const TIMEOUT = 180_000;
const BROKEN = ['{"half', 'no log at all', '{"time_iso8601":"yesterday"}'];
const PREFIX = uniquePrefix('metrics');
const TOPIC = `${PREFIX}-gateway`;

let folder: string;
let store: ClickHouse;
let cluster: KafkaCluster;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-metrics-'));
  store = await startClickHouse();
  cluster = clusterOf(sharedBroker(), PREFIX);
});
afterAll(async () => {
  await cluster?.close();
  await store?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Series by name and labels, of a scrape. */
async function scrape(address: string): Promise<Map<string, number>> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

function total(series: Map<string, number>, name: string, labels = ''): number {
  return [...series].filter(([key]) => key.startsWith(`${name}{`) && key.includes(labels)).reduce((sum, [, value]) => sum + value, 0);
}

async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    await wait(100);
  }
}

test(
  'a process on Kafka tells what it has done, what it waits for, and that its store is away',
  async () => {
    await fill(cluster, TOPIC, 2, [...LINES, ...BROKEN], { end: false });
    const path = join(folder, 'weir.yaml');
    writeFileSync(
      path,
      `sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${TOPIC} } }]
store: { url: '${store.url}' }
serve: { listen: 127.0.0.1:0 }
kafka: { brokers: ['${sharedBroker()}'], prefix: ${PREFIX}, partitions: 2, state: state, idle_after: 1s }
`,
    );
    const stop = new AbortController();
    const said: { event: string; level: string }[] = [];
    let address = '';
    const served = serveKafka({
      config: loadConfig(path),
      name: 'one',
      log: serveLog('debug', { stream: { write: (line: string) => said.push(JSON.parse(line)) } }),
      signal: stop.signal,
      environment: { ...process.env, WEIR_KEY: 'a master key for tests' },
      onStarted: (_, { telemetry }) => {
        address = telemetry;
      },
    });
    const failed = served.then(() => undefined);
    await until(
      async () => address,
      (known) => known !== '',
    );
    await untilAtRest(cluster, PREFIX, [TOPIC], ['shop'], failed);
    const ready = async () => (await fetch(`http://${address}/readyz`)).status;
    await until(ready, (status) => status === 200);
    expect((await fetch(`http://${address}/healthz`)).status).toBe(200);

    const series = await until(
      () => scrape(address),
      (now) => total(now, 'weir_events_read_total') >= LINES.length + BROKEN.length,
    );
    const ours = [...series.keys()].filter((key) => key.startsWith('weir_')).map((key) => key.replace(/\{.*/, ''));
    expect(ours.filter((name) => !(name.replace(/_(bucket|sum|count)$/, '') in CATALOGUE) && !(name in CATALOGUE))).toEqual([]);
    expect(total(series, 'weir_events_read_total')).toBe(LINES.length + BROKEN.length);
    expect(total(series, 'weir_events_dead_total', 'source="gateway"')).toBe(BROKEN.length);
    expect(total(series, 'weir_stage_records_total', `topic="${TOPIC}"`)).toBe(LINES.length + BROKEN.length);
    expect(total(series, 'weir_tasks', 'state="live"')).toBe(4 * 2);
    expect(total(series, 'weir_tasks', 'state="restoring"')).toBe(0);
    expect(total(series, 'weir_takeovers_total')).toBe(4 * 2);
    for (const stage of ['normalise', 'account', 'merge', 'alert'])
      expect(total(series, 'weir_transactions_total', `outcome="committed",stage="${stage}"`), stage).toBeGreaterThan(0);
    expect(total(series, 'weir_transactions_total', 'outcome="aborted"')).toBe(0);
    expect(series.get('weir_watermark_timestamp_seconds{stage="merge",tenant="shop"}')).toBeGreaterThan(Date.UTC(2026, 2, 2) / 1000);
    expect([...series.keys()].filter((key) => key.startsWith('weir_source_idle{'))).toHaveLength(2);
    expect(series.get('weir_store_outage_seconds')).toBe(0);
    expect(series.get('weir_store_write_duration_seconds_count')).toBeGreaterThan(0);
    expect(total(series, 'weir_disk_free_bytes', 'folder="state"')).toBeGreaterThan(0);
    expect([...series.keys()].filter((key) => key.startsWith('weir_config_info{'))).toHaveLength(1);

    await store.stop();
    await fill(cluster, TOPIC, 2, BROKEN, { end: false });
    const away = await until(
      () => scrape(address),
      (now) => (now.get('weir_store_outage_seconds') ?? 0) > 0,
    );
    expect(total(away, 'weir_store_failures_total')).toBeGreaterThan(0);
    const answer = await fetch(`http://${address}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('the store has not been writable since')]);
    expect((await fetch(`http://${address}/healthz`)).status).toBe(200);

    await store.restart();
    await until(ready, (status) => status === 200);
    await until(
      () => scrape(address),
      (now) => now.get('weir_store_outage_seconds') === 0 && total(now, 'weir_events_dead_total') >= 2 * BROKEN.length,
    );
    stop.abort();
    await served;

    const events = said.map(({ event }) => event);
    expect(events.filter((event) => !(event in LOG_EVENTS))).toEqual([]);
    expect(events).toEqual(
      expect.arrayContaining(['topics_made', 'partitions_assigned', 'task_opened', 'store_away', 'store_back', 'stopped']),
    );
    expect(events.filter((event) => event === 'task_opened')).toHaveLength(8);
  },
  TIMEOUT,
);
