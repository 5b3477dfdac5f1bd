/** A provider's form: what it opens with, how many characters follow, which. */
interface Form {
  prefix: string;
  least: number;
  most: number;
  letters: Uint8Array;
}

const UPPER = charset('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
const WORD = charset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
const LINE = charset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_');
const DASH = charset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-');
const DOTS = charset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.');

/** As the providers document them, or GitHub's list of secret scanning patterns names them. */
const FORMS: readonly Form[] = [
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => form(prefix, 16, 16, UPPER)),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => form(prefix, 36, 255, WORD)),
  form('github_pat_', 50, 255, LINE),
  form('glpat-', 20, 60, DASH),
  form('AIza', 35, 35, DASH),
  form('ya29.', 30, 512, DASH),
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xapp-'].map((prefix) => form(prefix, 10, 255, DASH)),
  ...['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'pk_live_', 'whsec_'].map((prefix) => form(prefix, 16, 247, WORD)),
  ...['sk-proj-', 'sk-ant-'].map((prefix) => form(prefix, 32, 255, DASH)),
  form('sk-', 40, 64, WORD),
  form('SG.', 60, 72, DOTS),
  form('npm_', 36, 36, WORD),
  form('pypi-AgEI', 50, 255, DASH),
  form('hf_', 30, 40, WORD),
  form('dop_v1_', 64, 64, WORD),
  form('LTAI', 12, 26, WORD),
  form('AKID', 32, 36, WORD),
];

const BY_FIRST: Form[][] = Array.from({ length: 128 }, () => []);
for (const one of FORMS) BY_FIRST[one.prefix.charCodeAt(0)].push(one);

const PEM_OPENING = '-----BEGIN ';
const PEM_KIND = 'PRIVATE KEY';
const MAX_PEM_TITLE = 40;
/** Visible characters behind the prefix of a masked key, at most. */
const MAX_VISIBLE = 12;

/** Position behind the key that begins at `at`, 0 when there is none; negative: masked, its end is the amount. */
export function apiKeyEnd(text: Uint8Array, at: number, end: number): number {
  const first = text[at];
  if (first > 127) return 0;
  const forms = BY_FIRST[first];
  for (let f = 0; f < forms.length; f++) {
    const { prefix, least, most, letters } = forms[f];
    if (!opens(text, at, prefix)) continue;
    const start = at + prefix.length;
    let i = start;
    while (i < end && i - start <= most && letters[text[i]] === 1) i++;
    if (text[i] === 0x2a && i - start <= MAX_VISIBLE) return -maskedEnd(text, i, end);
    const length = i - start;
    if (length >= least && length <= most && (letters === UPPER || mixes(text, start, i))) return i;
  }
  return 0;
}

/** Position behind the title of a private key in PEM at `at` (`-----BEGIN … PRIVATE KEY-----`), 0 when it is none. */
export function pemEnd(text: Uint8Array, at: number, end: number): number {
  if (!opens(text, at, PEM_OPENING)) return 0;
  const last = Math.min(end, at + PEM_OPENING.length + MAX_PEM_TITLE);
  for (let i = at + PEM_OPENING.length; i < last; i++) {
    const c = text[i];
    if (c === 0x2d) return 0;
    if (c === 0x50 && opens(text, i, PEM_KIND)) return i + PEM_KIND.length;
  }
  return 0;
}

/** Position behind a run of masks and what is visible behind it. */
function maskedEnd(text: Uint8Array, at: number, end: number): number {
  while (at < end && text[at] === 0x2a) at++;
  while (at < end && DASH[text[at]] === 1) at++;
  return at;
}

/** Whether there are digits and letters, or both cases: a word is no key. */
function mixes(text: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let i = start; i < end; i++) {
    const c = text[i];
    seen |= c <= 0x39 ? 1 : c <= 0x5a ? 2 : 4;
  }
  return (seen & (seen - 1)) !== 0;
}

function opens(text: Uint8Array, at: number, prefix: string): boolean {
  for (let i = 0; i < prefix.length; i++) if (text[at + i] !== prefix.charCodeAt(i)) return false;
  return true;
}

function form(prefix: string, least: number, most: number, letters: Uint8Array): Form {
  return { prefix, least, most, letters };
}

function charset(letters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const letter of letters) set[letter.charCodeAt(0)] = 1;
  return set;
}
