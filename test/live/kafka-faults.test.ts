import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { openReader } from '../../services/storage/open-reader.ts';
import { type Broker, startBroker } from '../support/broker.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { numbers } from '../support/driver-runs.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import {
  alertIds,
  anyVersion,
  Drill,
  type DrillSource,
  embeddedRun,
  findings,
  killAfterSnapshot,
  placeOfLine,
  spoiled,
  writeDrillConfig,
} from '../support/kafka-drill.ts';
import { Fleet } from '../support/kafka-fleet.ts';
import { clusterOf } from '../support/kafka-runs.ts';

const EVENTS = 20_000;
const TENANTS = ['shop', 'bank', 'desk'];
const PARTITIONS = 4;
const PREFIX = 'drill';
const POISON = fileURLToPath(new URL('../support/poison.mjs', import.meta.url));

let folder: string;
let broker: Broker;
let store: ClickHouse;
let cluster: KafkaCluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-faults-'));
  [broker, store] = await Promise.all([startBroker(), startClickHouse()]);
  cluster = clusterOf(broker.bootstrap, PREFIX);
});
afterAll(async () => {
  await cluster?.close();
  await Promise.all([broker?.remove(), store?.remove()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('ledger under faults', () => {
  it('loses nothing and doubles nothing, whatever is killed, stopped, frozen or changed', { timeout: 900_000 }, async () => {
    const next = numbers(Number(process.env.WEIR_TEST_SEED ?? 5));
    const bad: string[] = [];
    const sources = TENANTS.map((tenant, i): DrillSource => {
      const { lines, bad: places } = spoiled(gatewayLog(20 + i, Math.floor(EVENTS / TENANTS.length) - 900, 30), 0.001, next);
      const source = { tenant, name: `${tenant}-gateway`, topic: `gateway-${tenant}`, partitions: 3 - i, lines };
      for (const place of places) {
        const { partition, offset } = placeOfLine(source, place);
        bad.push(`${partition}@${offset}`);
      }
      return source;
    });
    // what stops the account stage, each time, until it is skipped
    const [shop] = sources;
    const poisonLine = Math.floor(shop.lines.length * 0.42);
    const poison = placeOfLine(shop, poisonLine);
    expect(bad).not.toContain(`${poison.partition}@${poison.offset}`);

    const environment = { ...process.env, WEIR_KEY: 'a master key for tests', WEIR_TEST_POISON: JSON.stringify(poison) };
    const without = sources.map((source) => ({ ...source, lines: source.lines.filter((_, i) => source !== shop || i !== poisonLine) }));
    const expected = anyVersion(await embeddedRun(folder, without, {}, environment));
    expect(alertIds(expected).size).toBeGreaterThan(3);

    const drill = new Drill(cluster, PREFIX, sources);
    await drill.begin();
    const place = { url: store.url, database: 'drill' };
    const kafka = { partitions: PARTITIONS, commit_every: '50ms', snapshot_every: '1s', idle_after: '10m', session_timeout: '3s' };
    const configWith = (budget: number): string =>
      writeDrillConfig(join(folder, `budget-${budget}.yaml`), drill, {
        bootstrap: broker.bootstrap,
        store: place,
        tenants: { spare: { alert_budget: budget } },
        kafka,
      });
    const logs = join(folder, 'logs');
    mkdirSync(logs);
    const fleet = new Fleet({ config: configWith(5), folder: logs, environment, preload: [POISON] });

    const steps = 14;
    let step = 0;
    let before = 0;
    /** Writes the next bit, waits until some of it has been taken, and strikes at a random moment after that. */
    const during = async (strike: () => unknown): Promise<void> => {
      step++;
      const fed = await drill.feed(step / steps);
      await drill.untilTaken(before + next() * (fed - before));
      before = fed;
      await wait(next() * 300);
      await strike();
    };
    const kill = async (name: string): Promise<void> => {
      await fleet.get(name).kill();
      fleet.start(name);
    };
    try {
      fleet.start('a');
      fleet.start('b');
      await during(() => kill('a'));
      await during(() => fleet.start('c'));
      await during(() => fleet.get('c').term());
      await during(async () => {
        await broker.kill();
        await broker.restart();
      });
      // the poison record comes by about now
      await during(() => kill('b'));
      await during(async () => {
        await broker.stop();
        await broker.restart();
      });
      await during(async () => {
        await store.kill();
        await kill('a');
      });
      await during(async () => {
        await kill('b');
        await store.restart();
      });
      // all that there is goes to a and b, while c only seems to be dead
      fleet.start('c');
      await fleet.get('c').said('task_opened');
      await during(() => fleet.get('c').freeze());
      await during(async () => {
        await drill.untilTaken(before);
        fleet.get('c').thaw();
      });
      await during(() => fleet.get('c').term());
      // between a snapshot and its commit, no other process at work
      await during(() => fleet.get('b').kill());
      const stray = await Promise.all([killAfterSnapshot(drill, fleet.get('a'), join(folder, 'state')), drill.feed((step + 0.5) / steps)]);
      expect(stray[0]).toMatch(/^drill-/);
      // a replay is due, and the config is another one
      fleet.config = configWith(6);
      fleet.start('a');
      fleet.start('b');
      await during(() => kill('a'));
      await during(() => kill('b'));
      await drill.end();
      await drill.untilAtRest();
      await fleet.stop();
    } catch (error) {
      throw new Error(`in step ${step} of ${steps}: ${(error as Error).message}\n${fleet.report()}`, { cause: error });
    } finally {
      await fleet.kill();
    }

    const reader = await openReader(place);
    const found = await findings(drill, reader, join(folder, 'found'));
    await reader.close();
    expect(found.balance.sources.map(({ source, missing, in_flight }) => ({ source, missing, in_flight }))).toEqual(
      [...sources].sort((a, b) => (a.tenant < b.tenant ? -1 : 1)).map(({ name }) => ({ source: name, missing: 0, in_flight: 0 })),
    );
    expect(found.balance).toMatchObject({ balanced: true, settled: true });
    expect(found.balance.sources.reduce((sum, { read }) => sum + read, 0)).toBe(drill.events);
    expect(found.late).toBe(0);
    const poisoned = `${poison.partition}@${poison.offset} poison`;
    expect(found.dead.filter((letter) => letter.endsWith('poison'))).toEqual([poisoned]);
    expect(found.dead.filter((letter) => letter !== poisoned).map((letter) => letter.split(' ')[0])).toEqual([...bad].sort());
    expect(anyVersion(found.canonical)).toEqual(expected);
    expect(found.said).toEqual(alertIds(found.canonical));
    // what was meant to happen did
    expectNarrowed(fleet);
    expect(fleet.text()).not.toContain('unexpected error');
    expect(fleet.said('record_skipped')).toBeGreaterThan(0);
    expect(fleet.lines().filter((line) => line.event === 'task_opened' && Number(line.replayed) > 0).length).toBeGreaterThan(5);
    expect(fleet.said('task_fenced')).toBeGreaterThan(0);
    expect(fleet.said('config_changed')).toBeGreaterThan(0);
  });
});

/** Each crash on the poison lies within what the one before it suspected; how often that was is for its unit tests. */
function expectNarrowed(fleet: Fleet): void {
  const crashes = fleet.crashes.flatMap(({ name, text }) => {
    const found = /account stage failed on (\S+), offsets (\d+) to (\d+): poison/.exec(text);
    return found === null ? [] : [{ name, partition: found[1], from: Number(found[2]), to: Number(found[3]) }];
  });
  expect(crashes.length).toBeGreaterThan(0);
  for (let i = 1; i < crashes.length; i++) {
    const [before, crash] = [crashes[i - 1], crashes[i]];
    const within = crash.partition === before.partition && crash.from >= before.from && crash.to <= before.to;
    expect(within, `${JSON.stringify(before)}, then ${JSON.stringify(crash)}`).toBe(true);
  }
}
