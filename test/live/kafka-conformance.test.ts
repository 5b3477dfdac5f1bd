import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writeCanonical } from '../../services/commands/canonical.ts';
import { loadConfig } from '../../services/commands/config.ts';
import { runDetect } from '../../services/commands/run-detect.ts';
import { serveKafka } from '../../services/commands/serve-kafka.ts';
import { openStore } from '../../services/storage/store.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';
import { gatewayLog, LOG_START, withPhones } from '../support/gateway-log.ts';
import { Fleet } from '../support/kafka-fleet.ts';
import { clusterOf, fill, uniqueName, untilAtRest } from '../support/kafka-runs.ts';

/** Hours; after them hardly anything comes, so that the partitions of a topic end hours apart. */
const BUSY = 27;
const LINES = withPhones(gatewayLog(11, 12_000, 30)).filter((line, i) => line < lineAt(LOG_START + BUSY * 3_600_000) || i % 150 === 0);
const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };

let folder: string;
let expected: { alerts: string; windows: string; inventory: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-kafka-'));
  const file = join(folder, 'whole.log');
  writeFileSync(file, LINES.map((line) => `${line}\n`).join(''));
  const config = join(folder, 'files.yaml');
  writeFileSync(config, `sources: [{ name: gateway, tenant: shop, format: nginx-json, files: [${file}] }]\n`);
  const canonical = join(folder, 'embedded');
  await runDetect({ files: [], config: loadConfig(config), data: join(folder, 'embedded-data'), canonical, environment });
  expected = read(canonical);
  expect(expected.alerts.length).toBeGreaterThan(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How a line of that time begins. */
function lineAt(time: number): string {
  return `{"time_iso8601":"${new Date(time).toISOString().slice(0, -1)}`;
}

function read(canonical: string): typeof expected {
  return {
    alerts: readFileSync(join(canonical, 'alerts.ndjson'), 'utf8'),
    windows: readFileSync(join(canonical, 'windows.ndjson'), 'utf8'),
    inventory: readFileSync(join(canonical, 'inventory.ndjson'), 'utf8'),
  };
}

/** Roles of each process; none: all of them. Only one may copy into the store of a folder. */
const ALONE: string[][] = [];
const SHARED = [
  ['normalise', 'account', 'merge', 'alert', 'store'],
  ['normalise', 'account', 'merge', 'alert'],
  ['account', 'merge'],
];
const SPLIT = [['normalise'], ['account', 'alert'], ['merge', 'store']];

test.each([
  { partitions: 1, how: '1 process', roles: ALONE },
  { partitions: 12, how: '1 process', roles: ALONE },
  { partitions: 12, how: '3 processes that share all stages', roles: SHARED },
  { partitions: 12, how: '3 processes with stages of their own', roles: SPLIT },
])('embedded and Kafka find the same: $partitions partitions, $how', async ({ partitions, roles }) => {
  const prefix = uniqueName('weir');
  const topic = `${prefix}-gateway`;
  const cluster = clusterOf(inject('kafka'), prefix);
  await fill(cluster, topic, partitions, LINES);
  const path = join(folder, `${prefix}.yaml`);
  const data = join(folder, `${prefix}-data`);
  writeFileSync(
    path,
    `sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${topic} } }]
store: { path: ${data} }
serve: { listen: 127.0.0.1:0 }
kafka: { brokers: ['${inject('kafka')}'], prefix: ${prefix}, partitions: ${partitions}, state: ${prefix}-state }
`,
  );
  const serving = roles.length === 0 ? serveHere(path) : serveApart(path, prefix, roles);
  try {
    await untilAtRest(cluster, prefix, [topic], ['shop'], serving.failed);
  } finally {
    await serving.stop();
  }
  const store = await openStore({ path: data }, { readOnly: true });
  const canonical = join(folder, `${prefix}-canonical`);
  await writeCanonical(store, canonical);
  await store.close();
  await cluster.close();
  const found = read(canonical);
  expect(found.alerts).toBe(expected.alerts);
  expect(found.windows).toBe(expected.windows);
  expect(found.inventory).toBe(expected.inventory);
});

interface Serving {
  /** rejects when serving ends by itself */
  failed: Promise<unknown>;
  stop(): Promise<void>;
}

function serveHere(path: string): Serving {
  const stop = new AbortController();
  const log = serveLog((process.env.WEIR_TEST_LOG ?? 'error') as 'error');
  const served = serveKafka({ config: loadConfig(path), log, signal: stop.signal, environment });
  return {
    failed: served,
    async stop() {
      stop.abort();
      await served;
    },
  };
}

/** A process of its own for each set of roles. */
function serveApart(path: string, prefix: string, roles: readonly string[][]): Serving {
  const logs = join(folder, `${prefix}-logs`);
  mkdirSync(logs);
  const fleet = new Fleet({ config: path, folder: logs, environment });
  for (const [n, only] of roles.entries()) fleet.start(`${n}`, only);
  return {
    failed: fleet.crashed,
    async stop() {
      await fleet.stop();
      expect(fleet.crashes).toEqual([]);
    },
  };
}
