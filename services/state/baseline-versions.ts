import { DAY } from '../core/watermark.ts';
import type { KeptAs, Manifest } from './manifest.ts';

/** Versions of the last days, one a day of event time. */
const MOST_DAYS = 7;
/** Versions of the weeks before, one a week. */
const MOST_WEEKS = 4;

/** The day of event time that a cut has reached, UTC days since 1970, by its furthest tenant; -1 before the first. */
export function dayReached(reached: Readonly<Record<string, number>>): number {
  const furthest = Math.max(...Object.values(reached));
  return Number.isFinite(furthest) ? Math.floor(furthest / DAY) : -1;
}

/** As what a cut is kept: as a version of its day, in the line that the last one belongs to. */
export function keptAs(sequence: number, reached: Readonly<Record<string, number>>, before: Manifest | undefined, now: number): KeptAs {
  const from = before?.kept?.from;
  return { number: sequence, day: dayReached(reached), at: new Date(now).toISOString(), ...(from === undefined ? {} : { from }) };
}

/** The version that a kept cut takes the place of: the one before it, when both are of one day. A day's version is its last cut. */
export function replacedBy(cut: Manifest, before: Manifest | undefined): number | undefined {
  if (before?.kept === undefined || before.kept.number === 0) return undefined;
  return before.kept.day === cut.kept?.day ? before.kept.number : undefined;
}

/**
 * Versions that are not kept any longer: all but the seven newest, and of those before them all but the newest of each of
 * the last four weeks that have one.
 * @param versions the oldest first
 */
export function surplus(versions: readonly Pick<Manifest, 'sequence' | 'kept'>[]): number[] {
  const gone: number[] = [];
  const weeks = new Set<number>();
  for (const { sequence, kept } of versions.slice(0, Math.max(0, versions.length - MOST_DAYS)).reverse()) {
    const week = Math.floor((kept?.day ?? 0) / 7);
    if (weeks.has(week) || weeks.size >= MOST_WEEKS) gone.push(sequence);
    else weeks.add(week);
  }
  return gone;
}
