/** Prefixes of Chinese mobile numbers in use (three digits), those of networks for things left out: these have 13 digits. */
const MOBILE = new Uint8Array(1000);
for (const prefix of [
  ...range(130, 139),
  145,
  146,
  147,
  148,
  149,
  ...range(150, 153),
  ...range(155, 159),
  162,
  165,
  166,
  167,
  ...range(170, 178),
  ...range(180, 193),
  ...range(195, 199),
]) {
  MOBILE[prefix] = 1;
}

/** Lengths of national numbers, without the country code: [country code, least, most]. Others of E.164: 6 to 12 digits. */
const NATIONAL: readonly (readonly [number, number, number])[] = [
  [1, 10, 10],
  [7, 10, 10],
  [27, 9, 9],
  [30, 10, 10],
  [31, 9, 9],
  [32, 8, 9],
  [33, 9, 9],
  [34, 9, 9],
  [36, 8, 9],
  [39, 8, 11],
  [41, 9, 9],
  [44, 9, 10],
  [45, 8, 8],
  [46, 7, 10],
  [47, 8, 8],
  [48, 9, 9],
  [49, 7, 11],
  [52, 10, 10],
  [54, 10, 11],
  [55, 10, 11],
  [57, 8, 10],
  [60, 7, 10],
  [61, 9, 9],
  [62, 8, 12],
  [63, 10, 10],
  [64, 8, 10],
  [65, 8, 8],
  [66, 8, 9],
  [81, 9, 10],
  [82, 8, 10],
  [84, 9, 10],
  [86, 10, 11],
  [90, 10, 10],
  [91, 10, 10],
  [92, 9, 10],
  [852, 8, 8],
  [853, 8, 8],
  [886, 8, 9],
  [971, 8, 9],
  [972, 8, 9],
];

/** Country codes of one and two digits; all others have three (ITU-T E.164). */
const SHORT_CODES = new Set([
  1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66,
  81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
]);
/** First two digits of the codes of three digits in use. */
const LONG_CODES = new Set([21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99]);
const LENGTHS = new Map(NATIONAL.map(([code, least, most]) => [code, [least, most] as const]));
const OTHER_LENGTHS = [6, 12] as const;

/** Whether 11 digits at `at` are a Chinese mobile number with a prefix in use. */
export function isChineseMobile(digits: Uint8Array, at: number): boolean {
  return digits[at] === 0x31 && isMobilePrefix(digits, at);
}

/** Whether three digits at `at` open a Chinese mobile number. Other bytes give false. */
export function isMobilePrefix(digits: Uint8Array, at: number): boolean {
  return MOBILE[digits[at] * 100 + digits[at + 1] * 10 + digits[at + 2] - 5328] === 1;
}

/** Whether `length` digits at `at`, without the +, are an international number: a country code and a length that it has. */
export function isInternational(digits: Uint8Array, at: number, length: number): boolean {
  if (length < 8 || length > 15 || digits[at] === 0x30) return false;
  const one = digits[at] - 0x30;
  const two = one * 10 + digits[at + 1] - 0x30;
  const code = SHORT_CODES.has(one) ? one : SHORT_CODES.has(two) ? two : LONG_CODES.has(two) ? two * 10 + digits[at + 2] - 0x30 : 0;
  if (code === 0) return false;
  const size = code < 10 ? 1 : code < 100 ? 2 : 3;
  const [least, most] = LENGTHS.get(code) ?? OTHER_LENGTHS;
  const national = length - size;
  if (national < least || national > most) return false;
  const first = at + size;
  if (code === 1) return digits[first] >= 0x32 && digits[first + 3] >= 0x32;
  if (code === 86 && digits[first] === 0x31 && national === 11) return isMobilePrefix(digits, first);
  return code !== 86 || digits[first] !== 0x31 || national === 10;
}

/** How many of the first of `length` digits are the code of China in front of a mobile number: 86, 0086; else 0. */
export function countryCodeOfMobile(digits: Uint8Array, length: number): number {
  const code = length === 13 ? 2 : length === 15 && digits[0] === 0x30 && digits[1] === 0x30 ? 4 : 0;
  return code > 0 && digits[code - 2] === 0x38 && digits[code - 1] === 0x36 && isChineseMobile(digits, code) ? code : 0;
}

/** Whether `length` digits at `at` can be any phone number, landlines included: for fields that say so. */
export function isAnyPhone(digits: Uint8Array, at: number, length: number): boolean {
  if (length < 7 || length > 15) return false;
  for (let i = 1; i < length; i++) if (digits[at + i] !== digits[at]) return true;
  return false;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
