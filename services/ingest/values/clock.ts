import type { ClockPart } from '../patterns/template.ts';
import { daysFromCivil } from './time.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LONG_MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** Parts that strftime's composite letters stand for. */
const COMPOSITES: Record<string, string> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  D: '%m/%d/%y',
  R: '%H:%M',
  c: '%a %b %e %H:%M:%S %Y',
  r: '%I:%M:%S %p',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  h: '%b',
};

/** strftime's pattern as parts; undefined for one with a letter that is not read. */
export function clockParts(pattern: string): ClockPart[] | undefined {
  const parts: ClockPart[] = [];
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '%') {
      parts.push({ literal: pattern[i] });
      continue;
    }
    let letter = pattern[++i];
    if (letter === 'E' || letter === 'O' || letter === '-' || letter === '_' || letter === '0') letter = pattern[++i];
    if (letter === undefined) return undefined;
    if (letter === '%') parts.push({ literal: '%' });
    else if (letter === 'n') parts.push({ literal: '\n' });
    else if (letter === 't') parts.push({ literal: '\t' });
    else if (COMPOSITES[letter] !== undefined) parts.push(...(clockParts(COMPOSITES[letter]) as ClockPart[]));
    else if (/\d/.test(letter) && pattern[i + 1] === 'f') {
      parts.push({ read: 'fraction' });
      i++;
    } else if (letter === 'f') parts.push({ read: 'fraction' });
    else if (/[YymdebBHIMSpzZaAjs]/.test(letter)) parts.push({ read: letter as 'Y' });
    else return undefined;
  }
  return parts;
}

/** Whether the parts, of all pieces of one time together, say a date and a time of day. */
export function isWholeTime(parts: readonly ClockPart[]): boolean {
  const has = (...letters: string[]) => parts.some((part) => 'read' in part && letters.includes(part.read));
  if (has('s', 'epoch_ms', 'epoch_us')) return true;
  return has('Y', 'y') && (has('j') || (has('m', 'b', 'B') && has('d', 'e'))) && has('H', 'I') && has('M');
}

/** Gathers a time from its parts, as strftime's letters wrote them. Without a zone it is UTC. */
export class Clock {
  private year = 1970;
  private month = 1;
  private day = 1;
  private ofYear = 0;
  private hour = 0;
  private minute = 0;
  private second = 0;
  private milli = 0;
  private afternoon = -1;
  private zone = 0;
  private epoch = -1;

  reset(): void {
    this.year = 1970;
    this.month = 1;
    this.day = 1;
    this.ofYear = 0;
    this.hour = 0;
    this.minute = 0;
    this.second = 0;
    this.milli = 0;
    this.afternoon = -1;
    this.zone = 0;
    this.epoch = -1;
  }

  /** Reads parts at `at`; the position behind them, -1 when bytes[at, end) do not begin so. */
  read(parts: readonly ClockPart[], bytes: Uint8Array, at: number, end: number): number {
    for (const part of parts) {
      if ('literal' in part) {
        if (at >= end || bytes[at] !== part.literal.charCodeAt(0)) return -1;
        at++;
        continue;
      }
      at = this.part(part.read, bytes, at, end);
      if (at < 0) return -1;
    }
    return at;
  }

  private part(letter: string, bytes: Uint8Array, at: number, end: number): number {
    switch (letter) {
      case 'Y':
        this.year = digits(bytes, at, end, 4);
        return this.year < 0 ? -1 : at + 4;
      case 'y': {
        const year = digits(bytes, at, end, 2);
        this.year = year < 69 ? 2000 + year : 1900 + year; // POSIX
        return year < 0 ? -1 : at + 2;
      }
      case 'm':
        this.month = digits(bytes, at, end, 2);
        return this.month < 1 ? -1 : at + 2;
      case 'd':
        this.day = digits(bytes, at, end, 2);
        return this.day < 1 ? -1 : at + 2;
      case 'e':
        if (bytes[at] === 0x20) {
          this.day = digits(bytes, at + 1, end, 1);
          return this.day < 1 ? -1 : at + 2;
        }
        this.day = digits(bytes, at, end, 2);
        if (this.day >= 1) return at + 2;
        this.day = digits(bytes, at, end, 1);
        return this.day < 1 ? -1 : at + 1;
      case 'j':
        this.ofYear = digits(bytes, at, end, 3);
        return this.ofYear < 1 ? -1 : at + 3;
      case 'b':
        this.month = MONTHS.indexOf(word(bytes, at, end, 3)) + 1;
        return this.month < 1 ? -1 : at + 3;
      case 'B': {
        const rest = word(bytes, at, end, 9);
        this.month = LONG_MONTHS.findIndex((name) => rest.startsWith(name)) + 1;
        return this.month < 1 ? -1 : at + LONG_MONTHS[this.month - 1].length;
      }
      case 'H':
      case 'I':
        this.hour = digits(bytes, at, end, 2);
        return this.hour < 0 || this.hour > 23 ? -1 : at + 2;
      case 'M':
        this.minute = digits(bytes, at, end, 2);
        return this.minute < 0 || this.minute > 59 ? -1 : at + 2;
      case 'S':
        this.second = digits(bytes, at, end, 2);
        return this.second < 0 || this.second > 60 ? -1 : at + 2;
      case 'p': {
        const half = word(bytes, at, end, 2);
        this.afternoon = half === 'pm' ? 1 : half === 'am' ? 0 : -1;
        return this.afternoon < 0 ? -1 : at + 2;
      }
      case 'z':
        return this.offset(bytes, at, end);
      case 'fraction':
        return this.fraction(bytes, at, end);
      case 's':
      case 'epoch_ms':
      case 'epoch_us':
        return this.sinceEpoch(letter, bytes, at, end);
      default: // names of days and zones say nothing more
        return letters(bytes, at, end);
    }
  }

  private offset(bytes: Uint8Array, at: number, end: number): number {
    const sign = bytes[at];
    if (sign === 0x5a) return at + 1;
    const hours = digits(bytes, at + 1, end, 2);
    const colon = bytes[at + 3] === 0x3a ? 1 : 0;
    const minutes = digits(bytes, at + 3 + colon, end, 2);
    if ((sign !== 0x2b && sign !== 0x2d) || hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return -1;
    this.zone = (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes) * 60_000;
    return at + 5 + colon;
  }

  private fraction(bytes: Uint8Array, at: number, end: number): number {
    const from = at;
    let value = 0;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) {
      if (at - from < 3) value = value * 10 + (bytes[at] - 0x30);
      at++;
    }
    for (let n = at - from; n < 3; n++) value *= 10;
    this.milli = value;
    return at === from || at - from > 9 ? -1 : at;
  }

  private sinceEpoch(unit: string, bytes: Uint8Array, at: number, end: number): number {
    const from = at;
    let value = 0;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) value = value * 10 + (bytes[at++] - 0x30);
    this.epoch = unit === 's' ? value * 1000 : unit === 'epoch_ms' ? value : Math.floor(value / 1000);
    return at === from || at - from > 17 ? -1 : at;
  }

  /** Milliseconds since the epoch; NaN for a date that does not exist. */
  time(): number {
    if (this.epoch >= 0) return this.epoch + this.milli;
    const { year, month, day, ofYear } = this;
    const known = this.afternoon >= 0 ? (this.hour % 12) + this.afternoon * 12 : this.hour;
    const ofDay = (known * 3600 + this.minute * 60 + Math.min(this.second, 59)) * 1000 + this.milli;
    const days = ofYear > 0 ? daysFromCivil(year, 1, 1) + ofYear - 1 : daysFromCivil(year, month, day);
    // a day that its month does not have would be one of the next
    if (month > 12 || (ofYear === 0 && new Date(days * 86_400_000).getUTCDate() !== day)) return Number.NaN;
    return days * 86_400_000 + ofDay - this.zone;
  }
}

function digits(bytes: Uint8Array, at: number, end: number, count: number): number {
  if (at + count > end) return -1;
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const d = bytes[i] - 0x30;
    if (d < 0 || d > 9) return -1;
    value = value * 10 + d;
  }
  return value;
}

/** Up to `length` letters at `at`, lower case. */
function word(bytes: Uint8Array, at: number, end: number, length: number): string {
  let text = '';
  for (let i = at; i < Math.min(end, at + length); i++) text += String.fromCharCode(bytes[i] | 0x20);
  return text;
}

function letters(bytes: Uint8Array, at: number, end: number): number {
  const from = at;
  while (at < end && (bytes[at] | 0x20) >= 0x61 && (bytes[at] | 0x20) <= 0x7a) at++;
  return at === from ? -1 : at;
}
