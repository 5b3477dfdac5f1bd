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
}

export type HoldsState = [string, Hold][];

/** How long a condition may be unseen before it counts as cleared: an entity that rests has no windows to be looked at. */
const CLEARED_AFTER: Readonly<Record<WindowSize, number>> = { '1m': HOUR, '1h': 2 * HOUR, '6h': 6 * HOUR, '1d': DAY, '3d': DAY, '7d': DAY };
/** Identities are remembered this long, so that a condition that lasts for weeks keeps its one alert. */
const REMEMBERED = 35 * DAY;

/**
 * Fired flags: a condition that lasts (one detector above its threshold for one entity) is one alert until it clears,
 * or until its incident has reached the longest span. A candidate of the same window start is the same alert always.
 */
export class Holds {
  private readonly holds = new Map<string, Hold>();

  /** The alert of the condition that this verdict continues; undefined when it is a new one. */
  continues(entity: string, candidate: Candidate): string | undefined {
    const { detector, size, start, firedAt } = candidate;
    const hold = this.holds.get(`${detector} ${entity}`);
    if (hold === undefined) return undefined;
    if (hold.start !== start && (firedAt - hold.last > CLEARED_AFTER[size] || firedAt - hold.first >= LONGEST_INCIDENT)) return undefined;
    hold.last = Math.max(hold.last, firedAt);
    return hold.alert;
  }

  fire(entity: string, { detector, start, firedAt }: Candidate, alert: string): void {
    this.holds.set(`${detector} ${entity}`, { alert, start, first: firedAt, last: firedAt });
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
