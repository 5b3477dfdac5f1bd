import { SAYS, TYPE_BITS } from './field-words.ts';
import type { SpanKind } from './scanner.ts';

/** Digits in a row, and in groups with dashes and spaces between, that are worth a closer look. */
const DIGITS = 6;
const GROUPED_DIGITS = 9;
/** Letters and digits in a row, some of each. */
const WORD = 16;
/** Letters alone: a key can have no digit. */
const LONG_WORD = 20;
/** Digits of a code that is shorter than DIGITS. */
const SHORT_CODE = 4;

const PLAIN = 0;
const DIGIT = 1;
const LETTER = 2;
const LINK = 3;
const EQUALS = 4;
const PART = 5;
const TELLING = 6;
const SLASH = 7;
const KINDS = new Uint8Array(256);
for (let c = 0; c < 128; c++) {
  const letter = String.fromCharCode(c);
  KINDS[c] = /\d/.test(letter) ? DIGIT : /[a-z]/i.test(letter) ? LETTER : /[ +-]/.test(letter) ? LINK : PLAIN;
}
for (const c of '@*#<\\%') KINDS[c.charCodeAt(0)] = TELLING;
for (const c of '&;?') KINDS[c.charCodeAt(0)] = PART;
KINDS[0x3d] = EQUALS;
KINDS[0x2f] = SLASH;
KINDS.fill(TELLING, 0x80);

/**
 * Whether text[start, end) of a query or path can hold anything: six digits in a row or nine in groups, a long word with
 * digits, two x that may mask, a sign that tells (@ * # < % and what is not ASCII), a field whose name says a type. Most
 * spans hold nothing and are done with here.
 */
export function isWorthALook(
  text: Uint8Array,
  start: number,
  end: number,
  kind: SpanKind,
  names: { nameSays(text: Uint8Array, start: number, end: number): number },
): boolean {
  let run = 0;
  let grouped = 0;
  let word = 0;
  let mixed = false;
  let name = start;
  for (let i = start; i < end; i++) {
    switch (KINDS[text[i]]) {
      case DIGIT:
        grouped++;
        mixed = true;
        if (++run >= DIGITS || grouped >= GROUPED_DIGITS) return true;
        if (++word >= WORD) return true;
        break;
      case LETTER:
        run = grouped = 0;
        if (
          (++word >= WORD && (mixed || word >= LONG_WORD)) ||
          (word === 4 && opensDashedKey(text, i - 3)) ||
          (isX(text[i]) && word > 1 && isX(text[i - 1]))
        )
          return true;
        break;
      case LINK:
        run = word = 0;
        mixed = false;
        break;
      case EQUALS:
        if (kind === 'query' && i > name && (names.nameSays(text, name, i) & TYPE_BITS) !== 0) return true;
        run = grouped = word = 0;
        mixed = false;
        name = i + 1;
        break;
      case PART:
        run = grouped = word = 0;
        mixed = false;
        name = i + 1;
        break;
      case SLASH:
        if (kind === 'path' && run >= SHORT_CODE && isCode(text, name, i - run, names)) return true;
        run = grouped = word = 0;
        mixed = false;
        if (kind === 'path' && text[i + 1] > 0x39) name = i + 1;
        break;
      case TELLING:
        return true;
      default:
        run = grouped = word = 0;
        mixed = false;
    }
  }
  return kind === 'path' && run >= SHORT_CODE && isCode(text, name, end - run, names);
}

/** Whether the segment from `name` up to the `/` before `digits` says code. */
function isCode(
  text: Uint8Array,
  name: number,
  digits: number,
  names: { nameSays(text: Uint8Array, start: number, end: number): number },
): boolean {
  return text[digits - 1] === 0x2f && name < digits - 1 && (names.nameSays(text, name, digits - 1) & SAYS.sms_code) !== 0;
}

/** AIza: keys of Google can have dashes anywhere, so that no part of them is a long word. */
function opensDashedKey(text: Uint8Array, at: number): boolean {
  return text[at] === 0x41 && text[at + 1] === 0x49 && text[at + 2] === 0x7a && text[at + 3] === 0x61;
}

function isX(c: number): boolean {
  return c === 0x58 || c === 0x78;
}
