// One run of the counting topology in a process of its own, for tests that kill it. Argument: JSON {files, folder, out, cutEvery}.
// Outcomes are appended to `out`, one JSON a line; the reader dedupes them by key, as the store does.
import { closeSync, fsyncSync } from 'node:fs';
import { runEmbedded } from '../../dist/services/drivers/embedded/driver.js';
import { openRecord } from './recording-sink.mjs';

const { files, folder, out, cutEvery, threshold } = JSON.parse(process.argv[2]);
const { descriptor, sink } = openRecord(out);
sink.flush = async () => fsyncSync(descriptor);
await runEmbedded({
  inputs: files.map((path) => ({ tenant: 'shop', source: 'log', path })),
  folder,
  topologyModule: new URL('./counting-topology.mjs', import.meta.url),
  topologyConfig: () => ({ threshold }),
  configVersion: 'test',
  program: '0.0.0',
  sinks: () => [sink],
  detect: () => 'counting',
  latenessOf: () => 120_000,
  cutEvery,
  onProgress: () => process.stdout.write('.'),
});
closeSync(descriptor);
