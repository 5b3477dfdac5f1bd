import { SLOT } from '../fields.ts';
import { KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import type { AccountBook } from './account-book.ts';
import { cookieSpan } from './cookie.ts';
import type { Named, PlannedRule } from './identity-rules.ts';
import { holdsAt } from './token-verifier.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const SUCCESS = encoder.encode('SUCCESS');
/** A longer value that has to be read (a token, a subject) names nobody, bytes. */
const MAX_READ = 8192;
/** Values that have been read and are remembered, by rule and generation, in characters: about ten thousand tokens. */
const MEMORY = 1 << 23;

/** Finds the account that a record names, by the source's ordered rules. */
export class IdentityFinder {
  private readonly view: RecordView;
  private readonly rules: readonly PlannedRule[];
  private readonly accounts: AccountBook;
  private readonly read: readonly (ReadValues | undefined)[];
  /** index in IDENTITY_ORIGINS of what `find` found */
  origin = 0;
  /** events by rule; the last: by none */
  readonly events: Float64Array;

  constructor(view: RecordView, rules: readonly PlannedRule[], accounts: AccountBook) {
    this.view = view;
    this.rules = rules;
    this.accounts = accounts;
    this.read = rules.map((rule) => rule.read && new ReadValues(rule.read));
    this.events = new Float64Array(rules.length + 1);
  }

  /** Id of the account in the account book, -1 when no rule finds one. `at`: time of the event, ms. */
  find(at: number): number {
    const { view, rules } = this;
    const { kinds, starts, ends, workspace } = view;
    const { bytes } = workspace;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i];
      const kind = kinds[rule.slot];
      let start: number;
      let end: number;
      if (kind === KIND.text || kind === KIND.number) {
        start = starts[rule.slot];
        end = ends[rule.slot];
        if (end - start < 10 && isNobody(bytes, start, end)) continue;
      } else if (rule.cookie !== undefined && kinds[SLOT.cookie] === KIND.text) {
        const span = cookieSpan(bytes, starts[SLOT.cookie], ends[SLOT.cookie], rule.cookie);
        if (span === undefined) continue;
        [start, end] = span;
      } else continue;
      if (rule.verdicts.length > 0 && this.isRefused(rule)) continue;
      const values = this.read[i];
      const account =
        values === undefined || (rule.tokensOnly && !looksLikeToken(bytes, start, end))
          ? this.direct(rule, start, end)
          : this.readOut(rule, values, start, end, at);
      if (account < 0) continue;
      this.events[i]++;
      return account;
    }
    this.origin = 0;
    this.events[rules.length]++;
    return -1;
  }

  /** The value is the name. */
  private direct(rule: PlannedRule, start: number, end: number): number {
    this.origin = rule.origin;
    return this.accounts.find(this.view.workspace, start, end, rule.secret, rule.hashed);
  }

  /** The name is read out of the value; -1 for nobody. */
  private readOut(rule: PlannedRule, values: ReadValues, start: number, end: number, at: number): number {
    if (end - start > MAX_READ) return -1;
    const { workspace } = this.view;
    const named = values.of(decoder.decode(workspace.bytes.subarray(start, end)));
    if (named === undefined || (named.times !== undefined && !holdsAt(named.times, at))) return -1;
    const name = encoder.encode(named.name);
    const from = workspace.put(name, 0, name.length);
    if (workspace.scratch === from || isNobody(workspace.bytes, from, workspace.scratch)) return -1;
    this.origin = named.origin;
    return this.accounts.find(workspace, from, workspace.scratch, named.secret || rule.secret, rule.hashed);
  }

  /** The gateway says that the client's certificate did not pass its check: anyone may write any name into one. */
  private isRefused(rule: PlannedRule): boolean {
    const { view } = this;
    const { bytes } = view.workspace;
    return rule.verdicts.some((slot) => {
      if (!view.has(slot)) return false;
      const start = view.starts[slot];
      return view.ends[slot] - start !== SUCCESS.length || SUCCESS.some((byte, i) => bytes[start + i] !== byte);
    });
  }
}

/**
 * What came of values that were read: a token is verified once. Bounded: what has not been asked for during a whole
 * generation is forgotten, and read again should it come back. Never decides a result.
 */
class ReadValues {
  private readonly read: NonNullable<PlannedRule['read']>;
  private young = new Map<string, Named | undefined>();
  private old = new Map<string, Named | undefined>();
  private size = 0;

  constructor(read: NonNullable<PlannedRule['read']>) {
    this.read = read;
  }

  of(value: string): Named | undefined {
    const known = this.young.get(value);
    if (known !== undefined || this.young.has(value)) return known;
    const named = this.old.has(value) ? this.old.get(value) : this.read(value);
    this.size += value.length + (named?.name.length ?? 0) + 64;
    if (this.size > MEMORY) {
      this.old = this.young;
      this.young = new Map();
      this.size = 0;
    }
    this.young.set(value, named);
    return named;
  }
}

/** `eyJ` is how the header of every token begins: `{"` in base64. */
function looksLikeToken(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 20 && bytes[start] === 0x65 && bytes[start + 1] === 0x79 && bytes[start + 2] === 0x4a;
}
const NOBODY = ['-', '0', 'null', 'none', 'nil', '(null)', 'anonymous', 'undefined', 'guest', 'n/a', 'redacted', '00000000', '""'].map(
  (text) => encoder.encode(text),
);
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
