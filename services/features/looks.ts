import { FLAG } from '../core/batch.ts';
import { MINUTE } from '../core/watermark.ts';
import type { Panes } from '../core/window.ts';

/**
 * Looks: at fixed marks inside an hour the running hour is judged with the features that its window would have if it
 * ended there. What counts in a look is what happened before the mark, whatever has arrived: so what comes ahead of the
 * next mark waits, or is kept apart in the pane of its slice (the minutes between two marks), until the look is over.
 *
 * What a look sees of each view, chosen so that it is the same for any split of the accounts over tasks:
 * - accounts: all that the hour's window has;
 * - interfaces: only those of WATCHED_TAGS, with all their events and callers of the hour so far;
 * - sources and targets: only what counts against them (isAgainst), so their requests are those alone.
 */
export const LOOK_MINUTES = 5;
const SLICES = 60 / LOOK_MINUTES;

/** Tags of the interfaces that looks watch. */
export const WATCHED_TAGS = FLAG.login | FLAG.register | FLAG.sendCode | FLAG.benefit;

/** Number of the slice that holds a minute of an hour (number of the hour, minute 0..59). */
export function sliceOf(hour: number, minuteOfHour: number): number {
  return hour * SLICES + Math.floor(minuteOfHour / LOOK_MINUTES);
}

/** Number of the hour that a slice lies in. */
export function hourOfSlice(slice: number): number {
  return Math.floor(slice / SLICES);
}

/** Minutes of its hour at which a slice ends: a mark, or 60. */
export function sliceEnd(slice: number): number {
  return (slice - hourOfSlice(slice) * SLICES + 1) * LOOK_MINUTES;
}

/** Whether a slice ends with its hour: then the hour's close judges it, and there is no look. */
export function isLastOfHour(slice: number): boolean {
  return sliceEnd(slice) === 60;
}

/** The next mark, or end of an hour, after `time` (ms UTC): what comes before it belongs to the slice that is being filled. */
export function markAfter(panes: Panes, time: number): number {
  const start = panes.hourStart(panes.hourOf(time));
  return start + (Math.floor((time - start) / MINUTE / LOOK_MINUTES) + 1) * LOOK_MINUTES * MINUTE;
}

/** Period of HourPanes for what is kept of a slice. */
export function slicePeriod(slice: number): number {
  return -1 - slice;
}

/** The slice of a period. */
export function sliceOfPeriod(period: number): number {
  return -1 - period;
}

/** Slices beyond any time: periods below their own are free for other use. */
const RUNNING = 1_000_000_000;

/** Period of HourPanes in which a merge task adds up what looks of an hour have seen of sources and targets so far. */
export function runningPeriod(hour: number): number {
  return -1 - RUNNING - hour;
}

export function isRunning(period: number): boolean {
  return period < -RUNNING;
}

/** The hour of a running period. */
export function hourOfRunning(period: number): number {
  return -1 - RUNNING - period;
}

/** Period of an account task's panes of watched interfaces while they are made for a look. */
export const LOOK_PERIOD = -0x7fff_ffff;
