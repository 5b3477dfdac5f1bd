import { FieldNames } from './field-names.ts';
import { SAYS, TYPE_BITS } from './field-words.ts';
import { LETTER, LETTERS } from './letters.ts';

/** How far back a label reaches, bytes and words. */
const LABEL_BYTES = 48;
const LABEL_WORDS = 3;

/** In which field of a text the walk is, and what its name says. */
export class FieldContext {
  readonly names = new FieldNames();
  text: Uint8Array = new Uint8Array(0);
  /** nothing is looked at before it */
  floor = 0;
  /** what the name of the field says: bits of SAYS */
  bits = 0;
  /** where its value begins, 0: in no field */
  at = 0;
  /** its name stands in quotes, as in JSON: it holds until the next name */
  quoted = false;
  /** what the name of the JSON object says that the field stands in */
  private outer = 0;
  /** what all fields of the text say together */
  all = 0;

  open(text: Uint8Array, floor: number): void {
    this.text = text;
    this.floor = floor;
    this.all = 0;
    this.outer = 0;
    this.leave();
  }

  /** Enters the field whose name is text[start, end) and whose value begins at `at`. */
  enter(start: number, end: number, at: number, quoted: boolean): void {
    this.bits = this.names.read(this.text, start, end);
    this.at = at;
    this.quoted = quoted;
    if (quoted && this.opensObject(at)) this.outer = this.bits & TYPE_BITS;
    else if ((this.bits & SAYS.generic) !== 0 && this.outer !== 0) this.bits = this.outer;
    this.all |= this.bits;
  }

  leave(): void {
    this.bits = 0;
    this.at = 0;
    this.quoted = false;
  }

  /** An object ends: what its name said no longer holds. */
  closeObject(): void {
    this.outer = 0;
    this.leave();
  }

  private opensObject(at: number): boolean {
    while (this.text[at] === 0x20) at++;
    return this.text[at] === 0x7b;
  }

  /** What is said of the value at `at`: by the name of its field, and by the words before it. */
  says(at: number): number {
    const { text } = this;
    let i = at - 1;
    while (i >= this.floor && isOpening(text[i])) i--;
    if (this.at > 0 && i < this.at) return this.bits;
    if (this.at > 0 && text[i] === 0x2c) return this.bits;
    return (this.bits & TYPE_BITS) | this.label(at);
  }

  /** Whether the number at `at` stands in JSON without quotes: ids do, card numbers do not, for they would lose digits. */
  isJsonNumber(at: number): boolean {
    return this.quoted && this.text[at - 1] !== 0x22 && this.text[at - 1] !== 0x27 && this.at > 0 && this.isOpenedAt(at);
  }

  private isOpenedAt(at: number): boolean {
    let i = at - 1;
    while (i >= this.at && this.text[i] === 0x20) i--;
    return i < this.at || this.text[i] === 0x2c || this.text[i] === 0x5b;
  }

  /** What the words right before `at` say. */
  private label(at: number): number {
    const { text, floor } = this;
    let end = at;
    while (end > floor && at - end < 6 && isLabelEnd(text[end - 1])) end--;
    let start = end;
    let words = 1;
    while (start > floor && end - start < LABEL_BYTES) {
      const c = text[start - 1];
      const kind = LETTERS[c];
      if (kind === LETTER.letter || kind === LETTER.digit || kind === LETTER.high || kind === LETTER.dash || c === 0x5f || c === 0x2e)
        start--;
      else if (c === 0x20 && words < LABEL_WORDS) {
        words++;
        start--;
      } else break;
    }
    return this.names.read(text, start, end);
  }
}

/** What may stand between a separator and the value. */
function isOpening(c: number): boolean {
  return c === 0x20 || c === 0x22 || c === 0x27 || c === 0x5b || c === 0x28 || c === 0x2b || c === 0x23 || c === 0x2a;
}

function isLabelEnd(c: number): boolean {
  return isOpening(c) || c === 0x3a || c === 0x3d || c === 0x2e || c === 0x2d || c === 0x5f;
}
