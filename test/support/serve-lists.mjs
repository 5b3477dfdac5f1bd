// `weir serve` on followed files in a process of its own, looking at lists and files all the time. Argument: JSON {config,
// data}. Prints one JSON a line: {notice}, {alert}; SIGTERM saves the state.
import { pathToFileURL } from 'node:url';

const BUILD = process.env.WEIR_TEST_BUILD ?? new URL('../../dist', import.meta.url).pathname;
const load = (path) => import(pathToFileURL(`${BUILD}/services/commands/${path}`).href);
const { loadConfig } = await load('config.js');
const { serveEmbedded } = await load('serve-embedded.js');

const { config, data } = JSON.parse(process.argv[2]);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const say = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);
const nothing = () => undefined;
const serving = serveEmbedded({
  config: loadConfig(config),
  data,
  workers: 1,
  signal: stop.signal,
  listsEvery: 40,
  follow: { pollEvery: 20, idleAfter: 3_600_000, now: Date.now },
  onNotice: (notice) => say({ notice }),
  sinks: [
    {
      alerts: (alerts) => alerts.forEach((alert) => say({ alert })),
      incidents: nothing,
      windows: nothing,
      late: nothing,
      dead: nothing,
      ledger: nothing,
      retract: nothing,
      pending: () => 0,
      flush: async () => undefined,
    },
  ],
});
await serving.done;
