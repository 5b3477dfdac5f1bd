import { apiKeyEnd } from './api-key.ts';
import { isBankCard } from './bank-card.ts';
import { isCreditCode, opensCreditCode } from './credit-code.ts';
import { domainEnd, localStart } from './email.ts';
import type { FieldContext } from './field-context.ts';
import { SAYS } from './field-words.ts';
import type { Findings } from './findings.ts';
import { ibanLength, passesMod97 } from './iban.ts';
import { jwtEnd } from './jwt.ts';
import { isDigit, isWord } from './letters.ts';
import { CARD_LINE, isCardZone, mrzLine } from './mrz.ts';
import { isChineseMobile } from './phone.ts';
import { plateEnd } from './plate.ts';
import { isResidentId } from './resident-id.ts';
import { TYPE } from './types.ts';

const RESIDENT_ID = 18;
const CREDIT_CODE = 18;
const MOST_IBAN = 34;
/** Visible characters that tell what a masked IBAN or credit code is. */
const LEAST_VISIBLE = 4;
const LEAST_MASKS = 2;

/** Finds what has letters in it: credit codes, IBANs, plates, e-mail addresses, tokens, keys, machine-readable zones. */
export class WordFinder {
  private readonly context: FieldContext;
  private readonly findings: Findings;
  private readonly iban = new Uint8Array(MOST_IBAN + 1);

  constructor(context: FieldContext, findings: Findings) {
    this.context = context;
    this.findings = findings;
  }

  /** Looks at the word text[at, behind) of letters, digits and masks. Returns the position behind what was found, else 0. */
  find(text: Uint8Array, at: number, behind: number, end: number, digits: number, masks: number): number {
    const first = text[at];
    if (first === 0x65 && text[at + 1] === 0x79 && text[at + 2] === 0x4a) {
      const token = this.jsonWebToken(text, at, behind, end);
      if (token > 0) return token;
    }
    const key = apiKeyEnd(text, at, end);
    if (key !== 0) return this.tell(text, TYPE.api_key, at, Math.abs(key), key < 0);
    if (digits === 0) return 0;
    const length = behind - at;
    if (length === CREDIT_CODE) {
      if (masks === 0 && isCreditCode(text, at)) return this.tellUpper(text, TYPE.credit_code, at, behind, false);
      if (masks >= LEAST_MASKS && this.isMaskedCreditCode(text, at, masks)) return this.tellUpper(text, TYPE.credit_code, at, behind, true);
    }
    if (isDigit(text[at + 2]) && isDigit(text[at + 3])) {
      const found = this.ibanAt(text, at, end);
      if (found > 0) return found;
    }
    if (masks > 0) return 0;
    if (length >= 36) {
      const line = mrzLine(text, at, behind);
      if (line > 0) return this.tell(text, TYPE.mrz, behind - line, behind, false);
    }
    return length >= 12 && digits >= 11 ? this.withinLetters(text, at, behind) : 0;
  }

  /** Looks at the e-mail address whose @ is at `at`; `floor`: where the last value that was found ended. */
  email(text: Uint8Array, at: number, floor: number, end: number): number {
    const behind = domainEnd(text, at, end);
    if (behind < 0) return 0;
    const start = localStart(text, at, floor);
    if (start < 0) return 0;
    let masked = false;
    this.findings.begin();
    for (let i = start; i < behind; i++) {
      const masks = maskRun(text, i, at);
      if (masks > 0) {
        masked = true;
        this.findings.push(0x2a);
        i += masks - 1;
      } else this.findings.pushLower(text[i]);
    }
    this.findings.tell(TYPE.email, masked);
    return behind;
  }

  plate(text: Uint8Array, at: number, end: number): number {
    const behind = plateEnd(text, at, end);
    if (behind === 0) return 0;
    let masked = false;
    this.findings.begin();
    for (let i = at; i < behind; i++) {
      const c = text[i];
      if (c === 0x2a) masked = true;
      if (c !== 0x2e && c !== 0x20 && c !== 0x2d) this.findings.pushUpper(c);
    }
    this.findings.tell(TYPE.plate, masked);
    return behind;
  }

  /** Looks at the run of A-Z, 0-9 and < in text[start, behind); the lines of an identity card may be parted by a line feed. */
  machineZone(text: Uint8Array, start: number, behind: number, end: number): number {
    const line = mrzLine(text, start, behind);
    if (line > 0) return this.tell(text, TYPE.mrz, behind - line, behind, false);
    // one to three of its lines stand in this run
    for (let at = behind - CARD_LINE; at >= start && behind - at <= 3 * CARD_LINE; at -= CARD_LINE) {
      let second = at + CARD_LINE;
      while (second < end && second - at < CARD_LINE + 3 && (text[second] === 0x0a || text[second] === 0x0d || text[second] === 0x20))
        second++;
      if (second + CARD_LINE > end || !isCardZone(text, at, second)) continue;
      this.findings.begin();
      this.findings.pushSpan(text, at, at + CARD_LINE);
      this.findings.pushSpan(text, second, second + CARD_LINE);
      this.findings.tell(TYPE.mrz, false);
      return second + CARD_LINE;
    }
    return 0;
  }

  private jsonWebToken(text: Uint8Array, at: number, behind: number, end: number): number {
    const token = jwtEnd(text, at, end);
    if (token > 0) return this.tell(text, TYPE.jwt, at, token, false);
    let masks = at;
    while (masks < behind && text[masks] !== 0x2a) masks++;
    return behind - masks >= LEAST_MASKS ? this.tell(text, TYPE.jwt, at, behind, true) : 0;
  }

  private isMaskedCreditCode(text: Uint8Array, at: number, masks: number): boolean {
    if (CREDIT_CODE - masks < LEAST_VISIBLE) return false;
    const says = this.context.says(at);
    if ((says & SAYS.otherwise) !== 0) return false;
    return (says & SAYS.credit_code) !== 0 || opensCreditCode(text, at);
  }

  /** An IBAN in one piece or in groups of four; capital letters, or small ones where the field says so. */
  private ibanAt(text: Uint8Array, at: number, end: number): number {
    const { iban } = this;
    if (text[at] < 0x41 || text[at + 1] < 0x41) return 0;
    const small = text[at] >= 0x61;
    iban[0] = text[at] & 0xdf;
    iban[1] = text[at + 1] & 0xdf;
    const length = ibanLength(iban, 0);
    if (length === 0 || (small && (this.context.says(at) & SAYS.iban) === 0)) return 0;
    let masks = 0;
    let i = at;
    for (let to = 0; to < length; i++) {
      if (i >= end) return 0;
      const c = text[i];
      if ((c === 0x20 || c === 0x2d) && to % 4 === 0 && to > 0 && isWord(text[i + 1])) continue;
      if (!isWord(c)) return 0;
      if (c === 0x2a || c === 0x23) masks++;
      iban[to++] = c >= 0x61 ? c & 0xdf : c === 0x23 ? 0x2a : c;
    }
    if (isWord(text[i])) return 0;
    if (masks > 0 ? masks < LEAST_VISIBLE || length - masks < LEAST_VISIBLE : !passesMod97(iban, 0, length)) return 0;
    this.findings.begin();
    this.findings.pushSpan(iban, 0, length);
    this.findings.tell(TYPE.iban, masks > 0);
    return i;
  }

  /** Digits that letters stand next to: a resident id anywhere; a phone number or a card behind letters that say so. */
  private withinLetters(text: Uint8Array, at: number, behind: number): number {
    for (let i = at; i < behind; ) {
      if (!isDigit(text[i])) {
        i++;
        continue;
      }
      let last = i;
      while (last < behind && isDigit(text[last])) last++;
      const length = last - i;
      const ten = length === RESIDENT_ID - 1 && (text[last] & 0xdf) === 0x58 ? 1 : 0;
      if (length + ten === RESIDENT_ID && isResidentId(text, i)) return this.tellUpper(text, TYPE.resident_id, i, i + RESIDENT_ID, false);
      if (i > at && last === behind && length >= 11 && length <= 19) {
        const says = this.context.names.read(text, at, i);
        if ((says & SAYS.mobile) !== 0 && length === 11 && isChineseMobile(text, i)) return this.tell(text, TYPE.mobile, i, last, false);
        if ((says & SAYS.bank_card) !== 0 && isBankCard(text, i, length, true)) return this.tell(text, TYPE.bank_card, i, last, false);
      }
      i = last;
    }
    return 0;
  }

  private tell(text: Uint8Array, type: number, start: number, behind: number, masked: boolean): number {
    this.findings.begin();
    this.findings.pushSpan(text, start, behind);
    this.findings.tell(type, masked);
    return behind;
  }

  private tellUpper(text: Uint8Array, type: number, start: number, behind: number, masked: boolean): number {
    this.findings.begin();
    for (let i = start; i < behind; i++) this.findings.pushUpper(text[i]);
    this.findings.tell(type, masked);
    return behind;
  }
}

/** Length of the masks at `i` in an e-mail address: signs, and before its @ three x or more. */
function maskRun(text: Uint8Array, i: number, at: number): number {
  let behind = i;
  while (text[behind] === 0x2a || text[behind] === 0x23) behind++;
  if (behind > i || i >= at) return behind - i;
  while (behind < at && (text[behind] | 0x20) === 0x78) behind++;
  return behind - i >= 3 ? behind - i : 0;
}
