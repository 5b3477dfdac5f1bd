import { pemEnd } from './api-key.ts';
import { FieldContext } from './field-context.ts';
import type { Findings } from './findings.ts';
import { isDigit, isWord, LETTER, LETTERS } from './letters.ts';
import { NumberFinder } from './number-finder.ts';
import type { SpanKind } from './scanner.ts';
import type { SpanText } from './span-text.ts';
import { TYPE } from './types.ts';
import { VALUE_BITS, ValueFinder } from './value-finder.ts';
import { WordFinder } from './word-finder.ts';

/** Longest name of a field, bytes. */
const MOST_NAME = 64;
const LEAST_ZONE = 30;
const LEAST_CODE = 4;
const MOST_CODE = 8;

/**
 * Walks once over a text, knows in which field it is, and shows each number, word and value to those who know types. One
 * walk for queries, paths, forms, JSON, XML and plain text: a field is a name before `=`, `:`, `>` or, in paths, `/`.
 */
export class TextWalk {
  private readonly findings: Findings;
  private readonly context = new FieldContext();
  private readonly numbers: NumberFinder;
  private readonly words: WordFinder;
  private readonly values: ValueFinder;
  /** byte that ends values without quotes */
  private stop = 0;

  constructor(findings: Findings) {
    this.findings = findings;
    this.numbers = new NumberFinder(this.context, findings);
    this.words = new WordFinder(this.context, findings);
    this.values = new ValueFinder(this.context, findings);
  }

  /** What the name in text[start, end) says: bits of SAYS. */
  nameSays(text: Uint8Array, start: number, end: number): number {
    return this.context.names.read(text, start, end);
  }

  /** @param isForm values end at & only */
  walk(span: SpanText, kind: SpanKind, isForm: boolean): void {
    const { bytes: text, start, end } = span;
    const { context, values } = this;
    context.open(text, start);
    values.open();
    this.stop = kind === 'path' ? 0x2f : isForm ? 0 : 0x2c;
    let done = start;
    let i: number = start;
    while (i < end) {
      const kindOfByte = LETTERS[text[i]];
      let found = 0;
      let next = i + 1;
      switch (kindOfByte) {
        case LETTER.digit:
        case LETTER.letter:
        case LETTER.mask:
          next = this.wordEnd(text, i, end);
          found = this.word(text, i, next, end, kind);
          break;
        case LETTER.plus:
          if (isDigit(text[i + 1]) && !isWord(text[i - 1])) found = this.numbers.find(text, i + 1, end, true);
          break;
        case LETTER.at:
          found = this.words.email(text, i, done, end);
          break;
        case LETTER.high:
          if (LETTERS[text[i + 3]] === LETTER.letter) found = this.words.plate(text, i, end);
          break;
        case LETTER.angle:
          next = this.zoneEnd(text, i, end);
          found = this.zone(text, i, next, end, done);
          break;
        case LETTER.dash:
          if (text[i + 1] === 0x2d) found = this.privateKey(text, i, end);
          break;
        case LETTER.equals:
        case LETTER.colon:
        case LETTER.closing:
          found = this.enterField(text, i, end);
          break;
        case LETTER.slash:
          if (kind === 'path') found = this.enterSegment(text, i, end);
          break;
        case LETTER.quote:
          if (context.quoted && (context.bits & VALUE_BITS) !== 0 && i > context.at) found = this.element(text, i, end);
          break;
        case LETTER.ending:
          if (text[i] === 0x7d) context.closeObject();
          else if (!context.quoted || text[i] !== 0x3b) context.leave();
          break;
        default:
          if (text[i] === 0x2c && !context.quoted && !isForm) context.leave();
      }
      // never back: what was found may have begun before, and end before, what is looked at
      if (found > i) done = next = found;
      i = next;
    }
    values.close(text);
  }

  private digits = 0;
  private letters = 0;
  private masks = 0;
  /** letters other than x and X */
  private otherLetters = 0;

  private wordEnd(text: Uint8Array, at: number, end: number): number {
    let digits = 0;
    let letters = 0;
    let masks = 0;
    let others = 0;
    let i = at;
    for (; i < end; i++) {
      const c = text[i];
      const kind = LETTERS[c];
      if (kind === LETTER.digit) digits++;
      else if (kind === LETTER.letter) {
        letters++;
        if ((c & 0xdf) !== 0x58) others++;
      } else if (kind === LETTER.mask) masks++;
      else break;
    }
    this.digits = digits;
    this.letters = letters;
    this.masks = masks;
    this.otherLetters = others;
    return i;
  }

  private word(text: Uint8Array, at: number, behind: number, end: number, kind: SpanKind): number {
    const { digits, letters, masks } = this;
    if (masks > 0 && letters === 0 && LETTERS[text[at]] === LETTER.mask) {
      // #138…, **138…**: marks in front of a whole number, or around it, are no masks
      let from = at;
      let to = behind;
      while (LETTERS[text[from]] === LETTER.mask) from++;
      while (to > from && LETTERS[text[to - 1]] === LETTER.mask) to--;
      const around = behind - to === from - at || (from - at === 1 && to === behind && text[at] === 0x23);
      if (around && to - from === digits && digits > 4) return this.numbers.find(text, from, to, false);
      if (masks === 1 && text[at] === 0x23) return 0;
    }
    if (this.otherLetters === 0 && (digits > 0 || masks > 1 || letters > 1)) {
      if (masks + letters > 0 || digits > 2) {
        const found = this.numbers.find(text, at, end, false);
        if (found > 0) return found;
      }
      if (letters === 0 && masks === 0) {
        if (kind === 'body' && behind - at >= LEAST_CODE && behind - at <= MOST_CODE && saysBefore(text, at))
          return this.values.findCode(text, at, behind);
        return 0;
      }
    }
    return letters === 0 ? 0 : this.words.find(text, at, behind, end, digits, masks);
  }

  /** End of the run of A-Z, 0-9 and < that goes on at `at`. */
  private zoneEnd(text: Uint8Array, at: number, end: number): number {
    let i = at;
    while (i < end && isZone(text[i])) i++;
    return i;
  }

  private zone(text: Uint8Array, at: number, behind: number, end: number, floor: number): number {
    let start = at;
    while (start > floor && at - start < 2 * 44 && isZone(text[start - 1])) start--;
    return behind - start < LEAST_ZONE ? 0 : this.words.machineZone(text, start, behind, end);
  }

  private privateKey(text: Uint8Array, at: number, end: number): number {
    const behind = pemEnd(text, at, end);
    if (behind === 0) return 0;
    let last = behind;
    while (last < end && text[last] !== 0x22 && text[last] !== 0x26 && last - behind < 4096) last++;
    this.findings.begin();
    this.findings.pushSpan(text, at, last);
    this.findings.tell(TYPE.api_key, false);
    return last;
  }

  /** At the `=`, `:` or `>` behind a name. */
  private enterField(text: Uint8Array, at: number, end: number): number {
    const { context } = this;
    let last = at;
    if (text[last - 1] === 0x20) last--;
    const quote = text[last - 1];
    const quoted = quote === 0x22 || quote === 0x27;
    if (quoted) last--;
    let start = last;
    while (start > context.floor && last - start < MOST_NAME && isName(text[start - 1])) start--;
    // 10:30, http://, a == b
    if (start === last || text[at + 1] === 0x2f || isNumber(text, start, last)) return 0;
    if (text[at] === 0x3e && text[start - 1] !== 0x3c) return 0;
    context.enter(start, last, at + 1, quoted);
    if (text[at + 1] === 0x22 && last - start === 4 && text[start] === 0x6e) {
      const part = this.enterPart(text, at + 2, end);
      if (part > 0) return part;
    }
    return (context.bits & VALUE_BITS) === 0 ? 0 : this.values.find(text, at + 1, end, this.stop);
  }

  /** Behind `name="` of a part of a form (multipart/form-data): the value follows an empty line. */
  private enterPart(text: Uint8Array, at: number, end: number): number {
    const { context } = this;
    let close = at;
    while (close < end && close - at < MOST_NAME && text[close] !== 0x22) close++;
    let i = close + 1;
    let feeds = 0;
    for (; i < end && (text[i] === 0x0d || text[i] === 0x0a); i++) if (text[i] === 0x0a) feeds++;
    if (text[close] !== 0x22 || feeds !== 2) return 0;
    context.enter(at, close, i, false);
    const found = (context.bits & VALUE_BITS) === 0 ? 0 : this.values.find(text, i, end, this.stop);
    return Math.max(found, i);
  }

  /** At the `/` of a path: the segment before it names the next one, numbers keep the name that stood before. */
  private enterSegment(text: Uint8Array, at: number, end: number): number {
    const { context } = this;
    let start = at;
    while (start > context.floor && at - start < MOST_NAME && text[start - 1] !== 0x2f) start--;
    if (start === at || isNumber(text, start, at)) {
      if (context.at > 0) context.at = at + 1;
      return 0;
    }
    context.enter(start, at, at + 1, false);
    return (context.bits & VALUE_BITS) === 0 ? 0 : this.values.find(text, at + 1, end, this.stop);
  }

  /** At the quote before a further element of an array. */
  private element(text: Uint8Array, at: number, end: number): number {
    let before = at - 1;
    while (text[before] === 0x20) before--;
    if (text[before] !== 0x2c) return 0;
    let close = at + 1;
    while (close < end && close - at < MOST_NAME && text[close] !== text[at]) close++;
    return text[close] !== text[at] || text[close + 1] === 0x3a ? 0 : this.values.find(text, at, end, this.stop);
  }
}

/** Letters, digits, `_`, `-`, `.`, `[`, `]` and all that is not ASCII. */
function isName(c: number): boolean {
  const kind = LETTERS[c];
  return (
    kind === LETTER.digit ||
    kind === LETTER.letter ||
    kind === LETTER.high ||
    kind === LETTER.dash ||
    c === 0x5f ||
    c === 0x2e ||
    c === 0x5b ||
    c === 0x5d
  );
}

function isNumber(text: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isDigit(text[i])) return false;
  return true;
}

function isZone(c: number): boolean {
  return c === 0x3c || (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a);
}

/** Whether words stand right before the number. */
function saysBefore(text: Uint8Array, at: number): boolean {
  return LETTERS[text[at - 1]] === LETTER.high || text[at - 1] === 0x20 || text[at - 1] === 0x3a;
}
