import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openReader } from '../../services/storage/open-reader.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { anyVersion, type Canonical, canonicalOf, Drill, type DrillSource, embeddedRun, writeDrillConfig } from '../support/kafka-drill.ts';
import { Fleet } from '../support/kafka-fleet.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';

const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };
const LINES = gatewayLog(31, 5000, 30);
/** the change comes in the middle of the attack */
const BEFORE = LINES.findIndex((line) => line.includes('/orders/5450'));
const STRICT = { shop: { alert_budget: 0.2 } };
const GENEROUS = { shop: { alert_budget: 100, sensitivity: { object_traversal: 20 }, time_zone: 'Asia/Tokyo' } };

let folder: string;
let store: ClickHouse;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-change-'));
  store = await startClickHouse();
});
afterAll(async () => {
  await store?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const sourceOn = (topic: string): DrillSource => ({ tenant: 'shop', name: 'gateway', topic, partitions: 2, lines: LINES });

/** The first part under one config; the process ends in one way or another; the rest under another config. */
async function changed(name: string, end: (fleet: Fleet) => Promise<void>): Promise<{ found: Canonical; replayed: number }> {
  const prefix = uniqueName(name);
  const cluster = clusterOf(inject('kafka'), prefix);
  const drill = new Drill(cluster, prefix, [sourceOn(`${prefix}-gateway`)]);
  const own = join(folder, name);
  mkdirSync(own);
  const place = { url: store.url, database: name };
  const configWith = (file: string, tenants: Readonly<Record<string, unknown>>): string =>
    writeDrillConfig(join(own, file), drill, {
      bootstrap: inject('kafka'),
      store: place,
      tenants,
      kafka: { partitions: 2, commit_every: '50ms', idle_after: '10m', session_timeout: '2s' },
    });
  const fleet = new Fleet({ config: configWith('strict.yaml', STRICT), folder: own, environment });
  try {
    await drill.begin();
    fleet.start('a');
    await drill.feed(BEFORE / LINES.length);
    await Promise.race([fleet.crashed, drill.untilAtRest()]);
    await end(fleet);
    fleet.config = configWith('generous.yaml', GENEROUS);
    fleet.start('a');
    await drill.feed(1);
    await drill.end();
    await Promise.race([fleet.crashed, drill.untilAtRest()]);
    await fleet.stop();
  } finally {
    await fleet.kill();
  }
  expect(fleet.crashes).toEqual([]);
  expect(fleet.said('config_changed')).toBe(8); // two partitions of the source, two tasks of each stage behind it
  const replayed = fleet.lines().reduce((sum, line) => sum + (line.event === 'task_opened' ? Number(line.replayed) : 0), 0);
  const reader = await openReader(place);
  const found = await canonicalOf(reader, join(own, 'found'));
  await reader.close();
  await cluster.close();
  return { found, replayed };
}

it('replays what was processed under the old config under the old config, when a new one is there', async () => {
  const saved = await changed('saved', (fleet) => fleet.get('a').term());
  const killed = await changed('killed', (fleet) => fleet.get('a').kill());
  expect(saved.replayed).toBe(0);
  expect(killed.replayed).toBeGreaterThan(5);
  expect(killed.found).toEqual(saved.found);
  // the configs are such that it matters
  for (const tenants of [STRICT, GENEROUS]) {
    const own = join(folder, JSON.stringify(tenants).length.toString());
    mkdirSync(own);
    const whole = await embeddedRun(own, [sourceOn('none')], tenants, environment);
    expect(anyVersion(whole).alerts).not.toBe(anyVersion(killed.found).alerts);
  }
});
