/** Weights of the check digits of ICAO 9303, part 3, section 4.9. */
const WEIGHTS = [7, 3, 1];

/** Length of one line by form. */
const TD1 = 30;
const TD2 = 36;
const TD3 = 44;

/**
 * Length of the line with the check digits of a passport (TD3) or an older card (TD2) that ends at `end`, where a run of
 * A-Z, 0-9 and < from `start` ends; the line before it may stand in the same run. 0 when there is none.
 */
export function mrzLine(text: Uint8Array, start: number, end: number): number {
  if (end - TD3 >= start && isLine(text, end - TD3, TD3)) return TD3;
  return end - TD2 >= start && isLine(text, end - TD2, TD2) ? TD2 : 0;
}

/** Whether two lines of an identity card (TD1), `first` and `second` of 30 characters each, carry the right check digits. */
export function isCardZone(text: Uint8Array, first: number, second: number): boolean {
  const kind = text[first];
  if (kind !== 0x41 && kind !== 0x43 && kind !== 0x49) return false;
  if (!isLetters(text, first + 2) || !isSex(text[second + 7])) return false;
  if (text[first + 14] !== 0x3c && check(text, first + 5, 9) !== digit(text[first + 14])) return false;
  if (!isDated(text, second, second + 8)) return false;
  let sum = weigh(text, first + 5, 25, 0);
  sum += weigh(text, second, 7, 25);
  sum += weigh(text, second + 8, 7, 32);
  sum += weigh(text, second + 18, 11, 39);
  return sum % 10 === digit(text[second + 29]);
}

/** Length of a line of an identity card's zone. */
export const CARD_LINE = TD1;

/** Second line of TD2 or TD3: number, nationality, birth, sex, expiry, what the issuer added, over all. */
function isLine(text: Uint8Array, at: number, length: number): boolean {
  if (!isSex(text[at + 20]) || !isLetters(text, at + 10)) return false;
  if (digit(text[at + 9]) < 0 || check(text, at, 9) !== digit(text[at + 9]) || !isDated(text, at + 13, at + 21)) return false;
  if (length === TD3) {
    const own = check(text, at + 28, 14);
    if (text[at + 42] === 0x3c ? own !== 0 : own !== digit(text[at + 42])) return false;
  }
  const last = at + length - 1;
  const optional = length === TD3 ? 15 : 7;
  const sum = weigh(text, at, 10, 0) + weigh(text, at + 13, 7, 10) + weigh(text, at + 21, 7, 17) + weigh(text, at + 28, optional, 24);
  return sum % 10 === digit(text[last]);
}

/** Birth and expiry, six digits and a check digit each. */
function isDated(text: Uint8Array, birth: number, expiry: number): boolean {
  return (
    isDay(text, birth) &&
    isDay(text, expiry) &&
    check(text, birth, 6) === digit(text[birth + 6]) &&
    check(text, expiry, 6) === digit(text[expiry + 6])
  );
}

/** YYMMDD; unknown months and days of birth are written as < and let pass by their check digit. */
function isDay(text: Uint8Array, at: number): boolean {
  for (let i = 0; i < 2; i++) if (digit(text[at + i]) < 0) return false;
  if (text[at + 2] === 0x3c || text[at + 4] === 0x3c) return true;
  const month = digit(text[at + 2]) * 10 + digit(text[at + 3]);
  const day = digit(text[at + 4]) * 10 + digit(text[at + 5]);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function isSex(c: number): boolean {
  return c === 0x4d || c === 0x46 || c === 0x58 || c === 0x3c;
}

/** Three letters, or fewer and fillers. */
function isLetters(text: Uint8Array, at: number): boolean {
  for (let i = 0; i < 3; i++) {
    const c = text[at + i];
    if ((c < 0x41 || c > 0x5a) && (c !== 0x3c || i === 0)) return false;
  }
  return true;
}

function check(text: Uint8Array, at: number, length: number): number {
  return weigh(text, at, length, 0) % 10;
}

/** Sum of values times weights; `place`: how many characters stood before in the same sum. */
function weigh(text: Uint8Array, at: number, length: number, place: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += value(text[at + i]) * WEIGHTS[(place + i) % 3];
  return sum;
}

function value(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  return c >= 0x41 && c <= 0x5a ? c - 55 : 0;
}

function digit(c: number): number {
  return c >= 0x30 && c <= 0x39 ? c - 0x30 : -1;
}
