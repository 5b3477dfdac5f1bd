import { isBankCard, isIssuer, passesLuhn } from './bank-card.ts';
import { isCreditCode } from './credit-code.ts';
import type { FieldContext } from './field-context.ts';
import { SAYS } from './field-words.ts';
import type { Findings } from './findings.ts';
import { isDigit, isWord } from './letters.ts';
import { NumberToken } from './number-token.ts';
import { countryCodeOfMobile, isAnyPhone, isChineseMobile, isInternational, isMobilePrefix } from './phone.ts';
import { isPrefecture, isRegion } from './regions.ts';
import { birthYear, isOldResidentId, isResidentId } from './resident-id.ts';
import { isSsn } from './ssn.ts';
import { TYPE } from './types.ts';

/** Born later, an "id" in a field of orders is an order's number with today's date in it. */
const LATEST_BIRTH_IN_ORDERS = 2014;
const LEAST_VISIBLE_MASKED = 1;
const LEAST_MASKS = 2;
const SSN_GROUPS = [3, 2, 4];

/** Finds what is written in digits: resident ids, phone numbers, cards, social security numbers, whole or masked. */
export class NumberFinder {
  private readonly token = new NumberToken();
  private readonly context: FieldContext;
  private readonly findings: Findings;

  constructor(context: FieldContext, findings: Findings) {
    this.context = context;
    this.findings = findings;
  }

  /** Looks at the number that begins at `at`; `plus`: behind a +. Returns the position behind what was found, else 0. */
  find(text: Uint8Array, at: number, end: number, plus: boolean): number {
    const { token } = this;
    const before = text[plus ? at - 2 : at - 1];
    const beforeThat = text[plus ? at - 3 : at - 2];
    if (before === 0x2e && isDigit(beforeThat)) return 0;
    const tied = before === 0x2d && isDigit(beforeThat);
    token.read(text, at, end, plus);
    for (let groups = token.groups; groups > 0; groups--) {
      const length = token.lengths[groups - 1];
      if (length < 7) return 0;
      const behind = token.ends[groups - 1];
      const next = behind < end ? text[behind] : 0;
      if (isWord(next) || next === 0x40 || (next === 0x2e && isDigit(text[behind + 1]))) continue;
      const bound = !tied && (next !== 0x2d || !isWord(text[behind + 1]));
      const masks = token.masks[groups - 1];
      const found =
        masks === 0 ? this.whole(at, length, groups, plus, bound) : bound && masks >= LEAST_MASKS && this.masked(at, length, groups, masks);
      if (found) return behind;
    }
    return 0;
  }

  /** @param bound no further number hangs on it by a dash */
  private whole(at: number, length: number, groups: number, plus: boolean, bound: boolean): boolean {
    const { characters } = this.token;
    if (length === 18 && this.residentId(at, groups)) return true;
    if (!bound || (characters[length - 1] === 0x58 && length > 0)) return false;
    if (length === 15 && groups === 1 && isOldResidentId(characters, 0) && this.oldResidentId(at)) return true;
    return this.card(at, length, groups) || this.phone(at, length, groups, plus) || this.ssn(at, length, groups);
  }

  private residentId(at: number, groups: number): boolean {
    const { characters } = this.token;
    if (groups > 1 && !this.token.areGroups(groups, [6, 8, 4]) && !this.token.areGroups(groups, [6, 4, 4, 4])) return false;
    if (isResidentId(characters, 0)) {
      if (birthYear(characters, 0) > LATEST_BIRTH_IN_ORDERS && this.isOtherwise(at)) return false;
      return this.tell(TYPE.resident_id, 18);
    }
    if (groups > 1 || !isCreditCode(characters, 0)) return false;
    const says = this.context.says(at);
    // in digits alone one number in 31 passes: only of the bodies that are common, or where the field says so
    const common = characters[0] === 0x39 || characters[0] === 0x31 || characters[0] === 0x35;
    return ((says & SAYS.credit_code) !== 0 || (common && (says & SAYS.otherwise) === 0)) && this.tell(TYPE.credit_code, 18);
  }

  private oldResidentId(at: number): boolean {
    const says = this.context.says(at);
    if ((says & SAYS.resident_id) === 0) {
      // equipment identities and American Express pass Luhn
      if ((says & (SAYS.otherwise | SAYS.bank_card)) !== 0 || passesLuhn(this.token.characters, 0, 15)) return false;
    }
    return this.tell(TYPE.resident_id, 15);
  }

  private card(at: number, length: number, groups: number): boolean {
    const { characters } = this.token;
    if (length < 12 || length > 19 || !isIssuer(characters, 0, length, true)) return false;
    if (groups > 1 && !this.token.areFours(groups) && !this.token.areGroups(groups, [4, 6, 5]) && !this.token.areGroups(groups, [4, 6, 4]))
      return false;
    if (!isBankCard(characters, 0, length, true)) return false;
    const says = this.context.says(at);
    const named = (says & SAYS.bank_card) !== 0;
    if (!named && ((says & SAYS.otherwise) !== 0 || !isBankCard(characters, 0, length, false) || this.context.isJsonNumber(at)))
      return false;
    return this.tell(TYPE.bank_card, length);
  }

  private phone(at: number, length: number, groups: number, plus: boolean): boolean {
    const { token } = this;
    const { characters } = token;
    const code = countryCodeOfMobile(characters, length);
    if (length - code === 11 && isChineseMobile(characters, code) && isMobileGrouping(token, groups)) {
      return (plus || !this.isOtherwise(at)) && this.tell(TYPE.mobile, length, code);
    }
    if (plus && isInternational(characters, 0, length)) return this.tell(TYPE.mobile, length);
    if (length < 7 || length > 15 || (this.context.says(at) & SAYS.mobile) === 0 || !isAnyPhone(characters, 0, length)) return false;
    return this.tell(TYPE.mobile, length);
  }

  private ssn(at: number, length: number, groups: number): boolean {
    if (length !== 9 || !isSsn(this.token.characters, 0)) return false;
    const says = this.context.says(at);
    if ((says & SAYS.ssn) === 0) {
      const dashed = this.token.separator === 0x2d && this.token.areGroups(groups, SSN_GROUPS);
      if (!dashed || (says & SAYS.otherwise) !== 0) return false;
    }
    return this.tell(TYPE.ssn, 9);
  }

  private masked(at: number, length: number, groups: number, masks: number): boolean {
    const says = this.context.says(at);
    const visible = length - masks;
    // `id` may well be a person's
    if ((says & SAYS.otherwise) !== 0) return length === 18 && groups === 1 && visible > 1 && this.bareMasked(length, groups, masks);
    if ((says & SAYS.resident_id) !== 0) return this.tellMasked(TYPE.resident_id, length);
    if ((says & SAYS.bank_card) !== 0) return this.tellMasked(TYPE.bank_card, length);
    if ((says & SAYS.mobile) !== 0 && length <= 16) return this.tell(TYPE.mobile, length, length === 13 && this.opens86() ? 2 : 0, true);
    if ((says & SAYS.credit_code) !== 0) return this.tellMasked(TYPE.credit_code, length);
    if ((says & SAYS.ssn) !== 0 && length <= 11) return this.tellMasked(TYPE.ssn, length);
    if ((says & (SAYS.secret | SAYS.sms_code | SAYS.passport)) !== 0 || visible < LEAST_VISIBLE_MASKED) return false;
    return this.bareMasked(length, groups, masks);
  }

  /** A masked value without a name: what is visible has to be telling. */
  private bareMasked(length: number, groups: number, masks: number): boolean {
    const { token } = this;
    const { characters } = token;
    let head = 0;
    while (characters[head] !== 0x2a) head++;
    let tail = 0;
    while (characters[length - 1 - tail] !== 0x2a) tail++;
    if (token.separator === 0x2d && token.areGroups(groups, SSN_GROUPS))
      return masks === 5 && tail === 4 && this.tell(TYPE.ssn, length, 0, true);
    const code = length > 11 && head > 4 && this.opens86() ? 2 : 0;
    const national = length - code;
    if (
      head - code >= 3 &&
      national >= 9 &&
      national <= 11 &&
      tail >= 2 &&
      isMobilePrefix(characters, code) &&
      (groups === 1 || isMobileGrouping(token, groups))
    ) {
      return this.tell(TYPE.mobile, length, code, true);
    }
    if (groups === 1 && length === 18 && head >= 2 && characters[0] === 0x39 && characters[1] <= 0x33)
      return this.tell(TYPE.credit_code, length, 0, true);
    if (groups === 1 && this.isMaskedId(length, head, tail)) return this.tell(TYPE.resident_id, length, 0, true);
    const fours = groups > 1 && token.areFours(groups);
    if ((groups > 1 && !fours) || length < 12 || length > 19 || tail < 3 || tail > 4) return false;
    const issued = head >= 4 && (isIssuer(characters, 0, 16, true) || isIssuer(characters, 0, 15, true));
    const hidden = head === 0 && tail === 4 && (fours || length === 16 || length === 19);
    return (issued || hidden) && this.tell(TYPE.bank_card, length, 0, true);
  }

  private isMaskedId(length: number, head: number, tail: number): boolean {
    const { characters } = this.token;
    if (tail < 1 || tail > 4 || head < 1 || head > 14) return false;
    if (head >= 6) return isRegion(characters, 0) && (length === 18 || length === 15 || (tail === 4 && characters[0] !== 0x36));
    if (length !== 18 && length !== 15) return false;
    if (head >= 4) return isPrefecture(characters, 0);
    return length === 18 && characters[0] >= 0x31 && characters[0] <= 0x38;
  }

  private opens86(): boolean {
    const { characters } = this.token;
    return characters[0] === 0x38 && characters[1] === 0x36;
  }

  private isOtherwise(at: number): boolean {
    const says = this.context.says(at);
    return (says & SAYS.otherwise) !== 0;
  }

  private tellMasked(type: number, length: number): boolean {
    return this.tell(type, length, 0, true);
  }

  /** @param skip characters in front that do not belong to the normal form (86) */
  private tell(type: number, length: number, skip = 0, masked = false): true {
    const { findings } = this;
    findings.begin();
    for (let i = skip; i < length; i++) findings.pushUpper(this.token.characters[i]);
    findings.tell(type, masked);
    return true;
  }
}

/** 11, 3-4-4 or 3-8, with or without the country code in front. */
function isMobileGrouping(token: NumberToken, groups: number): boolean {
  const { lengths } = token;
  if (groups === 1) return true;
  const first = lengths[0] === 2 ? 1 : 0;
  const code = first === 1 ? 2 : 0;
  if (first === 1 && groups === 2) return true;
  if (lengths[first] - code !== 3) return false;
  return groups === first + 2 || (groups === first + 3 && lengths[first + 1] - code === 7);
}
