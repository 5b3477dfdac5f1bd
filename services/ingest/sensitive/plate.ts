import { CHINESE, chineseBits } from './chinese.ts';

/**
 * Reads a Chinese plate at `at`: province (or 使, 领), letter, perhaps a separator, then five places, six for new energy
 * (a letter at the third or last place), or four and 学, 挂, 警, 港, 澳. Places can be masked by `*`.
 * Returns the position behind it, 0 when there is none.
 */
export function plateEnd(text: Uint8Array, at: number, end: number): number {
  if ((chineseBits(text, at) & CHINESE.province) === 0) return 0;
  let i = at + 3;
  const letter = text[i] & 0xdf;
  if (!isLetter(text[i]) || letter === 0x49) return 0;
  i++;
  const c = text[i];
  if (c === 0x2e || c === 0x20 || c === 0x2d) i++;
  const first = i;
  let digits = 0;
  let letters = 0;
  let masks = 0;
  for (; i < end && i - first < 8; i++) {
    const c = text[i];
    if (c >= 0x30 && c <= 0x39) digits++;
    else if (c === 0x2a) masks++;
    else if (isLetter(c) && (c & 0xdf) !== 0x49 && (c & 0xdf) !== 0x4f) letters++;
    else break;
  }
  const places = i - first;
  if (i < end && isWord(text[i])) return 0;
  if (masks === places) return 0;
  if (masks > 0) return places >= 5 && places <= 6 ? i : 0;
  if (places === 4 && digits >= 3 && (chineseBits(text, i) & CHINESE.plateEnd) !== 0) return i + 3;
  // ordinary plates have at most two letters, some of the first series three
  if (places === 5) return digits >= 2 ? i : 0;
  if (places !== 6 || digits < 4 || letters === 0) return 0;
  return isEnergyMark(text[first]) || isEnergyMark(text[i - 1]) ? i : 0;
}

/** Kinds of drive: D, A, B, C, E battery, F, G, H, J, K others (GA 36-2018). */
function isEnergyMark(c: number): boolean {
  const letter = c & 0xdf;
  return isLetter(c) && letter >= 0x41 && letter <= 0x4b && letter !== 0x49;
}

function isLetter(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}

function isWord(c: number): boolean {
  return isLetter(c) || (c >= 0x30 && c <= 0x39) || c === 0x2a;
}
