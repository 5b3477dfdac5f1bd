import { compress } from 'snappyjs';
import { expect, inject, test } from 'vitest';
import { snappy } from '../../services/drivers/kafka/client-codecs.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';

const LINES = Array.from(
  { length: 3000 },
  (_, i) => `{"request":"GET /orders/${i * 7919}","status":200,"agent":"Mozilla/5.0 (X11; Linux x86_64)"}`,
);

// the broker packs what it stores as the topic says, with the codecs of Java clients
test.each(['gzip', 'snappy', 'lz4', 'zstd'])('records packed with %s are read', async (kind) => {
  const topic = uniqueName(kind);
  const cluster = clusterOf(inject('kafka'), topic);
  await cluster.ensure([{ topic, partitions: 1, replication: 1, configs: { 'compression.type': kind } }]);
  await cluster.send(LINES.map((value) => ({ topic, partition: 0, value })));
  const read: string[] = [];
  await cluster.readAll(topic, (_, { value }) => read.push(new TextDecoder().decode(value)));
  expect(read).toEqual(LINES);
  await cluster.close();
});

test('Snappy without frames, as librdkafka packs it', async () => {
  const text = LINES.join('\n');
  const unpacked = await snappy().decompress(Buffer.from(compress(Buffer.from(text))));
  expect(unpacked.toString()).toBe(text);
});
