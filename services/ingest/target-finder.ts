import { FLAG } from '../core/batch.ts';
import type { FieldPlan } from './field-plan.ts';
import type { AccountBook } from './identity/account-book.ts';
import type { HashedPool } from './pools/hashed-pool.ts';
import type { RecordView } from './records/record-view.ts';
import type { Workspace } from './records/workspace.ts';

/** Longest value that is told apart, bytes. */
const MAX_VALUE = 256;
/** Digits that a phone number has. */
const PHONE_MIN = 7;
const PHONE_MAX = 17;
/** Digits at the end of a phone number in which neighbours differ. */
const RUN_DIGITS = 4;
const IDENTIFYING = FLAG.login | FLAG.register | FLAG.sendCode;

/** Finds what a request probes or hits, and keeps its keyed hash. */
export class TargetFinder {
  private readonly view: RecordView;
  private readonly plan: FieldPlan;
  private readonly accounts: AccountBook;
  readonly pool: HashedPool;
  /** the target of the event in hand in `pool`, -1 none */
  id = -1;
  /** hash of the run of neighbouring values, 0 none */
  run = 0;
  /** events by target field */
  readonly events: Float64Array;

  constructor(view: RecordView, plan: FieldPlan, accounts: AccountBook, pool: HashedPool) {
    this.view = view;
    this.plan = plan;
    this.accounts = accounts;
    this.pool = pool;
    this.events = new Float64Array(plan.targetNames.length);
  }

  clear(): void {
    this.id = -1;
    this.run = 0;
  }

  /**
   * Looks at the logged fields, unless the query had a target. A guessed field that only repeats the account's own name
   * is none, except where the request is about identities (login, registration, code).
   */
  findLogged(account: number, flags: number): void {
    const { view, plan } = this;
    for (let i = 0; i < plan.targetSlots.length && this.id < 0; i++) {
      const slot = plan.targetSlots[i];
      if (view.kinds[slot] === 0 || !view.has(slot)) continue;
      if (plan.targetsGuessed && (flags & IDENTIFYING) === 0 && this.isAccount(slot, account)) continue;
      this.take(view.starts[slot], view.ends[slot], i);
    }
  }

  private isAccount(slot: number, account: number): boolean {
    if (account < 0) return false;
    const { view } = this;
    const text = this.accounts.pool.bytesOf(account);
    const start = view.starts[slot];
    if (text.length !== view.ends[slot] - start) return false;
    for (let i = 0; i < text.length; i++) if (text[i] !== view.workspace.bytes[start + i]) return false;
    return true;
  }

  /** Takes the value in bytes[start, end) as the target; `field`: index of the field that gave it. */
  take(start: number, end: number, field: number): void {
    const { workspace } = this.view;
    const { pool } = this;
    const length = normalise(workspace, start, end);
    if (length === 0) return;
    const to = workspace.scratch;
    const from = to - Math.abs(length);
    const id = pool.find(workspace.view, workspace.bytes, from, to);
    if (id < 0) return;
    if (pool.isNew && length < 0) pool.run[id] = pool.hash(workspace.bytes, from, to - RUN_DIGITS);
    this.id = id;
    this.run = pool.run[id];
    this.events[field]++;
  }
}

/**
 * Puts a target's normal form into scratch: trimmed, lower case; a phone number as its digits alone, without 00 and
 * without the 86 before eleven digits. Returns its length, negative for a phone number, 0 for nothing.
 */
function normalise(workspace: Workspace, start: number, end: number): number {
  const { bytes } = workspace;
  while (start < end && bytes[start] <= 0x20) start++;
  while (end > start && bytes[end - 1] <= 0x20) end--;
  if (end - start > MAX_VALUE) end = start + MAX_VALUE;
  if (end === start || (end - start === 1 && bytes[start] === 0x2d) || !workspace.hasRoom(end - start)) return 0;
  let digits = 0;
  let phone = true;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c >= 0x30 && c <= 0x39) digits++;
    else if (c !== 0x2b && c !== 0x20 && c !== 0x2d && c !== 0x28 && c !== 0x29 && c !== 0x2e) phone = false;
  }
  phone &&= digits >= PHONE_MIN && digits <= PHONE_MAX;
  const from = workspace.scratch;
  let to = from;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (!phone) bytes[to++] = c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
    else if (c >= 0x30 && c <= 0x39) bytes[to++] = c;
  }
  if (phone) {
    let skip = bytes[from] === 0x30 && bytes[from + 1] === 0x30 ? 2 : 0;
    const at = from + skip;
    if (to - at === 13 && bytes[at] === 0x38 && bytes[at + 1] === 0x36 && bytes[at + 2] === 0x31) skip += 2;
    bytes.copyWithin(from, from + skip, to);
    to -= skip;
  }
  workspace.scratch = to;
  return phone ? from - to : to - from;
}
