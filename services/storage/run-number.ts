import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { StoreConnection } from './connection.ts';
import { parseRows } from './reader.ts';

/** Longest pause before another attempt, ms. */
const PAUSE_MS = 50;

/** Number of the newest run; 0 before the first. */
export async function newestRun(connection: StoreConnection): Promise<number> {
  const [row] = parseRows<{ newest: number }>(await connection.read('SELECT max(number) AS newest FROM runs_raw', 'JSONEachRow'));
  return row.newest;
}

/**
 * A run number that nobody else has or had. Whoever wants one writes its claim down before it looks at those of the others:
 * of two that want the same one, at least one sees the other, and who sees another lets go and tries a higher one.
 */
export async function claimRun(connection: StoreConnection): Promise<number> {
  const claimant = randomUUID();
  // on a cluster: written to a majority, and read with all that a majority has
  const quorum = connection.cluster === undefined ? '' : "SETTINGS insert_quorum = 'auto', insert_quorum_parallel = 0";
  const sequential = connection.cluster === undefined ? '' : 'SETTINGS select_sequential_consistency = 1';
  for (;;) {
    const [{ newest }] = parseRows<{ newest: number }>(
      await connection.read(
        `SELECT greatest((SELECT max(number) FROM runs_raw), (SELECT max(number) FROM run_claims)) AS newest ${sequential}`,
        'JSONEachRow',
      ),
    );
    const number = newest + 1;
    await connection.insertText(
      `INSERT INTO run_claims (number, claimant) ${quorum} FORMAT JSONEachRow`,
      JSON.stringify({ number, claimant }),
    );
    const [{ claims }] = parseRows<{ claims: number }>(
      await connection.read(
        `SELECT uniqExact(claimant) AS claims FROM run_claims WHERE number = {number:UInt32} ${sequential}`,
        'JSONEachRow',
        {
          number,
        },
      ),
    );
    if (claims === 1) return number;
    await wait(Math.random() * PAUSE_MS);
  }
}
