import { WeirError } from '../core/errors.ts';

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const RELATIVE = /^(\d+)([smhdw])$/;
const ABSOLUTE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** For help texts of options that take a time. */
export const TIME_SYNTAX = '2026-04-01, 2026-04-01T08:00, …Z or …+08:00, or how long ago: 30m, 2h, 3d, 1w';

/**
 * Parses a time option. Without an offset it is local to `zone`. Relative ones count back from `now`.
 * @returns ms since the epoch
 * @throws WeirError `usage` naming the option
 */
export function parseTimeOption(text: string, option: string, context: { now: number; zone: string }): number {
  const relative = RELATIVE.exec(text);
  if (relative !== null) return context.now - Number(relative[1]) * UNITS[relative[2]];
  const parts = ABSOLUTE.exec(text);
  if (parts !== null) {
    const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
    const ms = Number((parts[7] ?? '0').padEnd(3, '0'));
    const wall = Date.UTC(year, month - 1, day, hour, minute, second, ms);
    const check = new Date(wall);
    if (check.getUTCMonth() === month - 1 && check.getUTCDate() === day && hour < 24 && minute < 60 && second < 60) {
      if (parts[8] !== undefined) return wall - offsetOf(parts[8]);
      return fromZone(wall, context.zone);
    }
  }
  throw new WeirError('usage', `${option} ${text}: not a time; use ${TIME_SYNTAX}`);
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/\D/g, '');
  return sign * (Number(digits.slice(0, 2)) * UNITS.h + Number(digits.slice(2)) * UNITS.m);
}

/** The instant at which clocks of `zone` show the wall time `wall` (given as if it were UTC); the earlier one if two do. */
function fromZone(wall: number, zone: string): number {
  const before = wall - zoneOffset(wall - UNITS.d, zone);
  return zoneOffset(before, zone) === wall - before ? before : wall - zoneOffset(wall + UNITS.d, zone);
}

/** How far `zone` is ahead of UTC at an instant, ms. */
function zoneOffset(at: number, zone: string): number {
  return Date.parse(`${formatTime(at, zone).replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
}

function formatter(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** `2026-04-01 16:00:00` on the clocks of `zone`. */
export function formatTime(at: number | string, zone: string): string {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatter(zone).formatToParts(typeof at === 'string' ? Date.parse(at) : at)) parts[type] = value;
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** `2026-04-01 16:00 – 17:00`: without seconds where they are zero, without the second date where it is the same. */
export function formatSpan(start: string, end: string, zone: string): string {
  const from = shortTime(start, zone);
  const to = shortTime(end, zone);
  return `${from} – ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}

/** As `formatTime`, without `:00` seconds. */
export function shortTime(at: number | string, zone: string): string {
  return formatTime(at, zone).replace(/:00$/, '');
}
