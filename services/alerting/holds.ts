import type { WindowSize } from '../../schemas/alert.ts';
import { DAY, HOUR } from '../core/watermark.ts';
import { LONGEST_INCIDENT } from './incidents.ts';

/** A condition that has fired and lasts. */
interface Hold {
  alert: string;
  first: number;
  last: number;
}

export type HoldsState = [string, Hold][];

/** How long a condition may be unseen before it counts as cleared: an entity that rests has no windows to be looked at. */
const CLEARED_AFTER: Readonly<Record<WindowSize, number>> = { '1m': HOUR, '1h': 2 * HOUR, '6h': 6 * HOUR, '1d': DAY, '3d': DAY, '7d': DAY };

/**
 * Fired flags: a condition that lasts (one detector above its threshold for one entity) is one alert until it clears,
 * or until its incident has reached the longest span and is renewed.
 */
export class Holds {
  private readonly holds = new Map<string, Hold>();

  /** The alert of the condition that this verdict continues; undefined when it is a new one. */
  continues(detector: string, entity: string, size: WindowSize, firedAt: number): string | undefined {
    const hold = this.holds.get(`${detector} ${entity}`);
    if (hold === undefined || firedAt - hold.last > CLEARED_AFTER[size] || firedAt - hold.first >= LONGEST_INCIDENT) return undefined;
    hold.last = Math.max(hold.last, firedAt);
    return hold.alert;
  }

  fire(detector: string, entity: string, firedAt: number, alert: string): void {
    this.holds.set(`${detector} ${entity}`, { alert, first: firedAt, last: firedAt });
  }

  /** Forgets what has cleared. */
  prune(time: number): void {
    for (const [key, hold] of this.holds) if (time - hold.last > DAY) this.holds.delete(key);
  }

  toJSON(): HoldsState {
    return [...this.holds];
  }

  restore(state: HoldsState): void {
    for (const [key, hold] of state) this.holds.set(key, { ...hold });
  }
}
