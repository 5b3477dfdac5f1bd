import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { loadConfig } from '../../services/commands/config.ts';
import { serveKafka } from '../../services/commands/serve-kafka.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { reconcile } from '../../services/storage/reconcile.ts';
import { openStore } from '../../services/storage/store.ts';
import { serveLog } from '../../services/telemetry/serve-log.ts';
import { gatewayLog } from '../support/gateway-log.ts';
import { clusterOf, fill, uniqueName, untilAtRest } from '../support/kafka-runs.ts';

const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };
const LINES = gatewayLog(3, 600, 6);
const HALF = Math.floor(LINES.length / 2);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-retention-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what retention removes while Weir is stopped is missed only where it was not read', async () => {
  const prefix = uniqueName('weir');
  const topic = `${prefix}-gateway`;
  const cluster = clusterOf(inject('kafka'), prefix);
  const names = new Names(prefix);
  const data = join(folder, 'data');
  const path = join(folder, 'weir.yaml');
  writeFileSync(
    path,
    `sources: [{ name: gateway, tenant: shop, format: nginx-json, kafka: { topic: ${topic} } }]
store: { path: ${data} }
serve: { listen: 127.0.0.1:0 }
kafka: { brokers: ['${inject('kafka')}'], prefix: ${prefix}, partitions: 2, state: state }
`,
  );
  const start = (): { served: Promise<void>; stop(): Promise<void> } => {
    const signal = new AbortController();
    const served = serveKafka({ config: loadConfig(path), log: serveLog('silent'), signal: signal.signal, environment });
    return {
      served,
      stop: () => {
        signal.abort();
        return served;
      },
    };
  };
  const admin = new Kafka({ brokers: [inject('kafka')], logLevel: 0 }).admin();
  const remove = async (what: string, partitions: number): Promise<void> => {
    const all = Array.from({ length: partitions }, (_, partition) => ({ partition, offset: '-1' }));
    await admin.fetchTopicMetadata({ topics: [what] });
    await admin.fetchTopicOffsets(what);
    await admin.deleteTopicRecords({ topic: what, partitions: all });
  };

  await fill(cluster, topic, 1, LINES.slice(0, HALF), { end: false });
  const first = start();
  await untilAtRest(cluster, prefix, [topic], ['shop'], first.served);
  await first.stop();

  // a long weekend: every record is older than its topic keeps it, and all were read
  await admin.connect();
  await remove(topic, 1);
  for (const own of [names.events, names.partials, names.candidates]) await remove(own, 2);
  await fill(cluster, topic, 1, LINES.slice(HALF));
  const second = start();
  await untilAtRest(cluster, prefix, [topic], ['shop'], second.served);
  await second.stop();
  const store = await openStore({ path: data }, { readOnly: true });
  const { sources, balanced } = await reconcile(store, Date.now());
  await store.close();
  expect(balanced).toBe(true);
  expect(sources[0]).toMatchObject({ read: LINES.length, windowed: LINES.length, missing: 0 });

  // records that nobody had read are gone: that is said, not passed over
  await fill(cluster, topic, 1, LINES.slice(0, 10), { end: false });
  await remove(topic, 1);
  await expect(start().served).rejects.toThrow('records were deleted before they were processed');
  await admin.disconnect();
  await cluster.close();
});
