import { IDENTITY_ORIGINS } from '../core/batch.ts';
import type { AccountBook } from './account-book.ts';
import { callerOf } from './authorization.ts';
import { cookieSpan } from './cookie.ts';
import type { PlannedRule } from './field-plan.ts';
import { SLOT } from './fields.ts';
import { KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Finds the account that a record names, by the source's ordered rules. */
export class IdentityFinder {
  private readonly view: RecordView;
  private readonly rules: readonly PlannedRule[];
  private readonly accounts: AccountBook;
  /** index in IDENTITY_ORIGINS of what `find` found */
  origin = 0;
  /** events by rule; the last: by none */
  readonly events: Float64Array;

  constructor(view: RecordView, rules: readonly PlannedRule[], accounts: AccountBook) {
    this.view = view;
    this.rules = rules;
    this.accounts = accounts;
    this.events = new Float64Array(rules.length + 1);
  }

  /** Id of the account in the account book, -1 when no rule finds one. */
  find(): number {
    const { view, rules } = this;
    const { kinds, starts, ends, workspace } = view;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      const kind = kinds[rule.slot];
      let start: number;
      let end: number;
      if (kind === KIND.text || kind === KIND.number) {
        start = starts[rule.slot];
        end = ends[rule.slot];
        if (end - start < 10 && isNobody(workspace.bytes, start, end)) continue;
      } else if (rule.cookie !== undefined && kinds[SLOT.cookie] === KIND.text) {
        const span = cookieSpan(workspace.bytes, starts[SLOT.cookie], ends[SLOT.cookie], rule.cookie);
        if (span === undefined) continue;
        [start, end] = span;
      } else continue;
      const account = rule.isHeader ? this.authorized(start, end) : this.accounts.find(workspace, start, end, rule.secret);
      if (account < 0) continue;
      if (!rule.isHeader) this.origin = rule.origin;
      this.events[i]++;
      return account;
    }
    this.origin = 0;
    this.events[rules.length]++;
    return -1;
  }

  /** Account that an Authorization header names, -1 for none. */
  private authorized(start: number, end: number): number {
    const { workspace } = this.view;
    const caller = callerOf(decoder.decode(workspace.bytes.subarray(start, end)));
    if (caller === undefined) return -1;
    const name = encoder.encode(caller.name);
    const from = workspace.put(name, 0, name.length);
    if (workspace.scratch === from) return -1;
    this.origin = IDENTITY_ORIGINS.indexOf(caller.origin);
    return this.accounts.find(workspace, from, workspace.scratch, caller.secret);
  }
}

const NOBODY = ['-', '0', 'null', 'none', 'nil', '(null)', 'anonymous', 'undefined', 'guest'].map((text) => encoder.encode(text));
/** First bytes of NOBODY, lower case. */
const NOBODY_FIRST = Uint8Array.from({ length: 256 }, (_, c) => (NOBODY.some((text) => text[0] === c || text[0] === (c | 0x20)) ? 1 : 0));

/** Texts that mean "no account". */
function isNobody(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return true;
  if (NOBODY_FIRST[bytes[start]] === 0) return false;
  for (const text of NOBODY) {
    if (text.length !== length) continue;
    let i = 0;
    while (i < length && (bytes[start + i] === text[i] || (bytes[start + i] | 0x20) === text[i])) i++;
    if (i === length) return true;
  }
  return false;
}
