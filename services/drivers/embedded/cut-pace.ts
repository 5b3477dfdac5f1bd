/** A cut may take at most this share of the time since the last one. */
const CUT_SHARE = 0.1;
/** One that is made for the sake of a new day, so that the day before is kept as a version, at most this share of it. */
const DAY_CUT_SHARE = 0.02;
/** And such cuts lie at least this part of `cutEvery` apart. */
const DAY_CUT_PART = 1 / 30;

/** How much has been taken so far. */
export interface Taken {
  /** uncompressed bytes read */
  bytes: number;
  /** entries of the journal applied */
  applied: number;
}

/** When a run cuts: regularly, and sooner when a day has ended, but never so often that cutting is what it does. */
export class CutPace {
  private readonly every: number;
  private last: Taken;
  private at = 0;
  private took = 0;

  /** @param every ms of work between cuts @param taken where the run begins */
  constructor(every: number, taken: Taken) {
    this.every = every;
    this.last = taken;
  }

  begin(): void {
    this.at = performance.now();
  }

  /** ms since the last cut, or since the start */
  since(): number {
    return performance.now() - this.at;
  }

  /** @param newDay a day has ended that no version is kept of @param changed inputs were opened or closed since the last cut */
  due(taken: Taken, newDay: boolean, changed: boolean): boolean {
    const since = this.since();
    const regular = since >= Math.max(this.every, this.took / CUT_SHARE);
    if (!regular && !(newDay && since >= Math.max(this.every * DAY_CUT_PART, this.took / DAY_CUT_SHARE))) return false;
    return taken.bytes > this.last.bytes || taken.applied > this.last.applied || changed;
  }

  /** @param begun `performance.now()` when the cut began */
  done(begun: number, taken: Taken): void {
    this.at = performance.now();
    this.took = this.at - begun;
    this.last = taken;
  }
}
