/** Ranges of issuers: first digits from, to (both with as many digits as `from`), lengths, and whether a bare number suffices. */
interface Range {
  from: number;
  to: number;
  lengths: readonly number[];
  /** so narrow, with Luhn, that no field has to say "card" */
  bare: readonly number[];
}

const SIXTEEN_UP = [16, 17, 18, 19];

/**
 * The networks' published ranges. Maestro, and lengths that are rare, only where a field says card: their ranges are wide,
 * and one number in ten passes Luhn by chance.
 */
const RANGES: readonly Range[] = [
  { from: 62, to: 62, lengths: SIXTEEN_UP, bare: [16, 19] },
  { from: 81, to: 81, lengths: SIXTEEN_UP, bare: [] },
  // cards of Chinese banks from before 62
  { from: 9558, to: 9559, lengths: [16, 17, 18, 19], bare: [19] },
  { from: 4, to: 4, lengths: [13, 16, 18, 19], bare: [16] },
  { from: 51, to: 55, lengths: [16], bare: [16] },
  { from: 2221, to: 2720, lengths: [16], bare: [16] },
  { from: 34, to: 34, lengths: [15], bare: [15] },
  { from: 37, to: 37, lengths: [15], bare: [15] },
  { from: 3528, to: 3589, lengths: SIXTEEN_UP, bare: [16] },
  { from: 35, to: 35, lengths: [16], bare: [] },
  { from: 1800, to: 1800, lengths: [15], bare: [] },
  { from: 2131, to: 2131, lengths: [15], bare: [] },
  { from: 300, to: 305, lengths: [14, 16], bare: [] },
  { from: 36, to: 36, lengths: [14, 15, 16, 17, 18, 19], bare: [] },
  { from: 38, to: 39, lengths: [14, 16], bare: [] },
  { from: 6011, to: 6011, lengths: SIXTEEN_UP, bare: [16] },
  { from: 644, to: 649, lengths: SIXTEEN_UP, bare: [16] },
  { from: 65, to: 65, lengths: SIXTEEN_UP, bare: [16] },
  { from: 50, to: 50, lengths: [12, 13, 14, 15, 16, 17, 18, 19], bare: [] },
  { from: 56, to: 58, lengths: [12, 13, 14, 15, 16, 17, 18, 19], bare: [] },
  { from: 60, to: 61, lengths: [12, 13, 14, 15, 16, 17, 18, 19], bare: [] },
  { from: 63, to: 64, lengths: [12, 13, 14, 15, 16, 17, 18, 19], bare: [] },
  { from: 66, to: 69, lengths: [12, 13, 14, 15, 16, 17, 18, 19], bare: [] },
];

/** Bits of KNOWN by first four digits: lengths from 12 to 19, of named ones at 0, of bare ones at 8. */
const KNOWN = new Uint16Array(10_000);
for (const { from, to, lengths, bare } of RANGES) {
  const scale = 10 ** (4 - String(from).length);
  for (let i = from * scale; i < (to + 1) * scale; i++) {
    for (const length of lengths) KNOWN[i] |= 1 << (length - 12);
    for (const length of bare) KNOWN[i] |= 1 << (length - 4);
  }
}

/** Whether `length` digits at `at` are a card's number: Luhn, issuer, length. `named`: a field says that it is a card. */
export function isBankCard(digits: Uint8Array, at: number, length: number, named: boolean): boolean {
  return (
    isIssuer(digits, at, length, named) &&
    passesLuhn(digits, at, length) &&
    !isFiller(digits, at, length) &&
    (named || !isDated(digits, at))
  );
}

/** Whether the first four digits at `at` are an issuer's with cards of `length` digits. */
export function isIssuer(digits: Uint8Array, at: number, length: number, named: boolean): boolean {
  if (length < 12 || length > 19) return false;
  const prefix = digits[at] * 1000 + digits[at + 1] * 100 + digits[at + 2] * 10 + digits[at + 3] - 53_328;
  return ((KNOWN[prefix] >> (named ? length - 12 : length - 4)) & 1) === 1;
}

/** ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: Uint8Array, at: number, length: number): boolean {
  let sum = 0;
  for (let i = length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = digits[at + i] - 0x30;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** Whether the number opens with a date of 2022 to 2027 (YYMMDD), as those of orders do: of cards only Mastercard's second range. */
function isDated(digits: Uint8Array, at: number): boolean {
  const month = (digits[at + 2] - 0x30) * 10 + digits[at + 3] - 0x30;
  const day = (digits[at + 4] - 0x30) * 10 + digits[at + 5] - 0x30;
  return digits[at] === 0x32 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/** Whether all digits behind the first six are zero: a filler, no card. */
function isFiller(digits: Uint8Array, at: number, length: number): boolean {
  for (let i = 6; i < length; i++) if (digits[at + i] !== 0x30) return false;
  return true;
}
