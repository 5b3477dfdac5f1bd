import { type CalendarHour, daysAround } from '../../services/core/calendar-hour.ts';
import { ACCOUNT_FEATURES, ACCOUNT_ROLLING, type ClosedWindow, INTERFACE_FEATURES, INTERFACE_ROLLING, ROLLING_HOURS } from '../windows.ts';
import type { LearnedView } from './feature-list.ts';

const HOUR = 3_600_000;
/** Monday, 5 January 2026, 00:00 UTC: the golden script's first day. */
const START = Date.UTC(2026, 0, 5);

/** Values of one window by feature name; the rest are zeros. */
export type GoldenValues = Readonly<Record<string, number>>;

/** One entity of the golden script: its closed hours in order, with the sums that roll behind them. */
export class GoldenEntity {
  private readonly view: LearnedView;
  private readonly slot: number;
  private readonly flags: number;
  private readonly features: readonly string[];
  private readonly rolled: readonly number[];
  private readonly past: { hour: number; values: Float64Array }[] = [];
  private readonly days = new Set<number>();
  private first = 0;

  constructor(view: LearnedView, slot: number, flags: number) {
    this.view = view;
    this.slot = slot;
    this.flags = flags;
    this.features = view === 'account' ? ACCOUNT_FEATURES : INTERFACE_FEATURES;
    const rolled: readonly string[] = view === 'account' ? ACCOUNT_ROLLING : INTERFACE_ROLLING;
    this.rolled = rolled.map((name) => this.features.indexOf(name));
  }

  /** The entity's next window, `hour` hours after the script's start; the calendar is UTC with Saturday and Sunday off. */
  window(hour: number, given: GoldenValues): ClosedWindow {
    const values = new Float64Array(this.features.length);
    for (const [name, value] of Object.entries(given)) values[this.features.indexOf(name)] = value;
    if (this.past.length === 0) this.first = START + hour * HOUR;
    this.past.push({ hour, values });
    const calendar = calendarAt(hour);
    const activeDays = this.days.size - (this.days.has(calendar.day) ? 1 : 0);
    this.days.add(calendar.day);
    const start = START + hour * HOUR;
    return {
      tenant: 'golden',
      view: this.view,
      key: `golden-${this.slot}`,
      slot: this.slot,
      start,
      end: start + HOUR,
      calendar,
      partial: false,
      values,
      rolling: this.rolling(hour),
      firstSeen: this.first,
      activeDays,
      flags: this.flags,
    };
  }

  private rolling(hour: number): Float64Array {
    const n = this.rolled.length;
    const sums = new Float64Array(ROLLING_HOURS.length * n);
    for (const pane of this.past)
      for (let size = 0; size < ROLLING_HOURS.length; size++) {
        if (pane.hour <= hour - ROLLING_HOURS[size]) continue;
        for (let i = 0; i < n; i++) sums[size * n + i] += pane.values[this.rolled[i]];
      }
    return sums;
  }
}

function calendarAt(hour: number): CalendarHour {
  const day = Math.floor(hour / 24);
  const weekday = day % 7;
  const around = daysAround(day, (at) => ((at % 7) + 7) % 7 < 5);
  return { hour: hour % 24, weekday, working: weekday < 5, day: START / (24 * HOUR) + day, around };
}
