import { CHINESE, chineseBits, isChinese } from './chinese.ts';

/** Words of streets and houses in Latin letters, as whole words. */
const STREETS = new Set(
  (
    'street st avenue ave road rd boulevard blvd lane ln drive dr court ct circle square sq highway hwy parkway pkwy place terrace way ' +
    'apt apartment suite floor building bldg block room unit rue strasse straße str weg platz allee calle via viale plaza piazza rua avenida ' +
    'box lu jie dajie xiang nong hao district township village'
  ).split(' '),
);
/** Of German ones; ß stands there as its two bytes. */
const STREET_ENDING = /(?:strasse|stra\u00c3\u009fe|weg|platz|allee|gasse)$/;
const LEAST_CHINESE = 5;
const MOST = 300;

/**
 * Whether text[start, end) is a postal address in a field that says so: Chinese with two words of places, or one and a
 * digit; or Latin with a digit and a word of streets, or that opens with a number. Part of it can be masked by `*`.
 */
export function isPostalAddress(text: Uint8Array, start: number, end: number): boolean {
  if (end - start < 8 || end - start > MOST) return false;
  let chinese = 0;
  let places = 0;
  let digits = 0;
  let words = 0;
  let streets = 0;
  let postcode = false;
  for (let i = start; i < end; ) {
    const c = text[i];
    if (isChinese(text, i)) {
      chinese++;
      if ((chineseBits(text, i) & CHINESE.place) !== 0) places++;
      i += 3;
    } else if (isLetter(c)) {
      let word = '';
      while (i < end && isLetter(text[i])) word += String.fromCharCode(text[i++] | (text[i - 1] < 0x80 ? 0x20 : 0));
      words++;
      if (STREETS.has(word) || STREET_ENDING.test(word)) streets++;
    } else {
      if (c >= 0x30 && c <= 0x39) {
        digits++;
        if (isPostcode(text, i, end)) postcode = true;
      }
      // of URLs, addresses of machines, structured values
      else if (c === 0x40 || (c === 0x3a && chinese === 0) || c === 0x3d || c === 0x7b || (c === 0x3a && text[i + 1] === 0x2f))
        return false;
      i++;
    }
  }
  if (chinese >= LEAST_CHINESE) return places >= 2 || (places === 1 && digits > 0);
  // a word of streets, a number of a house in front, or a postcode and more
  return digits > 0 && words >= 2 && (streets > 0 || opensWithNumber(text, start) || (postcode && (digits > 5 || words > 2)));
}

function isLetter(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0xc3 || c === 0x9f;
}

/** A number of a house, perhaps with a letter, and a space: `12 `, `221B `. */
function opensWithNumber(text: Uint8Array, start: number): boolean {
  let i = start;
  while (text[i] >= 0x30 && text[i] <= 0x39) i++;
  if (i === start || i - start > 5) return false;
  if (isLetter(text[i])) i++;
  return text[i] === 0x20;
}

/** Five digits that stand alone. */
function isPostcode(text: Uint8Array, at: number, end: number): boolean {
  if (at + 5 > end || (text[at - 1] > 0x20 && text[at - 1] !== 0x22 && text[at - 1] !== 0x2d) || text[at + 5] > 0x39) return false;
  for (let i = 0; i < 5; i++) if (text[at + i] < 0x30 || text[at + i] > 0x39) return false;
  return text[at + 5] < 0x2d;
}
