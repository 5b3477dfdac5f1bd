import { isDigit, LETTER, LETTERS } from './letters.ts';

const MOST_CHARACTERS = 34;
const MOST_GROUPS = 10;

/**
 * A number as people write it: digits, masks (`*`, `#`, runs of x or X) and a last X, in groups parted by single spaces
 * or dashes. `characters` holds it without separators, masks as `*`; after each group stand the sums up to it.
 */
export class NumberToken {
  readonly characters = new Uint8Array(MOST_CHARACTERS + 64);
  /** characters up to the end of each group */
  readonly lengths = new Uint8Array(MOST_GROUPS);
  /** masks up to the end of each group */
  readonly masks = new Uint8Array(MOST_GROUPS);
  /** position in the text behind each group */
  readonly ends = new Int32Array(MOST_GROUPS);
  groups = 0;
  /** byte between groups, 0 when there is one group */
  separator = 0;

  /** Reads the number that begins at `at`; `end`: of the text; `loose`: separators may differ, as in +1 (415) 555-2671. */
  read(text: Uint8Array, at: number, end: number, loose: boolean): void {
    const { characters } = this;
    let length = 0;
    let masks = 0;
    this.groups = 0;
    this.separator = 0;
    for (let i = at; ; i++) {
      const from = i;
      while (i < end && length < MOST_CHARACTERS) {
        const c = text[i];
        if (isDigit(c)) characters[length++] = c;
        else if (LETTERS[c] === LETTER.mask) {
          characters[length++] = 0x2a;
          masks++;
        } else if (c === 0x58 || c === 0x78) {
          const run = runOf(text, i, end);
          if (run === 1) {
            // the check digit ten of a resident id
            if (length < 14 || LETTERS[text[i + 1]] === LETTER.letter) break;
            characters[length++] = 0x58;
          } else {
            for (let k = 0; k < run && length < MOST_CHARACTERS; k++, masks++) characters[length++] = 0x2a;
            i += run - 1;
          }
        } else break;
        i++;
      }
      if (i === from) return;
      this.lengths[this.groups] = length;
      this.masks[this.groups] = masks;
      this.ends[this.groups] = i;
      this.groups++;
      if (this.groups === MOST_GROUPS || length >= MOST_CHARACTERS) return;
      let c = text[i];
      if (c === 0x29 || (c === 0x20 && text[i + 1] === 0x28)) {
        // brackets around an area code
        if (c === 0x20 || text[i + 1] === 0x20 || text[i + 1] === 0x2d) i++;
        c = this.separator;
      } else if (c !== 0x20 && c !== 0x2d) return;
      if ((this.separator !== 0 && c !== this.separator && !loose) || !opensGroup(text, i + 1, end)) return;
      this.separator = c;
    }
  }

  /** Whether the first `count` groups have these lengths. */
  areGroups(count: number, sizes: readonly number[]): boolean {
    if (count !== sizes.length) return false;
    for (let i = 0; i < count; i++) if (this.lengths[i] - (i > 0 ? this.lengths[i - 1] : 0) !== sizes[i]) return false;
    return true;
  }

  /** Whether the first `count` groups are of four, the last of one to four. */
  areFours(count: number): boolean {
    for (let i = 0; i < count - 1; i++) if (this.lengths[i] !== (i + 1) * 4) return false;
    return this.lengths[count - 1] <= count * 4;
  }
}

function opensGroup(text: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  const c = text[at];
  return isDigit(c) || LETTERS[c] === LETTER.mask || ((c === 0x58 || c === 0x78) && runOf(text, at, end) > 1);
}

function runOf(text: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && (text[i] === 0x58 || text[i] === 0x78)) i++;
  return i - at;
}
