import { isRegion } from './regions.ts';

/** Years of birth that are taken. No clock is asked, so the upper end is a constant. */
const FIRST_YEAR = 1880;
const LAST_YEAR = 2035;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** GB 11643-1999: weight of each of the 17 places, 2^(18 - place) mod 11. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';

/** Whether 18 bytes at `at`, 17 digits and a digit or X, are a resident id: region, date of birth, check digit of GB 11643. */
export function isResidentId(text: Uint8Array, at: number): boolean {
  const year = number(text, at + 6, 4);
  if (year < FIRST_YEAR || year > LAST_YEAR || !isRegion(text, at) || !isDay(text, at + 10, year)) return false;
  return residentCheck(text, at) === (text[at + 17] === 0x78 ? 0x58 : text[at + 17]);
}

/** Whether 15 digits at `at` have the form of ids up to 1999: region, date of birth in the twentieth century, three digits. */
export function isOldResidentId(text: Uint8Array, at: number): boolean {
  return isRegion(text, at) && isDay(text, at + 8, 1900 + number(text, at + 6, 2));
}

/** The check character (ASCII) of the 17 digits at `at`. */
export function residentCheck(text: Uint8Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (text[at + i] - 0x30) * WEIGHTS[i];
  return CHECKS.charCodeAt(sum % 11);
}

/** Year of birth of an id of 18 places. */
export function birthYear(text: Uint8Array, at: number): number {
  return number(text, at + 6, 4);
}

/** Whether the month and day at `at` (MMDD) are in the calendar of `year`. */
function isDay(text: Uint8Array, at: number, year: number): boolean {
  const month = number(text, at, 2);
  const day = number(text, at + 2, 2);
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

function number(text: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 10 + text[at + i] - 0x30;
  return value;
}
