/** Longest parts (RFC 5321, 4.5.3.1). */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 253;

/** Last labels that are no top levels where they follow an @: names of files (`logo@2x.png`). */
const EXTENSIONS = new Set(
  'png jpg jpeg gif webp svg ico bmp css js mjs cjs ts jsx tsx json html htm xml txt md pdf woff ttf map mp3 mp4 php jsp local internal localhost'.split(
    ' ',
  ),
);

/** Characters of the local part that are let through; `*` and `#` only mask. */
const LOCAL = new Uint8Array(256);
const DOMAIN = new Uint8Array(256);
for (let c = 0x30; c <= 0x7a; c++) if (/[0-9A-Za-z]/.test(String.fromCharCode(c))) LOCAL[c] = DOMAIN[c] = 1;
for (const c of "._%+-'*#") LOCAL[c.charCodeAt(0)] = 1;
for (const c of '.-*') DOMAIN[c.charCodeAt(0)] = 1;

/** Where an e-mail address begins whose @ is at `at`; -1 when none ends there. `floor`: not before. */
export function localStart(text: Uint8Array, at: number, floor: number): number {
  let start = at;
  while (start > floor && at - start < MAX_LOCAL && LOCAL[text[start - 1]] === 1) start--;
  while (start < at && (text[start] === 0x2e || text[start] === 0x27 || text[start] === 0x25)) start++;
  if (start === at || text[at - 1] === 0x2e) return -1;
  return isUserInfo(text, start, floor) ? -1 : start;
}

/** Position behind the domain that follows the @ at `at`; -1 when there is none. */
export function domainEnd(text: Uint8Array, at: number, ceiling: number): number {
  let end = at + 1;
  while (end < ceiling && end - at <= MAX_DOMAIN && DOMAIN[text[end]] === 1) end++;
  while (end > at + 1 && (text[end - 1] === 0x2e || text[end - 1] === 0x2d)) end--;
  let dot = end - 1;
  while (dot > at && text[dot] !== 0x2e) dot--;
  if (dot <= at + 1 || end - dot < 3 || end - dot > 19) return -1;
  let last = '';
  for (let i = dot + 1; i < end; i++) {
    const c = text[i] | 0x20;
    if (c < 0x61 || c > 0x7a) return -1;
    last += String.fromCharCode(c);
  }
  if (EXTENSIONS.has(last) || text[at + 1] === 0x2e || text[at + 1] === 0x2d) return -1;
  for (let i = at + 1; i < dot; i++) if (text[i] === 0x2e && text[i + 1] === 0x2e) return -1;
  return end;
}

/** Whether `user:password@` or `user@` of a URL stands there: behind `//`. */
function isUserInfo(text: Uint8Array, start: number, floor: number): boolean {
  for (let i = start - 1; i >= floor && start - i < MAX_LOCAL; i--) {
    const c = text[i];
    if (c === 0x2f) return i > floor && text[i - 1] === 0x2f;
    if (c <= 0x20 || c === 0x22 || c === 0x3d || c === 0x26 || c === 0x3f) return false;
  }
  return false;
}
