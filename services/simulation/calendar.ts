import Holidays from 'date-holidays';
import { HOUR } from '../core/watermark.ts';
import type { CalendarDays } from './plan.ts';

/** Where an instant lies in a tenant's local life. */
export interface LocalHour {
  /** hour of the local day, 0..23 */
  hour: number;
  /** 0 Monday .. 6 Sunday */
  weekday: number;
  /** local days since the epoch */
  day: number;
  /** day of the month, 1..31 */
  date: number;
  /** days left in the month, 0 on the last day */
  daysLeft: number;
  /** people are at work: no weekend, no holiday, or a make-up day */
  working: boolean;
  /** a public holiday */
  holiday: boolean;
}

/** Local time of one tenant: zone, public holidays and the tenant's own days. Remembers the hour it was last asked for. */
export class Calendar {
  private readonly format: Intl.DateTimeFormat;
  private readonly days: CalendarDays;
  private readonly holidays: Holidays | undefined;
  private readonly holidayOfDay = new Map<number, boolean>();
  private readonly hours = new Map<number, LocalHour>();

  constructor(timeZone: string, country: string | undefined, days: CalendarDays) {
    this.format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    this.days = days;
    this.holidays = country === undefined ? undefined : new Holidays(country);
  }

  /** The local hour of an instant; instants of the same quarter of an hour share the answer (no zone has finer offsets). */
  at(time: number): LocalHour {
    const quarter = Math.floor(time / (HOUR / 4));
    const known = this.hours.get(quarter);
    if (known !== undefined) return known;
    const local = this.compute(quarter * (HOUR / 4));
    if (this.hours.size > 512) this.hours.clear();
    this.hours.set(quarter, local);
    return local;
  }

  /** Local calendar date as YYYY-MM-DD. */
  dateText(time: number): string {
    const [year, month, date] = this.parts(time);
    return `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
  }

  /** First instant of the local day that is `days` after the one of `time`, found by stepping over the hours. */
  midnight(time: number, days = 0): number {
    const target = this.at(time).day + days;
    let at = Math.floor(time / HOUR) * HOUR + days * 24 * HOUR - 26 * HOUR;
    while (this.at(at).day < target) at += HOUR / 4;
    return at;
  }

  private parts(time: number): [number, number, number, number] {
    let year = 0;
    let month = 0;
    let date = 0;
    let hour = 0;
    for (const part of this.format.formatToParts(time)) {
      if (part.type === 'year') year = Number(part.value);
      else if (part.type === 'month') month = Number(part.value);
      else if (part.type === 'day') date = Number(part.value);
      else if (part.type === 'hour') hour = Number(part.value) % 24;
    }
    return [year, month, date, hour];
  }

  private compute(time: number): LocalHour {
    const [year, month, date, hour] = this.parts(time);
    const day = Math.round(Date.UTC(year, month - 1, date) / 86_400_000);
    const weekday = (((day + 3) % 7) + 7) % 7;
    const own = this.days[`${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`];
    let holiday = own === 'holiday';
    if (own === undefined && this.holidays !== undefined) {
      let known = this.holidayOfDay.get(day);
      if (known === undefined) {
        const found = this.holidays.isHoliday(`${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')} 12:00:00`);
        known = found !== false && found.some((entry) => entry.type === 'public');
        this.holidayOfDay.set(day, known);
      }
      holiday = known;
    }
    const working = own === 'work' || (own === undefined && weekday < 5 && !holiday);
    const daysLeft = new Date(Date.UTC(year, month, 0)).getUTCDate() - date;
    return { hour, weekday, day, date, daysLeft, working, holiday };
  }
}
