import { openSync, writeSync } from 'node:fs';

// A sink that appends outcomes to a file, one JSON a line, for runs in processes of their own that tests kill. The reader
// dedupes them by key, as the store does.
export function openRecord(path) {
  const descriptor = openSync(path, 'a');
  const write = (kind) => (value) => writeSync(descriptor, `${JSON.stringify({ kind, value })}\n`);
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
  return { descriptor, write, sink };
}
