import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import { PopulationLearner } from '../../models/population.ts';
import {
  ACCOUNT_FEATURES,
  ACCOUNT_ROLLING,
  type ClosedMinute,
  type ClosedWindow,
  featureIndex,
  MINUTE_COUNTERS,
  ROLLING_HOURS,
  VIEW_FEATURES,
  type View,
} from '../../models/windows.ts';
import { type CalendarHour, daysAround } from '../../services/core/calendar-hour.ts';
import { createViewScoring, type ViewScoring } from '../../services/scoring/view-scoring.ts';

const HOUR = 3_600_000;
/** Monday, 2 March 2026, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 2, 2);

/** The UTC calendar with Saturday and Sunday off. */
export function calendarAt(time: number): CalendarHour {
  const hours = Math.floor(time / HOUR);
  const day = Math.floor(hours / 24);
  const weekday = (day + 3) % 7;
  return { hour: hours % 24, weekday, working: weekday < 5, day, around: daysAround(day, (at) => (at + 3) % 7 < 5) };
}

/** A small seeded generator (mulberry32, Tommy Ettinger, public domain). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A Poisson deviate (Knuth below 30, else rounded normal). */
export function poisson(random: () => number, mean: number): number {
  if (mean > 30) {
    const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + z * Math.sqrt(mean)));
  }
  const limit = Math.exp(-mean);
  let k = 0;
  for (let p = random(); p > limit; p *= random()) k++;
  return k;
}

type Values = Partial<Record<string, number>>;

/** Feeds windows of one tenant and view straight into a scoring, keeping the rolling sums, and collects what comes out. */
export class WindowFeed {
  readonly view: View;
  scoring: ViewScoring;
  readonly learner = new PopulationLearner();
  readonly candidates: Candidate[] = [];
  readonly reports: ScoreReport[] = [];
  private readonly slots = new Map<string, number>();
  private readonly history: { hour: number; values: Float64Array }[][] = [];
  private readonly seen: { first: number; days: Set<number> }[] = [];
  private readonly useKnowledge: boolean;

  constructor(view: View, useKnowledge = true) {
    this.view = view;
    this.scoring = createViewScoring(view);
    this.useKnowledge = useKnowledge;
  }

  slotOf(key: string): number {
    let slot = this.slots.get(key);
    if (slot === undefined) this.slots.set(key, (slot = this.slots.size));
    return slot;
  }

  window(key: string, start: number, features: Values, flags = 0): ClosedWindow {
    const slot = this.slotOf(key);
    const names: readonly string[] = VIEW_FEATURES[this.view];
    const values = new Float64Array(names.length);
    for (const [name, value] of Object.entries(features)) values[featureIndex(names, name)] = value!;
    const calendar = calendarAt(start);
    const past = (this.history[slot] ??= []);
    past.push({ hour: start / HOUR, values });
    while (past[0].hour <= start / HOUR - 168) past.shift();
    const rolled =
      this.view === 'account'
        ? ACCOUNT_ROLLING.map((name) => featureIndex(ACCOUNT_FEATURES, name))
        : this.view === 'interface'
          ? names.map((_, i) => i)
          : [];
    const rolling = new Float64Array(4 * rolled.length);
    for (const pane of past) {
      ROLLING_HOURS.forEach((hours, size) => {
        if (pane.hour <= start / HOUR - hours) return;
        rolled.forEach((feature, i) => {
          rolling[size * rolled.length + i] += pane.values[feature];
        });
      });
    }
    const seen = (this.seen[slot] ??= { first: start, days: new Set() });
    const activeDays = seen.days.size - (seen.days.has(calendar.day) ? 1 : 0);
    seen.days.add(calendar.day);
    return {
      tenant: 't',
      view: this.view,
      key,
      slot,
      start,
      end: start + HOUR,
      calendar,
      partial: false,
      values,
      rolling,
      firstSeen: seen.first,
      activeDays,
      flags,
    };
  }

  hour(key: string, start: number, features: Values, flags = 0): Candidate[] {
    const before = this.candidates.length;
    this.scoring.closeHour(this.window(key, start, features, flags), (candidate) => this.candidates.push(candidate));
    return this.candidates.slice(before);
  }

  minute(key: string, start: number, counters: Values, running: Values, flags = 0): Candidate[] {
    const before = this.candidates.length;
    const fill = (from: Values) => {
      const out = new Float64Array(MINUTE_COUNTERS.length);
      for (const [name, value] of Object.entries(from)) out[featureIndex(MINUTE_COUNTERS, name)] = value!;
      return out;
    };
    const minute: ClosedMinute = {
      tenant: 't',
      view: this.view as 'account',
      key,
      slot: this.slotOf(key),
      start,
      calendar: calendarAt(start),
      minuteOfHour: (start % HOUR) / 60_000,
      counters: fill(counters),
      running: fill(running),
      firstSeen: start,
      activeDays: 0,
      flags,
    };
    this.scoring.closeMinute(minute, (candidate) => this.candidates.push(candidate));
    return this.candidates.slice(before);
  }

  /** Ends the hour for the tenant; what the population learned takes effect at once. */
  end(start: number): ScoreReport | undefined {
    const report = this.scoring.flush('t', start, false);
    if (report === undefined) return undefined;
    this.reports.push(report);
    this.learner.absorb(report);
    if (this.useKnowledge) this.scoring.shared('t', { population: JSON.parse(JSON.stringify(this.learner.close('t', start))) });
    return report;
  }
}
