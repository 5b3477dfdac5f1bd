import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writeCanonical } from '../../services/commands/canonical.ts';
import { loadConfig } from '../../services/commands/config.ts';
import { runDetect } from '../../services/commands/run-detect.ts';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { openStore } from '../../services/storage/store.ts';
import { Fleet, until } from '../support/kafka-fleet.ts';
import { clusterOf, endMarks, fill, uniqueName, untilAtRest } from '../support/kafka-runs.ts';
import { sessionLog } from '../support/session-log.ts';

const SITE = sessionLog(31, 4000, 16);
/** A source of the same tenant that names no sessions. */
const PARTNER = sessionLog(32, 800, 16).named;
const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };

let folder: string;
let expected: Found;

interface Found {
  alerts: string;
  windows: string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-kafka-sessions-'));
  const files = [SITE.lines, PARTNER].map((lines, i) => {
    const path = join(folder, `${i}.log`);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    return path;
  });
  const config = join(folder, 'files.yaml');
  writeFileSync(
    config,
    `sources:
  - { name: site, tenant: club, format: nginx-json, files: [${files[0]}], session: cookie_sid }
  - { name: partner, tenant: club, format: nginx-json, files: [${files[1]}] }
`,
  );
  const canonical = join(folder, 'embedded');
  await runDetect({ files: [], config: loadConfig(config), data: join(folder, 'embedded-data'), canonical, environment });
  expected = read(canonical);
  expect(expected.alerts.length).toBeGreaterThan(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(canonical: string): Found {
  return {
    alerts: readFileSync(join(canonical, 'alerts.ndjson'), 'utf8'),
    windows: readFileSync(join(canonical, 'windows.ndjson'), 'utf8'),
  };
}

/** Roles of each process. */
const PROCESSES: Record<string, string[]> = {
  front: ['normalise', 'alert'],
  sessions: ['identify'],
  others: ['identify', 'account'],
  back: ['merge', 'store'],
};

test('what sessions join is the same on Kafka as embedded, though processes are killed', { timeout: 240_000 }, async () => {
  const prefix = uniqueName('weir');
  const topics = [`${prefix}-site`, `${prefix}-partner`];
  const cluster = clusterOf(inject('kafka'), prefix);
  const half = Math.floor(SITE.lines.length / 2);
  await fill(cluster, topics[0], 3, SITE.lines.slice(0, half), { end: false });
  await fill(cluster, topics[1], 1, PARTNER);
  const data = join(folder, `${prefix}-data`);
  const fleet = fleetOf(prefix, configOf(prefix, topics, true));
  for (const [name, only] of Object.entries(PROCESSES)) fleet.start(name, only);
  try {
    await until(
      () => hasBegun(cluster, prefix),
      () => `every identify task begins\n${fleet.report()}`,
      60_000,
    );
    await fleet.get('sessions').kill();
    await fleet.get('others').kill();
    const rest = SITE.lines.slice(half).map((value, i) => ({ topic: topics[0], partition: (half + i) % 3, value }));
    await cluster.send([...rest, ...endMarks(topics[0], 3)]);
    fleet.start('others', PROCESSES.others);
    fleet.start('sessions', PROCESSES.sessions);
    await untilAtRest(cluster, prefix, topics, ['club'], fleet.crashed);
  } catch (error) {
    throw new Error(fleet.report(), { cause: error });
  } finally {
    await fleet.stop();
  }
  expect(fleet.crashes).toEqual([]);
  const store = await openStore({ path: data }, { readOnly: true });
  const canonical = join(folder, 'kafka');
  await writeCanonical(store, canonical);
  const { sources, balanced } = await reconcile(store, Date.now());
  await store.close();
  await cluster.close();
  const found = read(canonical);
  expect(found.windows).toBe(expected.windows);
  expect(found.alerts).toBe(expected.alerts);
  expect(balanced).toBe(true);
  expect(sources.map(({ source, read: events, held, late }) => ({ source, events, held, late }))).toEqual([
    { source: 'partner', events: PARTNER.length, held: 0, late: 0 },
    { source: 'site', events: SITE.lines.length, held: 0, late: 0 },
  ]);
});

test('what waits when a config names no session any more is let go', { timeout: 240_000 }, async () => {
  const prefix = uniqueName('weir');
  const topics = [`${prefix}-site`, `${prefix}-partner`];
  const cluster = clusterOf(inject('kafka'), prefix);
  const half = Math.floor(SITE.lines.length / 2);
  await fill(cluster, topics[0], 3, SITE.lines.slice(0, half), { end: false });
  await fill(cluster, topics[1], 1, PARTNER);
  const fleet = fleetOf(prefix, configOf(prefix, topics, true));
  const data = join(folder, `${prefix}-data`);
  const look = async () => {
    const store = await openStore({ path: data }, { readOnly: true });
    const { sources, balanced } = await reconcile(store, Date.now());
    await store.close();
    return { balanced, site: sources.find(({ source }) => source === 'site') };
  };
  try {
    fleet.start('all');
    await untilAtRest(cluster, prefix, topics, ['club'], fleet.crashed);
    await fleet.get('all').term();
    const before = await look();
    expect(before.site?.held).toBeGreaterThan(0);
    expect(before.balanced).toBe(true);
    fleet.config = configOf(prefix, topics, false);
    fleet.start('all');
    const rest = SITE.lines.slice(half).map((value, i) => ({ topic: topics[0], partition: i % 3, value }));
    await cluster.send([...rest, ...endMarks(topics[0], 3)]);
    await untilAtRest(cluster, prefix, topics, ['club'], fleet.crashed);
  } catch (error) {
    throw new Error(fleet.report(), { cause: error });
  } finally {
    await fleet.stop();
    await cluster.close();
  }
  expect(fleet.crashes).toEqual([]);
  const { balanced, site } = await look();
  expect(balanced).toBe(true);
  expect(site).toMatchObject({ read: SITE.lines.length, held: 0, in_flight: 0 });
});

function configOf(prefix: string, [site, partner]: readonly string[], joins: boolean): string {
  const path = join(folder, `${prefix}-${joins}.yaml`);
  writeFileSync(
    path,
    `sources:
  - { name: site, tenant: club, format: nginx-json, kafka: { topic: ${site} }${joins ? ', session: cookie_sid' : ''} }
  - { name: partner, tenant: club, format: nginx-json, kafka: { topic: ${partner} } }
store: { path: ${join(folder, `${prefix}-data`)} }
kafka: { brokers: ['${inject('kafka')}'], prefix: ${prefix}, partitions: 5, state: ${prefix}-state, session_timeout: 6s, snapshot_every: 1s }
`,
  );
  return path;
}

function fleetOf(prefix: string, config: string): Fleet {
  const logs = join(folder, `${prefix}-logs`);
  mkdirSync(logs);
  return new Fleet({ config, folder: logs, environment });
}

/** Whether every identify task has committed something. */
async function hasBegun(cluster: KafkaCluster, prefix: string): Promise<boolean> {
  const names = new Names(prefix);
  const committed = await cluster.committed(names.group('identify'), names.sessions, [0, 1, 2, 3, 4]);
  return [0, 1, 2, 3, 4].every((partition) => (committed.get(partition)?.offset ?? 0) > 0);
}
