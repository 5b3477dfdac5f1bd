/** `2014-04-01 00:05`, with seconds and zone or without; a T or a space between. */
const CALENDAR = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?))?\s?(Z|[+-]\d{2}:?\d{2})?$/i;
const EPOCH = /^\d+(?:\.\d+)?$/;
/** Numbers below are seconds (until the year 5138), numbers below the second are milliseconds. */
const LEAST_MS = 1e11;
const LEAST_US = 1e14;

/**
 * A timestamp of a series as ms since 1970: ISO 8601 or `YYYY-MM-DD HH:MM:SS`, UTC where no zone is given, or seconds or
 * milliseconds since 1970. NaN for anything else.
 */
export function seriesTime(text: string): number {
  if (EPOCH.test(text)) {
    const number = Number(text);
    return number < LEAST_MS ? number * 1000 : number < LEAST_US ? number : Number.NaN;
  }
  const parts = CALENDAR.exec(text);
  if (parts === null) return Number.NaN;
  const [, date, clock = '00:00', zone = 'Z'] = parts;
  const time = Date.parse(
    `${date}T${clock.replace(',', '.')}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()}`,
  );
  // Date.parse takes the 30th of February for the 2nd of March
  return Number.isNaN(time) || new Date(`${date}T00:00Z`).toISOString().slice(0, 10) !== date ? Number.NaN : time;
}
