import Holidays from 'date-holidays';
import { type CalendarHour, daysAround } from '../core/calendar-hour.ts';
import { DAY } from '../core/watermark.ts';
import type { Panes } from '../core/window.ts';

/** A tenant's calendar: built-in public holidays of a country, own days win (make-up working days, company holidays). */
export interface CalendarConfig {
  /** ISO 3166-1 alpha-2, or with region as date-holidays writes it (`DE-BY`) */
  country?: string;
  /** local date YYYY-MM-DD -> what it is */
  days?: Record<string, 'holiday' | 'work'>;
}

/** Tells of every hour pane where it lies in its tenant's week; remembers the last few weeks. */
export class TenantCalendar {
  private readonly panes: Panes;
  private readonly own: Record<string, 'holiday' | 'work'>;
  private readonly holidays: Holidays | undefined;
  private readonly hours = new Map<number, CalendarHour>();
  private readonly workingDays = new Map<number, boolean>();

  constructor(panes: Panes, config: CalendarConfig = {}) {
    this.panes = panes;
    this.own = config.days ?? {};
    if (config.country !== undefined) {
      const [country, ...region] = config.country.split('-');
      this.holidays = new Holidays(country, region[0] ?? '', { types: ['public'] });
    }
  }

  at(hour: number): CalendarHour {
    let known = this.hours.get(hour);
    if (known === undefined) {
      const local = this.panes.local(hour);
      const around = daysAround(local.day, (day) => this.working(day));
      known = { hour: local.hour, weekday: local.weekday, day: local.day, working: this.working(local.day), around };
      if (this.hours.size > 2000) this.hours.clear();
      this.hours.set(hour, known);
    }
    return known;
  }

  private working(day: number): boolean {
    let known = this.workingDays.get(day);
    if (known === undefined) {
      known = this.decide(day);
      if (this.workingDays.size > 1000) this.workingDays.clear();
      this.workingDays.set(day, known);
    }
    return known;
  }

  private decide(day: number): boolean {
    const date = new Date(day * DAY).toISOString().slice(0, 10);
    const own = this.own[date];
    if (own !== undefined) return own === 'work';
    if (weekdayOf(day) >= 5) return false;
    if (this.holidays === undefined) return true;
    // isHoliday takes an instant: noon of the date in UTC, which is the same date in the country's zone or near enough for all but Pacific edges
    return this.holidays.isHoliday(`${date} 12:00:00`) === false;
  }
}

/** 0 Monday .. 6 Sunday: day 0 is a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}
