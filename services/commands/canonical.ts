import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../core/errors.ts';
import { makeFolder } from '../state/make-folder.ts';
import type { Reader } from '../storage/reader.ts';

/** Rows fetched at a time. */
const PAGE = 50_000;

/**
 * Writes the canonical form of all that the store holds to `alerts.ndjson`, `windows.ndjson` and `inventory.ndjson` in a
 * folder: what has to be equal, byte for byte, for any split of the input, order within the lateness, number of workers, or restart.
 * Alerts come without the positions of their evidence, all are sorted by key. Throws `disk`.
 */
export async function writeCanonical(store: Pick<Reader, 'query'>, folder: string): Promise<void> {
  try {
    makeFolder(folder);
    await writePages(join(folder, 'alerts.ndjson'), (offset) => store.query(ALERTS, { params: { page: PAGE, offset } }), canonicalAlert);
    await writePages(
      join(folder, 'windows.ndjson'),
      (offset) => store.query(WINDOWS, { params: { page: PAGE, offset } }),
      (line) => line,
    );
    await writePages(
      join(folder, 'inventory.ndjson'),
      (offset) => store.query(INVENTORY, { params: { page: PAGE, offset } }),
      (line) => line,
    );
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    throw new WeirError('disk', `cannot write the canonical form to ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

const ALERTS = `SELECT * EXCEPT (stored_at) FROM alerts ORDER BY tenant, alert_id LIMIT {page:UInt32} OFFSET {offset:UInt64}`;
const WINDOWS = `SELECT tenant, view, size, key, start, end, final, values FROM windows
  ORDER BY tenant, view, size, key, start, run LIMIT {page:UInt32} OFFSET {offset:UInt64}`;

const INVENTORY = `SELECT * FROM (
    SELECT tenant, interface, hour, '' AS type, false AS masked, '' AS mask, origins, answers, callers AS hashes FROM inventory_facts
    UNION ALL SELECT tenant, interface, hour, type, masked, mask, [], [], hashes FROM sensitive_data)
  ORDER BY tenant, interface, hour, type, masked, mask LIMIT {page:UInt32} OFFSET {offset:UInt64}`;

async function writePages(path: string, fetch: (offset: number) => Promise<Uint8Array>, form: (line: string) => string): Promise<void> {
  const descriptor = openSync(path, 'w');
  try {
    for (let offset = 0; ; offset += PAGE) {
      const lines = Buffer.from(await fetch(offset))
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
      writeSync(descriptor, lines.map((line) => `${form(line)}\n`).join(''));
      if (lines.length < PAGE) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

function canonicalAlert(line: string): string {
  const alert = JSON.parse(line) as { evidence: { at: string; summary: string }[] };
  return JSON.stringify({ ...alert, evidence: alert.evidence.map(({ at, summary }) => ({ at, summary })) });
}
