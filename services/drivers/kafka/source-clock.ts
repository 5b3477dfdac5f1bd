import { HOUR, MINUTE, watermarkOf } from '../../core/watermark.ts';

/** What the clock says of a source's partition that brings nothing. */
export type ClockWord = { kind: 'idle' } | { kind: 'watermark'; time: number };

/** A partition is live when its events are about as old as they are when they come: within this of the clock. */
const LIVE_WITHIN = HOUR;
/** An idle partition says so again after this, for readers that were started anew. */
const REPEAT = MINUTE;

/**
 * Decides by the clock for one partition of a source: when it is quiet, its time goes on with the clock while it is
 * live; else it is idle and no longer holds its tenant back. What is decided here is written into the log before use.
 */
export class SourceClock {
  readonly idleAfter: number;
  private readonly lateness: number;
  private heardAt: number;
  private saidAt = Number.NEGATIVE_INFINITY;
  /** its watermark, ms; undefined before its first event */
  reached: number | undefined;
  idle = false;
  /** its events are about as old as they are when they come */
  isLive = false;

  /** @param lateness ms; @param idleAfter ms without a record after which it is quiet */
  constructor(lateness: number, idleAfter: number, now: number) {
    this.lateness = lateness;
    this.idleAfter = idleAfter;
    this.heardAt = now;
  }

  /** Records have come. */
  heard(now: number): void {
    this.heardAt = now;
    this.idle = false;
    this.saidAt = Number.NEGATIVE_INFINITY;
  }

  /** Its events have been parsed up to this watermark. */
  passed(time: number, now: number): void {
    this.reached = Math.max(time, this.reached ?? time);
    this.isLive = Math.abs(now - this.lateness - time) <= LIVE_WITHIN;
  }

  quiet(now: number): boolean {
    return now - this.heardAt >= this.idleAfter;
  }

  /** What is to be said now, all that is there having been taken; undefined: nothing. */
  decide(now: number): ClockWord | undefined {
    if (!this.quiet(now)) return undefined;
    const time = watermarkOf(now, this.lateness);
    if (this.isLive && this.reached !== undefined) {
      if (time <= this.reached) return undefined;
      this.reached = time;
      return { kind: 'watermark', time };
    }
    if (this.idle && now - this.saidAt < REPEAT) return undefined;
    this.idle = true;
    this.saidAt = now;
    return { kind: 'idle' };
  }
}
