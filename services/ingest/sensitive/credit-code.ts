import { isRegion } from './regions.ts';

/** GB 32100-2015: characters by value; I, O, S, V and Z are not used. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** 3^(i-1) mod 31. */
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/** Authority and kind of body, the first two characters. */
const KINDS = new Set(
  '11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 54 59 61 62 69 71 72 79 81 89 91 92 93 A1 A9 N1 N2 N3 N9 Y1 G1 E1 59'.split(' '),
);
const VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) {
  VALUES[ALPHABET.charCodeAt(i)] = i;
  VALUES[ALPHABET.toLowerCase().charCodeAt(i)] = i;
}
const KIND_TABLE = new Uint8Array(31 * 31);
for (const kind of KINDS) KIND_TABLE[VALUES[kind.charCodeAt(0)] * 31 + VALUES[kind.charCodeAt(1)]] = 1;

/** Whether 18 bytes at `at` are a unified social credit code: kind, region, alphabet, check character. */
export function isCreditCode(text: Uint8Array, at: number): boolean {
  if (!opensCreditCode(text, at)) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) {
    const value = VALUES[text[at + i]];
    if (value < 0) return false;
    sum += value * WEIGHTS[i];
  }
  return VALUES[text[at + 17]] === (31 - (sum % 31)) % 31;
}

/** Whether eight bytes at `at` open one: kind of body and region (100000: registered with the nation). */
export function opensCreditCode(text: Uint8Array, at: number): boolean {
  const first = VALUES[text[at]];
  const second = VALUES[text[at + 1]];
  if (first < 0 || second < 0 || KIND_TABLE[first * 31 + second] === 0) return false;
  for (let i = 2; i < 8; i++) if (text[at + i] < 0x30 || text[at + i] > 0x39) return false;
  if (isRegion(text, at + 2)) return true;
  if (text[at + 2] !== 0x31) return false;
  for (let i = 3; i < 8; i++) if (text[at + i] !== 0x30) return false;
  return true;
}
