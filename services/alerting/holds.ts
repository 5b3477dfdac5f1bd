import type { Candidate } from '../../models/candidate.ts';
import type { WindowSize } from '../../schemas/alert.ts';
import { DAY, HOUR } from '../core/watermark.ts';
import { LONGEST_INCIDENT } from './incidents.ts';

/** A condition that has fired and lasts. */
interface Hold {
  alert: string;
  /** start of the window that fired: with the size the alert's identity */
  start: number;
  first: number;
  last: number;
  /** it has fired since then with no longer gap than a level may have, on so many days, at most with this evidence */
  since: number;
  days: number;
  evidence: number;
}

/** A condition that goes on. `quiet`: the account does what was told of it, no more; where its incident is over it makes no further one. */
export interface Continued {
  alert: string;
  quiet: boolean;
}

export type HoldsState = [string, Hold][];

/** How long a condition may be unseen before it counts as cleared: an entity that rests has no windows to be looked at. */
const CLEARED_AFTER: Readonly<Record<WindowSize, number>> = { '1m': HOUR, '1h': 2 * HOUR, '6h': 6 * HOUR, '1d': DAY, '3d': DAY, '7d': DAY };
/** An account that fires on so many days is on another level; a pause of this length (a weekend, holidays) does not end it. */
const LEVEL_DAYS = 2;
const LEVEL_PAUSE = 3 * DAY;
/** After so long a level is learned; what still fires then is another matter. */
const LEVEL_LEARNED = 8 * DAY;
/** The same for what long windows say: the days that were told stay in them for a week, and the next ones are compared with a past that holds half of them. */
const LONG_PAUSE = 14 * DAY;
const LONG_LEARNED = 35 * DAY;
/** Decades of evidence by which a level that was told must have grown to be told again; of long windows the factor: three days that are alike weigh three times the first. */
const LEVEL_GROWTH = 3;
const LONG_GROWTH = 3;
/** Identities are remembered this long, so that a condition that lasts for weeks keeps its one alert. */
const REMEMBERED = 35 * DAY;

/**
 * Fired flags: a condition that lasts (one detector above its threshold for one entity) is one alert until it clears,
 * or until its incident has reached the longest span. A candidate of the same window start is the same alert always.
 */
export class Holds {
  private readonly holds = new Map<string, Hold>();

  /** What the verdict continues; undefined when it is a new condition. */
  continues(entity: string, candidate: Candidate): Continued | undefined {
    const { detector, size, start, firedAt } = candidate;
    const hold = this.holds.get(`${detector} ${entity}`);
    if (hold === undefined) return undefined;
    const level = isLevel(hold, candidate);
    if (!level && hold.start !== start && (firedAt - hold.last > CLEARED_AFTER[size] || firedAt - hold.first >= LONGEST_INCIDENT))
      return undefined;
    goOn(hold, candidate);
    return { alert: hold.alert, quiet: candidate.entity.kind === 'account' && !hasGrown(hold, candidate) };
  }

  fire(entity: string, candidate: Candidate, alert: string): void {
    const { detector, start, firedAt, evidence } = candidate;
    const key = `${detector} ${entity}`;
    const before = this.holds.get(key);
    const hold = { alert, start, first: firedAt, last: firedAt, since: firedAt, days: 1, evidence };
    if (before !== undefined && firedAt - before.last <= pauseOf(candidate)) {
      goOn(before, candidate);
      Object.assign(hold, { since: before.since, days: before.days, evidence: Math.max(before.evidence, evidence) });
    }
    this.holds.set(key, hold);
  }

  /** The condition is told once more, at this evidence. */
  told(entity: string, { detector, evidence }: Candidate): void {
    const hold = this.holds.get(`${detector} ${entity}`);
    if (hold !== undefined) hold.evidence = Math.max(hold.evidence, evidence);
  }

  prune(time: number): void {
    for (const [key, hold] of this.holds) if (time - hold.last > REMEMBERED) this.holds.delete(key);
  }

  toJSON(): HoldsState {
    return [...this.holds];
  }

  restore(state: HoldsState): void {
    for (const [key, hold] of state) this.holds.set(key, { ...hold });
  }
}

function isLong({ size }: Candidate): boolean {
  return size === '3d' || size === '7d';
}

function pauseOf(candidate: Candidate): number {
  return isLong(candidate) ? LONG_PAUSE : LEVEL_PAUSE;
}

/** Whether the verdict says of an account what was told of it and has lasted since. Others are hit by one attack after another. */
function isLevel(hold: Hold, candidate: Candidate): boolean {
  if (candidate.entity.kind !== 'account') return false;
  const { last, since, days } = hold;
  const { firedAt } = candidate;
  const long = isLong(candidate);
  return (
    (long || days >= LEVEL_DAYS) &&
    firedAt - last <= pauseOf(candidate) &&
    firedAt - since <= (long ? LONG_LEARNED : LEVEL_LEARNED) &&
    !hasGrown(hold, candidate)
  );
}

/** Whether the condition is so much stronger than it was told that it is worth telling again. */
function hasGrown({ evidence }: Hold, candidate: Candidate): boolean {
  return candidate.evidence >= (isLong(candidate) ? LONG_GROWTH * evidence : evidence + LEVEL_GROWTH);
}

function goOn(hold: Hold, { firedAt }: Candidate): void {
  if (Math.floor(firedAt / DAY) > Math.floor(hold.last / DAY)) hold.days++;
  hold.last = Math.max(hold.last, firedAt);
}
