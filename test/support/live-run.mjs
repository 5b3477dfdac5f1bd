// The counting topology on live sources in a process of its own, for tests that kill it: files that are followed, and one
// HTTP source where `http` is set. Argument: JSON {folder, out, cutEvery, files, http, drain, idleAfter}. Prints where it listens (or
// "following"), then the number of events read whenever it has caught up; SIGTERM saves the state, as does with `drain` the
// end of what is there. Outcomes are appended to `out`, one JSON a line.
import { fsyncSync } from 'node:fs';
import { join } from 'node:path';
import { runEmbedded } from '../../dist/services/drivers/embedded/driver.js';
import { HttpInlets } from '../../dist/services/drivers/http/http-inlets.js';
import { Inlet } from '../../dist/services/drivers/http/inlet.js';
import { openRecord } from './recording-sink.mjs';

const { folder, out, cutEvery, files = [], http: hasHttp = false, drain = false, idleAfter = 60_000 } = JSON.parse(process.argv[2]);
process.on('SIGXFSZ', () => undefined); // a file that may grow no further is then an error of the write
const { descriptor, sink } = openRecord(out);
sink.flush = async () => fsyncSync(descriptor);
const stop = new AbortController();
let inlet;
let http;
if (hasHttp) {
  inlet = await Inlet.open(join(folder, 'inlets', 'gw'));
  const sources = [{ name: 'gw', token: 'secret', inlet }];
  http = await HttpInlets.listen({ listen: '127.0.0.1:0', sources, maxBody: 1 << 20, maxWaiting: 1 << 28 });
}
process.on('SIGTERM', () => {
  void http?.close();
  stop.abort();
});
process.stdout.write(`${http?.url ?? 'following'}\n`);
let view;
let looks = 0;
await runEmbedded({
  inputs: files.map((path) => ({ tenant: 'shop', source: 'log', path })),
  inlets: hasHttp
    ? [
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
      ]
    : [],
  onCut: (offsets) => inlet?.forget(offsets.get('inlet-gw') ?? 0),
  onRun: (next) => {
    view = next;
  },
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
    pollEvery: 20,
    idleAfter,
    now: Date.now,
    patient: true,
    onCaughtUp: () => {
      process.stdout.write(`${view().events}\n`);
      // a second look finds what a first one has opened
      if (drain && (inlet?.waiting ?? 0) === 0 && looks++ > 3) stop.abort();
    },
  },
  signal: stop.signal,
});
await http?.close();
await inlet?.close();
process.exit(0);
