/** A token of a field that says so: length and bits per character from which it looks random. */
const LEAST_TOKEN = 16;
const LEAST_KEY = 20;
const TOKEN_ENTROPY = 3;
const KEY_ENTROPY = 3.5;
const LEAST_PASSWORD = 4;
const MOST_PASSWORD = 128;

/** What stands for "none" or says that a value was taken out. */
const PLACEHOLDERS = new Set(
  'null none nil undefined true false empty test redacted filtered [filtered] [redacted] <redacted> hidden masked required optional string password secret token reset forgot change'.split(
    ' ',
  ),
);

const counts = new Uint8Array(256);

/** Whether text[start, end) can be a password: 4 to 128 bytes that stand for no "none". */
export function isPassword(text: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  return length >= LEAST_PASSWORD && length <= MOST_PASSWORD && !isPlaceholder(text, start, end) && !isFlat(text, start, end);
}

/** Whether text[start, end) looks random, as a token does. `weak`: the field is only called `key`, which asks for more. */
export function isToken(text: Uint8Array, start: number, end: number, weak: boolean): boolean {
  const length = end - start;
  if (length < (weak ? LEAST_KEY : LEAST_TOKEN) || length > 4096) return false;
  counts.fill(0);
  let digits = 0;
  let letters = 0;
  let marks = 0;
  const measured = Math.min(length, 255);
  for (let i = start; i < start + measured; i++) {
    const c = text[i];
    if (c <= 0x20 || c >= 0x7f) return false;
    counts[c]++;
    if (c >= 0x30 && c <= 0x39) digits++;
    else if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) letters++;
    else marks++;
  }
  // words have no digits, and one capital at most; dates and numbers have no letters
  if (digits === 0 ? !mixesCase(text, start, start + measured) : letters === 0) return false;
  if (marks * 4 > measured || (weak && isUuid(text, start, end))) return false;
  let bits = 0;
  for (let c = 0x21; c < 0x7f; c++) if (counts[c] > 0) bits -= counts[c] * Math.log2(counts[c] / measured);
  return bits / measured >= (weak ? KEY_ENTROPY : TOKEN_ENTROPY);
}

function isPlaceholder(text: Uint8Array, start: number, end: number): boolean {
  if (end - start > 10) return false;
  let word = '';
  for (let i = start; i < end; i++) word += String.fromCharCode(text[i]).toLowerCase();
  return PLACEHOLDERS.has(word);
}

/** One character again and again. */
function isFlat(text: Uint8Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (text[i] !== text[start]) return false;
  return true;
}

function mixesCase(text: Uint8Array, start: number, end: number): boolean {
  let changes = 0;
  for (let i = start + 1; i < end; i++) if (((text[i] ^ text[i - 1]) & 0x20) !== 0) changes++;
  return changes * 4 > end - start;
}

/** 8-4-4-4-12: an id, not a key, unless a field says otherwise. */
function isUuid(text: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 36 && text[start + 8] === 0x2d && text[start + 13] === 0x2d && text[start + 18] === 0x2d && text[start + 23] === 0x2d
  );
}
