import { hash32 } from '../../core/hash.ts';
import { FIELD_CHINESE, FIELD_ENDINGS, FIELD_WORDS, ID_ENDING, QUALIFIERS, SAYS, saysByKind, TYPE_BITS } from './field-words.ts';

/** Names are told apart by so many of their last bytes. */
const MOST = 48;
/** Names whose meaning is kept, a power of two; a name that falls on the same place takes it. */
const PLACES = 1024;
/** Words at the end of a name that are looked up together. */
const JOINED = 4;

const decoder = new TextDecoder();

/** What field names say. Keeps what the last names of the log meant, in a table of fixed size. */
export class FieldNames {
  private readonly keys = new Uint8Array(PLACES * MOST);
  private readonly lengths = new Uint8Array(PLACES);
  private readonly meanings = new Int32Array(PLACES);

  /** What the name in text[start, end) says: bits of SAYS. */
  read(text: Uint8Array, start: number, end: number): number {
    if (end - start > MOST) start = end - MOST;
    const length = end - start;
    if (length === 0) return 0;
    const place = hash32(text, start, end) & (PLACES - 1);
    const at = place * MOST;
    if (this.lengths[place] === length) {
      let i = 0;
      while (i < length && this.keys[at + i] === text[start + i]) i++;
      if (i === length) return this.meanings[place];
    }
    const meaning = meaningOf(decoder.decode(text.slice(start, end)));
    for (let i = 0; i < length; i++) this.keys[at + i] = text[start + i];
    this.lengths[place] = length;
    this.meanings[place] = meaning;
    return meaning;
  }
}

/** What a field name says: bits of SAYS. */
export function meaningOf(name: string): number {
  const chinese = /\P{ASCII}/u.test(name) ? saysInChinese(name) : 0;
  if (chinese !== 0) return chinese;
  const words = wordsOf(name);
  while (words.length > 1 && (QUALIFIERS.has(words[words.length - 1]) || /^\d+$/.test(words[words.length - 1]))) words.pop();
  if (words.length === 0) return 0;
  const special = saysByKind(words);
  if (special === SAYS.otherwise) return special;
  for (let count = Math.min(JOINED, words.length); count > 0; count--) {
    const joined = words.slice(-count).join('');
    const bits = FIELD_WORDS.get(joined) ?? FIELD_WORDS.get(joined.replace(/\d+$/, '')) ?? FIELD_WORDS.get(joined.replace(/s$/, ''));
    if (bits === undefined) continue;
    if (count === 1 && words.length > 1 && (bits & SAYS.weak) !== 0) return weakWith(bits, special);
    // a number of something
    return count === 1 && words.length > 1 && bits === SAYS.generic ? SAYS.otherwise : bits;
  }
  const last = words[words.length - 1];
  for (const [ending, bits] of FIELD_ENDINGS) if (last.length > ending.length && last.endsWith(ending)) return bits;
  if (ID_ENDING.test(last)) return SAYS.otherwise;
  for (const word of words) if (((FIELD_WORDS.get(word) ?? 0) & SAYS.otherwise) !== 0) return SAYS.otherwise;
  return 0;
}

/** `product_name` is nobody's, `sort_key` no key, `product_code` no code: a weak word counts for itself, or where another one helps. */
function weakWith(bits: number, special: number | undefined): number {
  if (special !== undefined) return special;
  return (bits & TYPE_BITS & (SAYS.sms_code | SAYS.person_name)) !== 0 ? SAYS.otherwise : 0;
}

function saysInChinese(name: string): number {
  let bits = 0;
  let last = -1;
  for (const [word, meaning] of FIELD_CHINESE) {
    const at = name.lastIndexOf(word);
    if (at >= 0 && at + word.length > last) {
      bits = meaning;
      last = at + word.length;
    }
  }
  return bits;
}

/** `receiverPhone[0].no` → receiver, phone, 0, no. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
