/** Versions of live rows begin here, above those of every numbered run. */
export const LIVE_VERSIONS = 2 ** 52;

/** The run that rows of live tasks belong to. */
export const LIVE_RUN = 'live';

/** Version of the rows that a record of our topics holds. @param offset the record's */
export function liveVersion(offset: number): number {
  return LIVE_VERSIONS + offset;
}
