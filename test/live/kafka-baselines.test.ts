import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openReader } from '../../services/storage/open-reader.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { type Canonical, canonicalOf, Drill, writeDrillConfig } from '../support/kafka-drill.ts';
import { Fleet } from '../support/kafka-fleet.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';

const BUILT = process.env.WEIR_TEST_BUILD ?? fileURLToPath(new URL('../../dist', import.meta.url));
const environment = { ...process.env, WEIR_KEY: 'a master key for tests', NO_COLOR: '1' };
const LINES = gatewayLog(31, 5000, 30);
/** the version is kept before the attack */
const BEFORE = LINES.findIndex((line) => line.includes('/orders/5450')) / LINES.length - 0.1;

let folder: string;
let store: ClickHouse;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-baselines-'));
  store = await startClickHouse();
});
afterAll(async () => {
  await store?.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('rolled back, an installation gives the events since the scores that they had, byte for byte, with what was on its way', async () => {
  const prefix = uniqueName('baselines');
  const cluster = clusterOf(inject('kafka'), prefix);
  const drill = new Drill(cluster, prefix, [{ tenant: 'shop', name: 'gateway', topic: `${prefix}-gateway`, partitions: 2, lines: LINES }]);
  const place = (database: string) => ({ url: store.url, database });
  // one state, one log; what each part of the drill says goes to a store of its own
  const configWith = (database: string): string =>
    writeDrillConfig(join(folder, `${database}.yaml`), drill, {
      bootstrap: inject('kafka'),
      store: place(database),
      tenants: {},
      kafka: { partitions: 2, commit_every: '50ms', idle_after: '10m', session_timeout: '2s' },
    });
  const config = configWith('before');
  const weir = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(BUILT, 'services', 'launcher.cjs'), ...words, '--config', config], {
      encoding: 'utf8',
      env: environment,
    });
  const done = (...words: string[]): string => {
    const { status, stdout, stderr } = weir(...words);
    expect([words.join(' '), status, status === 0 ? '' : stderr]).toEqual([words.join(' '), 0, '']);
    return stdout;
  };
  const fleet = new Fleet({ config, folder, environment, built: BUILT });
  /** All stages until all is taken; what they said. */
  const rest = async (database: string): Promise<Canonical> => {
    fleet.config = configWith(database);
    fleet.start('a');
    await Promise.race([fleet.crashed, drill.untilAtRest()]);
    await fleet.stop();
    const reader = await openReader(place(database));
    const found = await canonicalOf(reader, join(folder, database));
    await reader.close();
    return found;
  };
  try {
    await drill.begin();
    expect(weir('baselines', 'keep')).toMatchObject({ status: 2, stderr: expect.stringMatching(/never worked on/) });
    await drill.feed(BEFORE);
    await rest('before');
    // more is normalised, and nobody takes it on
    const fed = await drill.feed(BEFORE + 0.05);
    fleet.config = config;
    fleet.start('a', ['normalise']);
    await drill.untilTaken(fed);
    expect(weir('baselines', 'keep')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/normalise is running: stop every weir serve/),
    });
    await fleet.stop();
    expect(JSON.parse(done('baselines', 'keep', '--json'))).toMatchObject({ version: 1, events: fed });

    await drill.feed(1);
    await drill.end();
    const first = await rest('first');
    expect(first.alerts.split('\n').length).toBeGreaterThan(1);

    expect(weir('baselines', 'rollback', '7')).toMatchObject({ status: 2, stderr: expect.stringMatching(/no version 7 .*kept are: 1/) });
    expect(JSON.parse(done('baselines', 'rollback', '1', '--json'))).toMatchObject({ version: 1, marks: 0 });
    expect(await drill.taken()).toBe(fed);
    const again = await rest('again');
    expect(again.alerts).toBe(first.alerts);
    expect(again.windows).toBe(first.windows);

    // twice is the same as once, and what came after can be kept too
    done('baselines', 'rollback', '1');
    done('baselines', 'rollback', '1');
    expect((await rest('twice')).windows).toBe(first.windows);
    done('baselines', 'keep');
    const { versions } = JSON.parse(done('baselines', '--json')) as { versions: { version: number; events: number }[] };
    expect(versions.map(({ version, events }) => [version, events])).toEqual([
      [1, fed],
      [2, LINES.length],
    ]);
  } finally {
    await fleet.kill();
    await cluster.close();
  }
  expect(fleet.crashes).toEqual([]);
});
