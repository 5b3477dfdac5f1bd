import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { loadConfig } from '../../services/commands/config.ts';
import { serveKafka } from '../../services/commands/serve-kafka.ts';
import { keyGroupOf, partitionOf } from '../../services/core/key-groups.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { redrive } from '../../services/drivers/kafka/redrive.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { openStore } from '../../services/storage/store.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { clusterOf, fill, uniqueName, untilAtRest } from '../support/kafka-runs.ts';

const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };
const PARTITIONS = 2;
const GOOD = gatewayLog(5, 300, 3);
/** As long as a record may be, and longer than a dead letter keeps. */
const padding = 'x'.repeat(10_000);
const BAD = GOOD.slice(0, 20).map((line, i) =>
  line.replace('time_iso8601', 'when').replace('{', i === 0 ? `{"padding":"${padding}",` : '{'),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-redrive-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('dead letters are put back once, and read with the mended config', async () => {
  const prefix = uniqueName('weir');
  const topic = `${prefix}-gateway`;
  const cluster = clusterOf(inject('kafka'), prefix);
  await fill(cluster, topic, 1, [...GOOD, ...BAD], { end: false });
  const data = join(folder, 'data');
  const serve = async (source: string): Promise<Awaited<ReturnType<typeof reconcile>>> => {
    const path = join(folder, 'weir.yaml');
    writeFileSync(
      path,
      `sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${topic} }, ${source} }]
store: { path: ${data} }
serve: { listen: 127.0.0.1:0 }
kafka: { brokers: ['${inject('kafka')}'], prefix: ${prefix}, partitions: ${PARTITIONS}, state: state }
`,
    );
    const stop = new AbortController();
    const served = serveKafka({ config: loadConfig(path), log: serveLog('silent'), signal: stop.signal, environment });
    await untilAtRest(cluster, prefix, [topic], ['shop'], served);
    stop.abort();
    await served;
    const store = await openStore({ path: data }, { readOnly: true });
    const balance = await reconcile(store, Date.now());
    await store.close();
    return balance;
  };

  const before = await serve('lateness: 2m');
  expect(before.sources[0]).toMatchObject({ read: GOOD.length + 20, dead: 20, reasons: { no_time: 20 }, missing: 0 });

  const options = {
    cluster,
    names: new Names(prefix),
    prefix,
    partitionOf: (key: string) => partitionOf(keyGroupOf(key), PARTITIONS),
    wanted: ({ reason }: { reason: string }) => reason === 'no_time',
    limit: Number.POSITIVE_INFINITY,
    dryRun: false,
    now: Date.now(),
  };
  expect(await redrive({ ...options, dryRun: true })).toMatchObject({ found: 20, putBack: 20 });
  expect(await redrive({ ...options, limit: 5 })).toMatchObject({ found: 5, putBack: 5 });
  expect(await redrive(options)).toMatchObject({ found: 15, putBack: 15, left: { gone: 0, partial: 0 } });
  expect(await redrive(options)).toMatchObject({ found: 0, putBack: 0 });

  const after = await serve('lateness: 2m, fields: { time: when }');
  const [{ read, dead, windowed, late, held, missing }] = after.sources;
  expect({ read, dead, missing }).toEqual({ read: GOOD.length + 40, dead: 20, missing: 0 });
  expect(windowed + late + held).toBe(GOOD.length + 20);
  const store = await openStore({ path: data }, { readOnly: true });
  const [{ marked }] = await store.rows<{ marked: number }>('SELECT countIf(redriven_at IS NOT NULL) AS marked FROM dead_letters');
  expect(marked).toBe(20);
  await store.close();
  await cluster.close();
});
