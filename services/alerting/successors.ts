import type { ScoreReport } from '../../models/candidate.ts';
import { DAY } from '../core/watermark.ts';

/** When an interface was first seen, ms UTC, and its busiest hour in requests. */
type Seen = [first: number, peak: number];

export interface SuccessorsState {
  begun: number | null;
  seen: [string, Seen][];
}

/** Interfaces remembered; beyond it the ones that were seen first leave. */
const KEPT = 20_000;
/** A release reaches its clients within days: a successor is no older than this. */
const FRESH = 3 * DAY;
/** Requests of a successor's busiest hour, as part of those of the one that it follows. */
const TAKES_OVER = 0.3;

/** Interfaces by age, so that one that has gone silent because a release replaced it can be told from one that failed. */
export class Successors {
  private begun: number | undefined;
  private readonly seen = new Map<string, Seen>();

  /** Takes the interfaces of an hour's merged report. */
  learn(report: ScoreReport): void {
    if (report.interfaces.length === 0) return;
    this.begun ??= report.start;
    for (const [id, requests] of report.interfaces) {
      const before = this.seen.get(id);
      if (before === undefined) this.seen.set(id, [report.start, requests]);
      else if (before[1] < requests) before[1] = requests;
    }
    while (this.seen.size > KEPT) this.seen.delete(this.seen.keys().next().value as string);
  }

  /**
   * The interface that has taken over from `id` by `at` (ms UTC): a sibling (same method, host and path but for the last
   * part) that came within the last days, later than `id` and not in the tenant's first day, and is used about as much.
   * Undefined when there is none; of several the busiest.
   */
  of(id: string, at: number): string | undefined {
    const own = this.seen.get(id);
    if (own === undefined || this.begun === undefined) return undefined;
    const parent = parentOf(id);
    let best: string | undefined;
    let most = TAKES_OVER * own[1];
    for (const [other, [first, peak]] of this.seen) {
      if (other === id || first < this.begun + DAY || first <= own[0] || first < at - FRESH || first > at) continue;
      if (peak < most || parentOf(other) !== parent) continue;
      if (peak > most || best === undefined || other < best) [best, most] = [other, peak];
    }
    return best;
  }

  toJSON(): SuccessorsState {
    return { begun: this.begun ?? null, seen: [...this.seen] };
  }

  restore(state: SuccessorsState): void {
    this.begun = state.begun ?? undefined;
    for (const [id, seen] of state.seen) this.seen.set(id, [...seen]);
  }
}

/** Method, host and path up to the last part that names something: a template at the end belongs to what is before it. */
function parentOf(id: string): string {
  const path = id.replace(/(\/\{[^/]*\})+$/, '');
  return `${path.slice(0, path.lastIndexOf('/'))} ${id.length > path.length}`;
}
