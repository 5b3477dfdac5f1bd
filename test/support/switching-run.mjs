// One run of the switching topology in a process of its own, for tests that kill it. Argument: JSON {files, folder, out,
// cutEvery, ask, killAt}. `ask`: [{after, promote | mark}], requests put when so many bits of progress were seen; `killAt`:
// `journalled` or `taken` (SIGKILL at the first request: when it was written down and nothing else, when it was carried
// out). Outcomes are appended to `out`, one JSON a line.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { runEmbedded } from '../../dist/services/drivers/embedded/driver.js';
import { RunInbox } from '../../dist/services/drivers/embedded/inbox.js';
import { judgedBy } from '../../dist/services/drivers/embedded/known-runs.js';
import { decideSwitch, SwitchJournal, switchesOf } from '../../dist/services/state/model-switches.js';
import { openRecord } from './recording-sink.mjs';

const { files, folder, out, cutEvery, threshold, ask = [], killAt } = JSON.parse(process.argv[2]);
const { descriptor, write, sink } = openRecord(out);
const kill = () => process.kill(process.pid, 'SIGKILL');
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
