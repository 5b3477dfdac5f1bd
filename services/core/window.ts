import { DAY, HOUR, MINUTE } from './watermark.ts';

/**
 * Panes of a tenant: tumbling minutes and hours, aligned to its time zone, numbered so that arithmetic is on integers.
 * Hours of zones that lie off the full hour (India: +5:30) start at the zone's own full hour; the phase is that of the
 * zone's offset at 2000-01-01 and does not change, so the numbering has no seams. Local days have 23 or 25 hours when
 * the clock changes.
 */
export class Panes {
  readonly timeZone: string;
  private readonly phase: number;
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();

  /** Throws a RangeError for a time zone that this runtime does not know. */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const standard = this.measure(Date.UTC(2000, 0, 1));
    this.phase = ((standard % HOUR) + HOUR) % HOUR;
  }

  /** Number of the hour pane that holds `at` (ms UTC). */
  hourOf(at: number): number {
    return Math.floor((at + this.phase) / HOUR);
  }

  /** Start of an hour pane, ms UTC; its end is the start of the next. */
  hourStart(hour: number): number {
    return hour * HOUR - this.phase;
  }

  /** Number of the minute pane that holds `at`. Zones whose offset is no whole minute do not exist after 1972. */
  minuteOf(at: number): number {
    return Math.floor(at / MINUTE);
  }

  /** Local wall clock of an hour pane's start: hour 0..23, weekday 0 (Monday)..6, days since 1970-01-01 of the local date. */
  local(hour: number): { hour: number; weekday: number; day: number } {
    const start = this.hourStart(hour);
    const local = start + this.offsetAt(start);
    const day = Math.floor(local / DAY);
    return { hour: Math.floor((local - day * DAY) / HOUR), weekday: (((day + 3) % 7) + 7) % 7, day };
  }

  /** Offset of local time from UTC at `at`, ms; cached by quarter of an hour of UTC. */
  offsetAt(at: number): number {
    const quarter = Math.floor(at / (15 * MINUTE));
    let offset = this.offsets.get(quarter);
    if (offset === undefined) {
      offset = this.measure(quarter * 15 * MINUTE);
      if (this.offsets.size > 4096) this.offsets.clear();
      this.offsets.set(quarter, offset);
    }
    return offset;
  }

  private measure(at: number): number {
    const parts: Record<string, number> = {};
    for (const part of this.format.formatToParts(at)) if (part.type !== 'literal') parts[part.type] = Number(part.value);
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(at / 1000) * 1000;
  }
}
