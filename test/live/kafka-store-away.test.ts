import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openReader } from '../../services/storage/open-reader.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { Drill, writeDrillConfig } from '../support/kafka-drill.ts';
import { Fleet } from '../support/kafka-fleet.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';

let folder: string;
let store: ClickHouse;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-store-away-'));
  store = await startClickHouse();
});
afterAll(async () => {
  await store?.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('a process that starts while the store is away does all work but storing, and stores it when the store is back', async () => {
  const prefix = uniqueName('away');
  const cluster = clusterOf(inject('kafka'), prefix);
  const drill = new Drill(cluster, prefix, [
    { tenant: 'shop', name: 'gateway', topic: `${prefix}-gateway`, partitions: 1, lines: gatewayLog(3, 500, 10) },
  ]);
  const place = { url: store.url, database: 'away' };
  const kafka = { partitions: 2, commit_every: '50ms', idle_after: '10m', session_timeout: '6s' };
  const config = writeDrillConfig(join(folder, 'weir.yaml'), drill, { bootstrap: inject('kafka'), store: place, tenants: {}, kafka });
  const fleet = new Fleet({ config, folder, environment: { ...process.env, WEIR_KEY: 'a master key for tests' } });
  try {
    await drill.begin();
    await drill.feed(1);
    await drill.end();
    await store.kill();
    fleet.start('a');
    await Promise.race([fleet.crashed, drill.untilTaken(drill.events)]);
    expect(fleet.said('store_away')).toBeGreaterThan(0);
    // told to stop before the store is there, it does not wait for it
    await fleet.get('a').term();
    fleet.start('a');
    await fleet.get('a').said('store_away');
    await store.restart();
    await Promise.race([fleet.crashed, drill.untilAtRest()]);
    await fleet.stop();
  } finally {
    await fleet.kill();
  }
  expect(fleet.crashes).toEqual([]);
  const reader = await openReader(place);
  expect(await reconcile(reader, Date.now())).toMatchObject({ balanced: true, settled: true, sources: [{ read: drill.events }] });
  await reader.close();
  await cluster.close();
});
