// The counting topology on one HTTP source in a process of its own, for tests that kill it. Argument: JSON {folder, out, cutEvery, drain}.
// Prints where it listens; SIGTERM saves the state, as does with `drain` the end of what was posted. Outcomes are appended to `out`, one JSON a line.
import { fsyncSync } from 'node:fs';
import { join } from 'node:path';
import { runEmbedded } from '../../dist/services/drivers/embedded/driver.js';
import { HttpInlets } from '../../dist/services/drivers/http/http-inlets.js';
import { Inlet } from '../../dist/services/drivers/http/inlet.js';
import { openRecord } from './recording-sink.mjs';

const { folder, out, cutEvery, segmentBytes, drain } = JSON.parse(process.argv[2]);
const { descriptor, sink } = openRecord(out);
sink.flush = async () => fsyncSync(descriptor);
const inlet = await Inlet.open(join(folder, 'inlets', 'gw'), { segmentBytes });
const http = await HttpInlets.listen({
  listen: '127.0.0.1:0',
  sources: [{ name: 'gw', token: 'secret', json: false, inlet }],
  maxBody: 1 << 20,
  maxWaiting: 1 << 28,
});
process.on('SIGXFSZ', () => undefined); // a file that may grow no further is then an error of the write
const stop = new AbortController();
process.on('SIGTERM', () => {
  void http.close();
  stop.abort();
});
process.stdout.write(`${http.url}\n`);
await runEmbedded({
  inputs: [],
  inlets: [
    {
      tenant: 'shop',
      source: 'gw',
      format: 'counting',
      partition: 'inlet-gw',
      path: inlet.folder,
      continueAt: (position) => inlet.continueAt(position),
      from: (position) => inlet.from(position),
      end: () => inlet.end,
      onNews: (listener) => inlet.onNews(listener),
    },
  ],
  onCut: (offsets) => inlet.forget(offsets.get('inlet-gw') ?? 0),
  folder: join(folder, 'snapshots'),
  topologyModule: new URL('./counting-topology.mjs', import.meta.url),
  topologyConfig: () => ({ threshold: 60 }),
  configVersion: 'test',
  program: '0.0.0',
  sinks: () => [sink],
  detect: () => 'counting',
  latenessOf: () => 120_000,
  cutEvery,
  follow: {
    pollEvery: 50,
    idleAfter: 60_000,
    now: Date.now,
    patient: true,
    onCaughtUp: () => drain && inlet.waiting === 0 && stop.abort(),
  },
  signal: stop.signal,
});
await http.close();
await inlet.close();
process.exit(0);
