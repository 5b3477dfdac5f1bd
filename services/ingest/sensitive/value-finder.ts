import { apiKeyEnd } from './api-key.ts';
import type { FieldContext } from './field-context.ts';
import { SAYS } from './field-words.ts';
import type { Findings } from './findings.ts';
import { jwtEnd } from './jwt.ts';
import { isDigit } from './letters.ts';
import { isPassport } from './passport.ts';
import { isPersonName } from './person-name.ts';
import { countryCodeOfMobile, isAnyPhone } from './phone.ts';
import { isPostalAddress } from './postal-address.ts';
import { isPassword, isToken } from './secret.ts';
import { TYPE } from './types.ts';

/** Types that are found only, or in more ways, as the whole value of a field. */
export const VALUE_BITS = SAYS.mobile | SAYS.passport | SAYS.certificate | SAYS.person_name | SAYS.address | SAYS.secret | SAYS.sms_code;
/** Longest value, bytes. */
const MOST = 2048;
/** Bytes of values that are read in one span: names without an end between them must not make the work quadratic. */
const BUDGET = 64 * 1024;
/** Codes of fields that are only called `code`, kept until the end of the span shows whether there is a phone number. */
const MOST_CODES = 4;
const MOST_PHONE = 15;
const LEAST_CODE = 4;
const MOST_CODE = 8;

/** Finds what only the name of a field gives away: names, addresses, secrets, codes, passports. */
export class ValueFinder {
  private readonly context: FieldContext;
  private readonly findings: Findings;
  private readonly codes = new Int32Array(MOST_CODES * 2);
  private codeCount = 0;
  private budget = 0;
  private readonly digits = new Uint8Array(MOST_PHONE + 1);
  private start = 0;
  private end = 0;

  constructor(context: FieldContext, findings: Findings) {
    this.context = context;
    this.findings = findings;
  }

  open(): void {
    this.codeCount = 0;
    this.budget = BUDGET;
  }

  /**
   * Looks at the value that begins at `at` in a field that says one of VALUE_BITS. `stop`: byte that ends values without
   * quotes (`/` in paths, `,` in texts, 0 in queries). Returns the position behind a value that is done with, else 0.
   */
  find(text: Uint8Array, at: number, end: number, stop: number): number {
    if (!this.measure(text, at, end, stop)) return 0;
    const { bits } = this.context;
    if ((bits & SAYS.secret) !== 0) return this.secret(text, end, stop);
    if ((bits & SAYS.mobile) !== 0 && this.phone(text)) return this.end;
    if ((bits & SAYS.sms_code) !== 0 && this.code(text)) return this.end;
    if ((bits & (SAYS.passport | SAYS.certificate)) !== 0 && this.passport(text)) return this.end;
    if ((bits & SAYS.person_name) !== 0 && this.personName(text)) return this.end;
    if ((bits & SAYS.address) !== 0 && isPostalAddress(text, this.start, this.end)) this.tell(text, TYPE.address, this.start, this.end);
    return 0;
  }

  /** A code behind the words for it in a text. */
  findCode(text: Uint8Array, start: number, end: number): number {
    if (end - start < LEAST_CODE || end - start > MOST_CODE || (this.context.says(start) & (SAYS.sms_code | SAYS.weak)) !== SAYS.sms_code)
      return 0;
    this.tell(text, TYPE.sms_code, start, end);
    return end;
  }

  /** Tells of the codes that waited. */
  close(text: Uint8Array): void {
    const mobile = ((this.context.all & SAYS.mobile) | (this.findings.seen & (1 << TYPE.mobile))) !== 0;
    for (let i = 0; mobile && i < this.codeCount; i++) this.tell(text, TYPE.sms_code, this.codes[i * 2], this.codes[i * 2 + 1]);
  }

  /** Finds the ends of the value: inside its quotes, else up to what ends it. */
  private measure(text: Uint8Array, at: number, end: number, stop: number): boolean {
    let i = at;
    let quote = 0;
    for (; i < end && i - at < 8; i++) {
      const c = text[i];
      if (c === 0x22 || c === 0x27) {
        quote = c;
        i++;
        break;
      }
      if (c !== 0x20 && c !== 0x5b && c !== 0x0d && c !== 0x0a) break;
    }
    if (text[i] === 0x7b) return false;
    this.start = i;
    const last = Math.min(end, i + Math.min(MOST, this.budget));
    while (i < last && (quote !== 0 ? text[i] !== quote : !endsValue(text[i], stop))) i++;
    this.budget -= i - this.start;
    while (i > this.start && text[i - 1] <= 0x20) i--;
    this.end = i;
    return i > this.start;
  }

  private secret(text: Uint8Array, end: number, stop: number): number {
    const weak = (this.context.bits & SAYS.weak) !== 0;
    let { start } = this;
    for (let i = start; i < this.end && i - start < 10; i++) {
      // Bearer, Basic, Token
      if (text[i] === 0x20 && i - start >= 5) start = i + 1;
    }
    let last = start;
    while (last < this.end && text[last] > 0x20) last++;
    if (
      last === start ||
      (opensJson(text, start) && (runOfMasks(text, start, last) > 0 || jwtEnd(text, start, end) > 0)) ||
      apiKeyEnd(text, start, end) !== 0
    )
      return 0;
    const masks = runOfMasks(text, start, last);
    if (masks >= 3) {
      if (weak && masks < 4) return 0;
      this.tell(text, TYPE.secret, start, last, true);
      return last;
    }
    const password = (this.context.bits & SAYS.password) !== 0 && stop !== 0x2f;
    if (password ? !isPassword(text, start, last) : !isToken(text, start, last, weak)) return 0;
    this.tell(text, TYPE.secret, start, last);
    return last;
  }

  private code(text: Uint8Array): boolean {
    const { start, end } = this;
    let digits = 0;
    let masks = 0;
    for (let i = start; i < end; i++) {
      if (isDigit(text[i])) digits++;
      else if (text[i] === 0x2a) masks++;
      else if ((text[i] !== 0x20 && text[i] !== 0x2d) || i - start !== 3) return false;
    }
    const length = digits + masks;
    if (length < LEAST_CODE || length > MOST_CODE || masks === 1) return false;
    if ((this.context.bits & SAYS.weak) === 0) this.tell(text, TYPE.sms_code, start, end, masks > 0);
    else if (masks === 0 && this.codeCount < MOST_CODES) {
      this.codes[this.codeCount * 2] = start;
      this.codes[this.codeCount * 2 + 1] = end;
      this.codeCount++;
    } else return false;
    return true;
  }

  /** A phone number in any writing: +1-540-558-6605x123, 540.558.6605, (010) 6234 5678. */
  private phone(text: Uint8Array): boolean {
    const { findings, start, end } = this;
    findings.begin();
    let digits = 0;
    let i = start;
    for (; i < end; i++) {
      const c = text[i];
      if (isDigit(c)) this.digits[digits++] = c;
      else if (c !== 0x20 && c !== 0x2d && c !== 0x2e && c !== 0x28 && c !== 0x29 && (c !== 0x2b || i > start)) break;
      if (digits > MOST_PHONE) return false;
    }
    if (!isExtension(text, i, end)) return false;
    const skip = countryCodeOfMobile(this.digits, digits);
    if (!isAnyPhone(this.digits, 0, digits)) return false;
    for (let k = skip; k < digits; k++) findings.push(this.digits[k]);
    findings.tell(TYPE.mobile, false);
    return true;
  }

  private passport(text: Uint8Array): boolean {
    const { start, end } = this;
    const generic = (this.context.bits & SAYS.passport) !== 0;
    if (isPassport(text, start, end, generic)) {
      this.tellUpper(text, TYPE.passport, start, end, false);
      return true;
    }
    if (!generic || end - start < 6 || end - start > 12 || runOfMasks(text, start, end) < 2) return false;
    for (let i = start; i < end; i++) if (text[i] !== 0x2a && !isDigit(text[i]) && (text[i] & 0xdf) < 0x41) return false;
    this.tellUpper(text, TYPE.passport, start, end, true);
    return true;
  }

  private personName(text: Uint8Array): boolean {
    let { start, end } = this;
    if (text[start] >= 0x80) {
      let i = start;
      while (i < end && text[i] > 0x20 && text[i] !== 0x28) i++;
      end = i;
    }
    if (!isPersonName(text, start, end, (this.context.bits & SAYS.weak) !== 0)) return false;
    this.tell(text, TYPE.person_name, start, end, runOfMasks(text, start, end) > 0);
    this.end = end;
    return true;
  }

  private tell(text: Uint8Array, type: number, start: number, end: number, masked = runOfMasks(text, start, end) >= 2): void {
    this.findings.begin();
    this.findings.pushSpan(text, start, end);
    this.findings.tell(type, masked);
  }

  private tellUpper(text: Uint8Array, type: number, start: number, end: number, masked: boolean): void {
    this.findings.begin();
    for (let i = start; i < end; i++) this.findings.pushUpper(text[i]);
    this.findings.tell(type, masked);
  }
}

function endsValue(c: number, stop: number): boolean {
  return c === stop || c === 0x26 || c === 0x22 || c === 0x3c || (c === 0x0a && stop !== 0) || c === 0x3b || c === 0x7d || c === 0x5d;
}

/** Length of the longest run of masks. */
function runOfMasks(text: Uint8Array, start: number, end: number): number {
  let longest = 0;
  let run = 0;
  for (let i = start; i < end; i++) {
    run = text[i] === 0x2a ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/** `{"` in base64. */
function opensJson(text: Uint8Array, at: number): boolean {
  return text[at] === 0x65 && text[at + 1] === 0x79 && text[at + 2] === 0x4a;
}

/** Whether nothing follows, or the number of an extension: x123, ext. 123. */
function isExtension(text: Uint8Array, at: number, end: number): boolean {
  if (at === end) return true;
  let i = at;
  while (i < end && i - at < 4 && (text[i] | 0x20) >= 0x61 && (text[i] | 0x20) <= 0x7a) i++;
  if (i === at || ((text[at] | 0x20) !== 0x78 && (text[at] | 0x20) !== 0x65)) return false;
  while (i < end && (text[i] === 0x2e || text[i] === 0x20)) i++;
  const digits = i;
  while (i < end && isDigit(text[i])) i++;
  return i === end && i > digits && i - digits <= 6;
}
