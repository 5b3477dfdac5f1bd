import { scaledOf, unsignedOf } from './numbers.ts';

/** What `timeOf` returns for a text that is no time. */
export const NO_TIME = Number.NEGATIVE_INFINITY;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  if (month === 2 && day === 29) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= DAYS_IN_MONTH[month - 1];
}

function two(bytes: Uint8Array, at: number): number {
  const a = bytes[at] - 0x30;
  const b = bytes[at + 1] - 0x30;
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -1;
}

/**
 * Event time in integer ms since the epoch from a text in one of the forms that logs use; NO_TIME for anything else:
 * - `2026-11-22T09:59:14.123+08:00` (or a space for T; `Z`, `+08:00`, `+0800`; without a zone it is UTC)
 * - `22/Nov/2026:09:59:14 +0800` (with or without brackets, optional fraction)
 * - `Sun, 22 Nov 2026 09:59:14 GMT` (HTTP date)
 * - seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by magnitude (below 1e11: seconds)
 * A leap second (60) counts as 59.
 */
export function timeOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 1 || length > 40) return NO_TIME;
  if (bytes[start] === 0x5b) return bytes[end - 1] === 0x5d ? timeOf(bytes, start + 1, end - 1) : NO_TIME;
  const c = bytes[start + 4];
  if (length >= 19 && c === 0x2d) return isoTime(bytes, start, end);
  if (length >= 20 && bytes[start + 2] === 0x2f) return clfTime(bytes, start, end);
  if (length === 29 && bytes[start + 3] === 0x2c) return httpTime(bytes, start, end);
  return epochTime(bytes, start, end);
}

function httpTime(bytes: Uint8Array, start: number, end: number): number {
  const day = two(bytes, start + 5);
  const month = monthOf(bytes, start + 8);
  const year = two(bytes, start + 12) * 100 + two(bytes, start + 14);
  const ofDay = clock(bytes, start + 17);
  const gmt = bytes[end - 3] === 0x47 && bytes[end - 2] === 0x4d && bytes[end - 1] === 0x54;
  if (!gmt || year < 1000 || ofDay < 0 || !isDate(year, month, day)) return NO_TIME;
  return daysFromCivil(year, month, day) * 86_400_000 + ofDay;
}

function epochTime(bytes: Uint8Array, start: number, end: number): number {
  let whole = 0;
  while (start + whole < end && bytes[start + whole] >= 0x30 && bytes[start + whole] <= 0x39) whole++;
  if (whole < 1 || whole > 19) return NO_TIME;
  if (whole <= 11) {
    const ms = scaledOf(bytes, start, end, 3);
    return ms < 0 ? NO_TIME : ms;
  }
  if (whole <= 14) {
    const ms = scaledOf(bytes, start, end, 0);
    return ms < 0 ? NO_TIME : ms;
  }
  if (start + whole !== end) return NO_TIME;
  // Microseconds (15 to 17 digits) and nanoseconds (18, 19): the digits behind the millisecond are cut.
  const kept = whole <= 17 ? whole - 3 : whole - 6;
  const ms = scaledOf(bytes, start, start + kept, 0);
  return ms < 0 ? NO_TIME : ms;
}

function clock(bytes: Uint8Array, at: number): number {
  const hour = two(bytes, at);
  const minute = two(bytes, at + 3);
  let second = two(bytes, at + 6);
  if (bytes[at + 2] !== 0x3a || bytes[at + 5] !== 0x3a) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  if (second === 60) second = 59;
  return (hour * 3600 + minute * 60 + second) * 1000;
}

/** Offset of `Z`, `+hh:mm`, `+hhmm`, `+hh` or nothing, in ms; NO_TIME when it is something else. */
function zone(bytes: Uint8Array, at: number, end: number): number {
  if (at === end) return 0;
  const c = bytes[at];
  if ((c === 0x5a || c === 0x7a) && at + 1 === end) return 0;
  if (c !== 0x2b && c !== 0x2d) return NO_TIME;
  const hours = two(bytes, at + 1);
  const separated = bytes[at + 3] === 0x3a;
  const minutes = at + 3 === end ? 0 : two(bytes, at + (separated ? 4 : 3));
  if (at + 3 !== end && at + (separated ? 6 : 5) !== end) return NO_TIME;
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return NO_TIME;
  const ms = (hours * 60 + minutes) * 60_000;
  return c === 0x2b ? ms : -ms;
}

function isoTime(bytes: Uint8Array, start: number, end: number): number {
  const century = two(bytes, start);
  const rest = two(bytes, start + 2);
  const month = two(bytes, start + 5);
  const day = two(bytes, start + 8);
  const between = bytes[start + 10];
  if (century < 0 || rest < 0 || bytes[start + 7] !== 0x2d || (between !== 0x54 && between !== 0x74 && between !== 0x20)) return NO_TIME;
  const year = century * 100 + rest;
  if (!isDate(year, month, day)) return NO_TIME;
  const ofDay = clock(bytes, start + 11);
  if (ofDay < 0) return NO_TIME;
  let at = start + 19;
  let fraction = 0;
  if (at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
    const from = ++at;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) {
      if (at - from < 3) fraction = fraction * 10 + (bytes[at] - 0x30);
      at++;
    }
    if (at === from) return NO_TIME;
    for (let n = at - from; n < 3; n++) fraction *= 10;
  }
  if (at < end && bytes[at] === 0x20) at++;
  const offset = zone(bytes, at, end);
  if (offset === NO_TIME) return NO_TIME;
  return daysFromCivil(year, month, day) * 86_400_000 + ofDay + fraction - offset;
}

/** Month 1..12 of its three-letter English name at `at`, 0 for anything else. */
function monthOf(bytes: Uint8Array, at: number): number {
  const word = ((bytes[at] | 0x20) << 16) | ((bytes[at + 1] | 0x20) << 8) | (bytes[at + 2] | 0x20);
  switch (word) {
    case 0x6a616e:
      return 1;
    case 0x666562:
      return 2;
    case 0x6d6172:
      return 3;
    case 0x617072:
      return 4;
    case 0x6d6179:
      return 5;
    case 0x6a756e:
      return 6;
    case 0x6a756c:
      return 7;
    case 0x617567:
      return 8;
    case 0x736570:
      return 9;
    case 0x6f6374:
      return 10;
    case 0x6e6f76:
      return 11;
    case 0x646563:
      return 12;
    default:
      return 0;
  }
}

/** `22/Nov/2026:09:59:14 +0800`, optionally with a fraction of a second. */
function clfTime(bytes: Uint8Array, start: number, end: number): number {
  const day = two(bytes, start);
  const month = monthOf(bytes, start + 3);
  const century = two(bytes, start + 7);
  const rest = two(bytes, start + 9);
  if (bytes[start + 6] !== 0x2f || bytes[start + 11] !== 0x3a || century < 0 || rest < 0) return NO_TIME;
  const year = century * 100 + rest;
  if (!isDate(year, month, day)) return NO_TIME;
  const ofDay = clock(bytes, start + 12);
  if (ofDay < 0) return NO_TIME;
  let at = start + 20;
  let fraction = 0;
  if (at < end && bytes[at] === 0x2e) {
    const from = ++at;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) {
      if (at - from < 3) fraction = fraction * 10 + (bytes[at] - 0x30);
      at++;
    }
    for (let n = at - from; n < 3; n++) fraction *= 10;
  }
  if (at < end && bytes[at] === 0x20) at++;
  const offset = zone(bytes, at, end);
  if (offset === NO_TIME) return NO_TIME;
  return daysFromCivil(year, month, day) * 86_400_000 + ofDay + fraction - offset;
}

const decoder = new TextDecoder();
/** Milliseconds of the units that texts write durations in (Go's, and the same with a space in front). */
const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, '\u00b5s': 1e-3, '\u03bcs': 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };
const GO_DURATION =
  /^\+?(?:\d+(?:\.\d*)?|\.\d+) ?(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))*$/;
const GO_PART = /(\d+\.?\d*|\.\d+) ?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const ISO_DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;
/** Longest text of a duration, bytes. */
const MAX_DURATION = 40;

/**
 * A duration in whole milliseconds (half up); -1 for what is none. A bare number is in the unit that `shift` says: its
 * power of ten in milliseconds (3: seconds, 0: milliseconds, -3: microseconds, -6: nanoseconds). Texts that carry their own unit
 * are taken by that: Go's `1.5ms`, `2m3s`, `150\u00b5s`, and ISO 8601's `PT1.5S`.
 */
export function durationOf(bytes: Uint8Array, start: number, end: number, shift: number): number {
  const last = bytes[end - 1];
  if (last >= 0x30 && last <= 0x39) return shift >= 0 ? scaledOf(bytes, start, end, shift) : shortened(bytes, start, end, -shift);
  if (end <= start || end - start > MAX_DURATION) return -1;
  const text = decoder.decode(bytes.subarray(start, end));
  const iso = ISO_DURATION.exec(text);
  if (iso !== null && text.length > 2 && !text.endsWith('T')) {
    const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number((part ?? '0').replace(',', '.')));
    return Math.round(days * 8.64e7 + hours * UNITS.h + minutes * UNITS.m + seconds * UNITS.s);
  }
  if (!GO_DURATION.test(text)) return -1;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(GO_PART)) ms += Number(number) * UNITS[unit];
  // sums of binary fractions: 1.0005 s are 1001 ms
  return Math.round(Number(ms.toFixed(6)));
}

/** The decimal in bytes[start, end) over 10^digits, rounded. */
function shortened(bytes: Uint8Array, start: number, end: number, digits: number): number {
  const dot = bytes.subarray(start, end).indexOf(0x2e);
  const whole = unsignedOf(bytes, start, dot < 0 ? end : start + dot);
  if (whole >= 0 && (dot < 0 || unsignedOf(bytes, start + dot + 1, end) >= 0)) return Math.round(whole / 10 ** digits);
  const value = scaledOf(bytes, start, end, 0); // with an exponent, or a sign
  return value < 0 ? -1 : Math.round(value / 10 ** digits);
}
