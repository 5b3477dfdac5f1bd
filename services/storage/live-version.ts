import { WeirError } from '../core/errors.ts';
import type { StoreConnection } from './connection.ts';
import { parseRows } from './reader.ts';

/** Versions of live rows begin here, above those of every numbered run. */
export const LIVE_VERSIONS = 2 ** 52;
/** Versions of one epoch: offsets stay below. */
export const VERSIONS_PER_EPOCH = 2 ** 44;
const EPOCHS = LIVE_VERSIONS / VERSIONS_PER_EPOCH;

/** The run that rows of live tasks belong to; ledgers of later epochs say theirs, as in `live-1`. */
export const LIVE_RUN = 'live';

/** Version of the rows that a record of our topics holds. @param offset the record's, below 2^44 */
export function liveVersion(offset: number): number {
  return LIVE_VERSIONS + offset;
}

/**
 * The epoch of an installation in a store: 0 for the first that ever wrote there, the next for one whose topics have
 * another prefix. Its rows replace those of the installations before.
 *
 * All processes of an installation must come to the same epoch, whatever others begin at the same moment. Rows cannot
 * decide that, since whoever reads may read before another writes; the server makes a view of one name only once, so who
 * made the view of an epoch has it. Rows of live_origins only write down who has what.
 */
export async function liveEpoch(connection: StoreConnection, origin: string): Promise<number> {
  const rows = parseRows<{ origin: string; epoch: number }>(
    await connection.read('SELECT origin, max(epoch) AS epoch FROM live_origins GROUP BY origin', 'JSONEachRow'),
  );
  const own = rows.find((row) => row.origin === origin);
  // an older program that was killed while it took one can have left an epoch to two
  if (own !== undefined && rows.every((row) => row === own || row.epoch !== own.epoch)) return own.epoch;
  for (let epoch = Math.max(-1, ...rows.map((row) => row.epoch)) + 1; epoch < EPOCHS; epoch++) {
    if ((await holder(connection, epoch, origin)) !== origin) continue;
    await connection.insertText('INSERT INTO live_origins (origin, epoch) FORMAT JSONEachRow', JSON.stringify({ origin, epoch }));
    return epoch;
  }
  throw new WeirError(
    'store_failed',
    `${EPOCHS} installations have written to the store at ${connection.place}: give this one a database of its own`,
  );
}

/** Who has an epoch: the claimant when nobody had it. */
async function holder(connection: StoreConnection, epoch: number, claimant: string): Promise<string> {
  const view = `live_epoch_${epoch}`;
  const name = Buffer.from(claimant).toString('hex');
  await connection.define(`CREATE VIEW IF NOT EXISTS ${view} AS SELECT unhex('${name}') AS origin`);
  const [row] = parseRows<{ origin: string }>(await connection.read(`SELECT origin FROM ${view}`, 'JSONEachRow'));
  return row.origin;
}
