import { join } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import { afterCrash, MOST_CRASHES, readSuspects, type Stretch, type Suspects, stillOpen, writeSuspects } from '../../state/suspects.ts';

/**
 * What a run knows of bytes that stopped it before: an error that nobody knows leaves its stretch on disk, the next start
 * reads that stretch line by line, and what stops it again and again is skipped.
 */
export class Suspicion {
  private readonly path: string;
  private suspects: Suspects;

  /** @param folder of the run's snapshots */
  constructor(folder: string) {
    this.path = join(folder, 'suspects.json');
    this.suspects = readSuspects(this.path);
  }

  get skips(): Suspects['skips'] {
    return this.suspects.skips;
  }

  /** Writes down during which bytes an unknown error came. @param path of the input @returns the error, with where and what next */
  after(error: Error, stretch: Stretch & { single: boolean }, path: string | undefined): Error {
    this.suspects = afterCrash(this.suspects, stretch);
    writeSuspects(this.path, this.suspects);
    const next =
      this.suspects.suspect === undefined
        ? 'the next start skips it'
        : `a start again looks closer; a record that stops it ${MOST_CRASHES} times is skipped`;
    return new WeirError('worker_failed', `${error.message} (${path}, bytes ${stretch.from} to ${stretch.to}; ${next})`, { cause: error });
  }

  /** Where the next read from an offset has to end, so that suspected bytes come in chunks of their own. */
  limit(partition: string, offset: number): number {
    const { suspect } = this.suspects;
    if (suspect?.partition !== partition) return Number.POSITIVE_INFINITY;
    return offset < suspect.from ? suspect.from : offset < suspect.to ? suspect.to : Number.POSITIVE_INFINITY;
  }

  covers(partition: string, offset: number): boolean {
    const { suspect } = this.suspects;
    return suspect?.partition === partition && offset >= suspect.from && offset < suspect.to;
  }

  /** Forgets what lies before a cut. @param offsetOf where each partition stands in it */
  forget(offsetOf: (partition: string) => number | undefined): void {
    const open = stillOpen(this.suspects, offsetOf);
    if (open.suspect === this.suspects.suspect && open.skips.length === this.suspects.skips.length) return;
    this.suspects = open;
    writeSuspects(this.path, open);
  }
}
