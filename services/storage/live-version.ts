import { setTimeout as wait } from 'node:timers/promises';
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

/** Longest pause before another attempt, ms. */
const PAUSE_MS = 50;

/**
 * The epoch of an installation in a store: 0 for the first that ever wrote there, the next for one whose topics have
 * another prefix. Its rows replace those of the installations before. Whoever takes an epoch writes that down before it
 * looks who else has; of two that want the same one, at least one sees the other, and who sees another takes a higher one.
 */
export async function liveEpoch(connection: StoreConnection, origin: string): Promise<number> {
  for (;;) {
    const rows = parseRows<{ origin: string; epoch: number }>(
      await connection.read('SELECT origin, max(epoch) AS epoch FROM live_origins GROUP BY origin', 'JSONEachRow'),
    );
    const own = rows.find((row) => row.origin === origin)?.epoch;
    const others = rows.filter((row) => row.origin !== origin).map((row) => row.epoch);
    if (own !== undefined && !others.includes(own)) return own;
    const epoch = Math.max(-1, own ?? -1, ...others) + 1;
    if (epoch >= EPOCHS) {
      throw new WeirError(
        'store_failed',
        `${EPOCHS} installations have written to the store at ${connection.place}: give this one a database of its own`,
      );
    }
    await wait(own === undefined ? 0 : Math.random() * PAUSE_MS);
    await connection.insertText('INSERT INTO live_origins (origin, epoch) FORMAT JSONEachRow', JSON.stringify({ origin, epoch }));
  }
}
