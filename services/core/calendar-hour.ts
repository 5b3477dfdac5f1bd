/** Where an hour lies in its tenant's calendar. */
export interface CalendarHour {
  /** hour of the tenant's local day, 0..23 */
  hour: number;
  /** 0 Monday .. 6 Sunday, local */
  weekday: number;
  /** false on weekends and holidays, true on make-up working days */
  working: boolean;
  /** local days since the epoch: identifies the tenant's day */
  day: number;
  /** which days beside this one are working ones, in bits: 0 the next day, 1 this one, 1 + n the day n before, to DAYS_KNOWN_BEFORE */
  around: number;
}

/** So many days before an hour's own are known to be working ones or not. */
export const DAYS_KNOWN_BEFORE = 9;

/** The bits of `around` of a local day, from what is said of single days (days since the epoch). */
export function daysAround(day: number, working: (day: number) => boolean): number {
  let bits = 0;
  for (let back = -1; back <= DAYS_KNOWN_BEFORE; back++) if (working(day - back)) bits |= 1 << (back + 1);
  return bits;
}

/** Whether the day `back` days before the hour's own is a working one; -1: the next day. At most DAYS_KNOWN_BEFORE. */
export function workingBefore(calendar: CalendarHour, back: number): boolean {
  return ((calendar.around >> (back + 1)) & 1) === 1;
}

/** Turns `out` to the hour `back` hours before; negative: after, at most into the next day. Clocks that change in between are passed over. */
export function hoursBefore(calendar: CalendarHour, back: number, out: CalendarHour): CalendarHour {
  const local = calendar.hour - back;
  const days = -Math.floor(local / 24);
  out.hour = local + 24 * days;
  out.day = calendar.day - days;
  out.weekday = (((calendar.weekday - days) % 7) + 7) % 7;
  out.working = days === 0 ? calendar.working : workingBefore(calendar, days);
  out.around = 0;
  return out;
}
