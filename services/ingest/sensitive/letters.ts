/** What a byte is in the walk over a text. */
export const LETTER = {
  other: 0,
  digit: 1,
  letter: 2,
  mask: 3,
  at: 4,
  equals: 5,
  colon: 6,
  closing: 7,
  ending: 8,
  angle: 9,
  high: 10,
  plus: 11,
  dash: 12,
  slash: 13,
  quote: 14,
} as const;

/** Class of each byte. */
export const LETTERS = new Uint8Array(256);
for (let c = 0x30; c <= 0x39; c++) LETTERS[c] = LETTER.digit;
for (let c = 0x41; c <= 0x5a; c++) LETTERS[c] = LETTERS[c | 0x20] = LETTER.letter;
for (let c = 0x80; c <= 0xff; c++) LETTERS[c] = LETTER.high;
for (const [letters, kind] of [
  ['*#', LETTER.mask],
  ['@', LETTER.at],
  ['=', LETTER.equals],
  [':', LETTER.colon],
  ['>', LETTER.closing],
  ['&;\n}?', LETTER.ending],
  ['<', LETTER.angle],
  ['+', LETTER.plus],
  ['-', LETTER.dash],
  ['/', LETTER.slash],
  ['"\'', LETTER.quote],
] as const) {
  for (const letter of letters) LETTERS[letter.charCodeAt(0)] = kind;
}

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** Letters, digits and masks: what a number or word must not touch. */
export function isWord(c: number): boolean {
  const kind = LETTERS[c];
  return kind >= LETTER.digit && kind <= LETTER.mask;
}
