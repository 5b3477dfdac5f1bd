// One run of the switching topology in a process of its own, for tests that kill it. Argument: JSON {files, folder, out,
// cutEvery, ask, killAt}. `ask`: [{after, promote | mark}], requests put when so many bits of progress were seen; `killAt`:
// `journalled` or `taken` (SIGKILL at the first request: when it was written down and nothing else, when it was carried
// out). Outcomes are appended to `out`, one JSON a line.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { runEmbedded } from '../../dist/services/drivers/embedded/driver.js';
import { RunInbox } from '../../dist/services/drivers/embedded/inbox.js';
import { judgedBy } from '../../dist/services/drivers/embedded/known-runs.js';
import { decideSwitch, SwitchJournal, switchesOf } from '../../dist/services/state/model-switches.js';

const { files, folder, out, cutEvery, threshold, ask = [], killAt } = JSON.parse(process.argv[2]);
const descriptor = openSync(out, 'a');
const write = (kind) => (value) => writeSync(descriptor, `${JSON.stringify({ kind, value })}\n`);
const kill = () => process.kill(process.pid, 'SIGKILL');
const sink = {
  alerts: write('alerts'),
  incidents: write('incidents'),
  windows: (rows) => write('windows')(new TextDecoder().decode(rows)),
  late: write('late'),
  dead: write('dead'),
  ledger: write('ledger'),
  retract: (tenant, alerts, incidents) => write('retract')([tenant, alerts, incidents]),
  takeBack: write('takeBack'),
  pending: () => 0,
  flush: async () => undefined,
};
const inbox = new RunInbox();
const requestOf = ({ promote, mark }) => {
  if (mark !== undefined)
    return { kind: 'feedback', record: { kind: 'feedback', tenant: 'shop', incident: mark, mark: 'benign', until: 8.64e15 } };
  return {
    kind: 'change',
    act: () => {
      const journal = new SwitchJournal(folder);
      const judged = judgedBy(join(folder, 'snapshots'));
      write('switch')(journal.append(decideSwitch(journal.entries, { by: 'promote', version: promote, tenant: '*' }, judged), Date.now()));
      if (killAt === 'journalled') kill();
    },
  };
};
let marks = 0;
await runEmbedded({
  inputs: files.map((path) => ({ tenant: 'shop', source: 'log', path })),
  folder: join(folder, 'snapshots'),
  topologyModule: new URL('./switching-topology.mjs', import.meta.url),
  topologyConfig: () => ({ threshold, switches: switchesOf(new SwitchJournal(folder).entries) }),
  configVersion: 'test',
  program: '0.0.0',
  sinks: () => [sink],
  detect: () => 'counting',
  latenessOf: () => 120_000,
  cutEvery,
  inbox,
  onProgress: () => {
    marks++;
    process.stdout.write('.');
    for (const request of ask.filter(({ after }) => after === marks)) {
      inbox.ask(requestOf(request)).then(() => {
        if (killAt === 'taken') kill();
      });
    }
  },
});
closeSync(descriptor);
