/**
 * Pure rules that turn a path segment into a template part. They look at one segment alone, so the same path gives the
 * same interface everywhere and always; what only statistics can tell (`/users/zhangsan`) is learned later, as aliases.
 * The kinds are few on purpose: ids of one place that differ in form must not fall apart into several interfaces.
 */

/** Kind of a segment; 0 is a literal. */
export const SEGMENT = { literal: 0, id: 1, uuid: 2, hash: 3, date: 4, slug: 5, text: 6, email: 7, file: 8, rest: 9, missing: 10 } as const;
export type SegmentKind = (typeof SEGMENT)[keyof typeof SEGMENT];

/** Template text by kind; the literal's is its own text. */
export const PLACEHOLDERS = [
  '',
  '{id}',
  '{uuid}',
  '{hash}',
  '{date}',
  '{slug}',
  '{text}',
  '{email}',
  '{file}',
  '{rest}',
  '{missing}',
] as const;

/** Segments of a path that go into its template; the others become one `{rest}`. */
export const MAX_SEGMENTS = 10;
/** Folders kept in the template of a static asset. */
export const ASSET_FOLDERS = 2;
/** A literal longer than this is no name that a developer gave. */
const MAX_LITERAL = 64;
/** The same for names outside ASCII: bytes of UTF-8, and characters. */
const MAX_WIDE = 36;
const MAX_WIDE_CHARACTERS = 10;

/** Lower-case letters in a row, on average, below which mixed case is random: of long ones without separator, with one, of others. */
const MIXED_RUN = [2.6, 2.3, 1.9];

/** Short names with digits that are no ids. */
const NAMES_WITH_DIGITS = new Set(['x509', 'h264', 'h265', 'i18n', 'l10n', 'a11y', 'c14n', 'x86', 'en16931', 'ed25519', 'iso8601']);

/** File name extensions of static assets: side traffic of a page. */
const ASSETS = new Set([
  'js',
  'mjs',
  'css',
  'map',
  'png',
  'jpg',
  'jpeg',
  'gif',
  'svg',
  'ico',
  'webp',
  'avif',
  'bmp',
  'tif',
  'tiff',
  'woff',
  'woff2',
  'ttf',
  'otf',
  'eot',
  'mp3',
  'mp4',
  'webm',
  'ogg',
  'wav',
  'flv',
  'swf',
  'm3u8',
  'ts',
  'less',
  'scss',
  'wasm',
  'cur',
  'webmanifest',
]);

/** Whether bytes[start, end) is a static asset's extension (without the dot, any case). */
export function isAssetExtension(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || end - start > 11) return false;
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] | 0x20);
  return ASSETS.has(text);
}

/**
 * Where the extension's dot of a file name is: 1 to 5 letters or digits behind the last dot, the first a letter,
 * and a name before it. -1 without one.
 */
export function extensionDot(bytes: Uint8Array, start: number, end: number): number {
  for (let i = end - 1; i > start && end - i <= 12; i--) {
    const c = bytes[i];
    if (c === 0x2e) {
      if (end - i > 6 && !isAssetExtension(bytes, i + 1, end)) return -1;
      return end - i > 1 && isLetter(bytes[i + 1]) ? i : -1;
    }
    if (!isLetter(c) && !isDigit(c)) return -1;
  }
  return -1;
}

/** Kind of bytes[start, end): one segment, percent-decoded, without its file extension. */
export function segmentKind(bytes: Uint8Array, start: number, end: number): SegmentKind {
  const length = end - start;
  if (length === 0) return SEGMENT.literal;
  if (bytes[start] === 0x7b && isPlaceholder(bytes, start, end)) return SEGMENT.literal;
  let digits = 0;
  let lowers = 0;
  let uppers = 0;
  let hyphens = 0;
  let separators = 0; // - _ . ~ , + = : and the like, hyphens included
  let at = -1;
  let allHex = true;
  let changes = 0; // letter <-> digit
  let lowerRuns = 0;
  let consonants = 0;
  let longestConsonants = 0;
  let before = 0; // 1 digit, 2 lower, 3 upper, 4 separator
  let lastLetterOrDigit = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    let kind: number;
    if (c >= 0x30 && c <= 0x39) {
      digits++;
      kind = 1;
    } else if (c >= 0x61 && c <= 0x7a) {
      lowers++;
      kind = 2;
      if (c > 0x66) allHex = false;
      if (before !== 2) lowerRuns++;
    } else if (c >= 0x41 && c <= 0x5a) {
      uppers++;
      kind = 3;
      if (c > 0x46) allHex = false;
    } else if (
      c === 0x2d ||
      c === 0x5f ||
      c === 0x2e ||
      c === 0x7e ||
      c === 0x2c ||
      c === 0x2b ||
      c === 0x3d ||
      c === 0x3a ||
      c === 0x40 ||
      c === 0x21 ||
      c === 0x24 ||
      c === 0x28 ||
      c === 0x29 ||
      c === 0x2a ||
      c === 0x27
    ) {
      separators++;
      kind = 4;
      if (c === 0x2d) hyphens++;
      if (c === 0x40) at = i;
    } else return c >= 0xc3 && length <= MAX_WIDE ? wideKind(bytes, start, end) : SEGMENT.text;
    if (kind < 4) {
      const now = kind === 1 ? 1 : 2;
      if (lastLetterOrDigit !== 0 && now !== lastLetterOrDigit) changes++;
      lastLetterOrDigit = now;
    }
    if (kind === 2 || kind === 3) {
      consonants = isVowel(c) ? 0 : consonants + 1;
      if (consonants > longestConsonants) longestConsonants = consonants;
    } else consonants = 0;
    before = kind;
  }
  const letters = lowers + uppers;
  if (length === 36 && hyphens === 4 && separators === 4 && allHex && isUuid(bytes, start)) return SEGMENT.uuid;
  if (length === 17 && separators === 5 && allHex && isMac(bytes, start)) return SEGMENT.id;
  if (letters === 0) {
    if (digits === 0) return length <= 3 ? SEGMENT.literal : SEGMENT.text;
    if (separators === 0) return SEGMENT.id;
    if (isDateAt(bytes, start, end)) return SEGMENT.date;
    return isVersionNumber(bytes, start, end) ? SEGMENT.literal : SEGMENT.id;
  }
  if (length >= 11 && digits >= 8 && (bytes[start + 10] | 0x20) === 0x74 && isDateAt(bytes, start, start + 10)) return SEGMENT.date;
  if (at > start && at < end - 3) return SEGMENT.email;
  if (length > 256) return SEGMENT.text;
  if (allHex && digits > 0 && separators === 0 && length >= 16) return SEGMENT.hash;
  // Letters of both cases mixed as no camelCase is: base64url, nanoid, or such a thing behind a prefix (cus_NffrFeUfNV2Hib).
  if (
    digits <= 1 &&
    uppers > 2 &&
    lowers > 0 &&
    length >= 12 &&
    lowers < MIXED_RUN[length < 16 || separators > 1 ? 2 : separators] * lowerRuns
  ) {
    return SEGMENT.hash;
  }
  if (digits === 0) {
    const words = hyphens + 1;
    if (words >= 5 || (words === 4 && length >= 24)) return SEGMENT.slug;
    if (separators === 0 && length >= 16 && longestConsonants >= 8 && letters === length) return SEGMENT.hash;
    return length > MAX_LITERAL ? (separators === 0 ? SEGMENT.hash : SEGMENT.text) : SEGMENT.literal;
  }
  if (isVersion(bytes, start, end)) return SEGMENT.literal;
  if (hyphens >= 2 && letters >= digits && changes < 6) return SEGMENT.slug;
  if (changes >= 3 && length >= 16) return SEGMENT.hash;
  if (length > MAX_LITERAL) return SEGMENT.hash;
  if (digits === 1) {
    // user-7 must fall together with user-1234
    const last = bytes[end - 1];
    const between = bytes[end - 2];
    return isDigit(last) && (between === 0x2d || between === 0x5f) && letters > 1 ? SEGMENT.id : SEGMENT.literal;
  }
  // A word with up to three digits in one place is a name that a developer gave: api12, base64, queryTop10List.
  if (separators === 0 && digits <= 3 && changes <= 2 && lowers >= 3) return SEGMENT.literal;
  if (length <= 8 && NAMES_WITH_DIGITS.has(lowerText(bytes, start, end))) return SEGMENT.literal;
  return SEGMENT.id;
}

/**
 * Kind of a segment with letters outside ASCII (用户, café): a short name is a literal, as an English one is; what is long, has
 * spaces, punctuation or digits is no name that a developer gave.
 */
function wideKind(bytes: Uint8Array, start: number, end: number): SegmentKind {
  let characters = 0;
  let digits = 0;
  for (let i = start; i < end; characters++) {
    const c = bytes[i];
    const more = c < 0x80 ? 0 : c >= 0xc3 && c < 0xe0 ? 1 : c >= 0xe3 && c < 0xef ? 2 : -1;
    if (more < 0 || i + more >= end) return SEGMENT.text;
    // U+3000 to U+303F: punctuation of Chinese and Japanese
    if (c === 0xe3 && bytes[i + 1] === 0x80) return SEGMENT.text;
    for (let k = 1; k <= more; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return SEGMENT.text;
    if (more === 0) {
      if (isDigit(c)) digits++;
      else if (!isLetter(c) && c !== 0x2d && c !== 0x5f) return SEGMENT.text;
    }
    i += more + 1;
  }
  return digits > 1 || characters > MAX_WIDE_CHARACTERS ? SEGMENT.text : SEGMENT.literal;
}

/**
 * Where the colon of `id:action` is: the only one, letters alone behind it, three at least, and something before it. -1
 * without one: `12:30`, `urn:x:name`, `2001:db8::beef` have none.
 */
export function actionColon(bytes: Uint8Array, start: number, end: number): number {
  let i = end - 1;
  while (i > start && isLetter(bytes[i])) i--;
  return i > start && bytes[i] === 0x3a && end - i > 3 && bytes.indexOf(0x3a, start) === i ? i : -1;
}

/** Where the parenthesis of OData's `Products(5)`, `Customers('ann')`, `Items(Order=1,Line=2)` opens; -1 without keys in one. */
export function keyParenthesis(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] !== 0x29 || !isLetter(bytes[start])) return -1;
  let i = start;
  while (i < end && (isLetter(bytes[i]) || isDigit(bytes[i]) || bytes[i] === 0x5f || bytes[i] === 0x2e)) i++;
  if (i >= end - 2 || bytes[i] !== 0x28 || bytes[i - 1] === 0x5f) return -1;
  const first = bytes[i + 1];
  const keyed = first === 0x27 || first === 0x7b || isDigit(first) || bytes.subarray(i, end).includes(0x3d);
  return keyed || segmentKind(bytes, i + 1, end - 1) !== SEGMENT.literal ? i : -1;
}

/** Names with an @ that no user has: Discord's `@me` and its like. */
const AT_NAMES = new Set(['@me', '@all', '@self', '@here', '@everyone', '@original', '@default']);

/** Whether a segment is `@user`. */
export function isHandle(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== 0x40 || end - start < 3) return false;
  if (end - start === 7 && lowerText(bytes, start, end) === '@{name}') return true;
  for (let i = start + 1; i < end; i++) {
    const c = bytes[i];
    if (!isLetter(c) && !isDigit(c) && c !== 0x5f && c !== 0x2e && c !== 0x2d && c < 0x80) return false;
  }
  return end - start > 10 || !AT_NAMES.has(lowerText(bytes, start, end));
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isLetter(c: number): boolean {
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isVowel(c: number): boolean {
  const l = c | 0x20;
  return l === 0x61 || l === 0x65 || l === 0x69 || l === 0x6f || l === 0x75 || l === 0x79;
}

function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text.toLowerCase();
}

/** `{id}`, `{uuid}.pdf`: a template's own part stays as it is, so that templating twice changes nothing. */
function isPlaceholder(bytes: Uint8Array, start: number, end: number): boolean {
  const text = end - start <= 24 ? lowerText(bytes, start, end) : '';
  for (let kind = 1; kind < PLACEHOLDERS.length; kind++) if (text === PLACEHOLDERS[kind]) return true;
  return false;
}

/** yyyy-mm-dd or yyyy-mm (also with _ . or /), or dd-mm-yyyy, of plausible numbers. */
function isDateAt(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length !== 10 && length !== 7) return false;
  const separator = bytes[start + 4];
  if (separator === 0x2d || separator === 0x5f || separator === 0x2e) {
    const year = number(bytes, start, 4);
    const month = number(bytes, start + 5, 2);
    if (year < 1900 || year > 2199 || month < 1 || month > 12) return false;
    if (length === 7) return true;
    const day = number(bytes, start + 8, 2);
    return bytes[start + 7] === separator && day >= 1 && day <= 31;
  }
  if (length === 7) return false;
  const day = number(bytes, start, 2);
  const month = number(bytes, start + 3, 2);
  const year = number(bytes, start + 6, 4);
  return (
    !isDigit(bytes[start + 2]) &&
    bytes[start + 5] === bytes[start + 2] &&
    day >= 1 &&
    day <= 31 &&
    month >= 1 &&
    month <= 12 &&
    year >= 1900 &&
    year <= 2199
  );
}

function number(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) {
    if (!isDigit(bytes[i])) return -1;
    value = value * 10 + bytes[i] - 0x30;
  }
  return value;
}

/** `1.0`, `2.12`: two dotted groups of one or two digits. Three are a release of something, and there are many. */
function isVersionNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let dots = 0;
  let run = 0;
  for (let i = start; i < end; i++) {
    if (isDigit(bytes[i])) {
      if (++run > 2) return false;
    } else if (bytes[i] === 0x2e && run > 0) {
      dots++;
      run = 0;
    } else return false;
  }
  return dots === 1 && run > 0;
}

/** `v1`, `V2.3`, `v1beta2`: v and at most three digits a group. */
function isVersion(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    (bytes[start] | 0x20) === 0x76 &&
    end - start <= 12 &&
    /^v\d{1,3}(\.\d{1,3}){0,1}((alpha|beta|rc)\d{0,2})?$/.test(lowerText(bytes, start, end))
  );
}

function isUuid(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 8] === 0x2d && bytes[start + 13] === 0x2d && bytes[start + 18] === 0x2d && bytes[start + 23] === 0x2d;
}

/** Six pairs of hexadecimal digits with : or - between: the address of a network card. */
function isMac(bytes: Uint8Array, start: number): boolean {
  for (let i = start + 2; i < start + 17; i += 3) if (bytes[i] !== 0x3a && bytes[i] !== 0x2d) return false;
  return true;
}
