import { BatchBuilder, type EventBatch, FLAG, heapString, selectRows } from '../core/batch.ts';
import { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';
import { MINUTE } from '../core/watermark.ts';
import { AccountNames } from './account-names.ts';
import { LoginMinute, type SortedLogins } from './login-minute.ts';
import {
  accountAt,
  FORGOTTEN_AFTER,
  isLogout,
  NOBODY,
  namesForSession,
  releasedBefore,
  SESSION_ORIGIN,
  succeeded,
  UNDECIDED,
} from './session-rules.ts';
import { type Rows, WaitingMinute } from './waiting-minute.ts';

/** Bounds of what a tenant may take in one task; beyond them events are not joined, which is counted. */
export interface SessionLimits {
  /** events that wait: up to 300 bytes each */
  waiting: number;
  /** logins that may still name what comes before them: 20 bytes each */
  logins: number;
  /** sessions that have logged in and are remembered: about 60 bytes each */
  sessions: number;
}

export const SESSION_LIMITS: SessionLimits = { waiting: 1 << 20, logins: 1 << 22, sessions: 1 << 20 };

/** Of a full table of sessions this share stays. */
const KEPT_SHARE = 7 / 8;
/** Minutes between two looks for sessions that are forgotten. */
const SWEEP_EVERY = 60;
const ROLES = FLAG.admin | FLAG.service;

/**
 * The sessions of one tenant in one task: whose they are, and the events that wait to hear it. What is decided, is
 * decided minute by minute as the watermark passes them: of a minute that it has passed, everything has come.
 */
export class TenantSessions {
  readonly tenant: string;
  readonly wait: number;
  /** minutes before this one (a number, since 1970) are over */
  over = 0;
  /** events by source: that wait; that were not joined for want of room */
  readonly held = new Map<string, number>();
  readonly unjoined = { waiting: 0, logins: 0, sessions: 0 };
  readonly accounts = new AccountNames();
  readonly sessions = new KeyTable();
  /** by session: who is logged in, the minute in which it was last seen, logins that are not over */
  account = new Int32Array(128);
  seen = new Int32Array(128);
  private pending = new Uint32Array(128);
  readonly logins = new Map<number, LoginMinute>();
  private loginCount = 0;
  /** events that wait, by minute: before `over` for a login, else for their minute's end */
  readonly minutes = new Map<number, WaitingMinute>();
  private waitingCount = 0;
  private readonly limits: SessionLimits;
  private sweptAt = 0;
  /** where each session's logins lie in the minute that is being looked at */
  private from = new Int32Array(128);
  private to = new Int32Array(128);

  constructor(tenant: string, wait: number, limits = SESSION_LIMITS) {
    this.tenant = tenant;
    this.wait = wait;
    this.limits = limits;
  }

  /** Takes a batch; returns what of it goes on at once, undefined for nothing. */
  take(batch: EventBatch): EventBatch | undefined {
    const { at, session, flags, origin, status } = batch.columns;
    const over = this.over * MINUTE;
    const ids = new Int32Array(batch.heap.count + 1);
    const outs = new Uint8Array(batch.heap.count + 1);
    let staying: Map<number, number[]> | undefined;
    let going: Uint8Array | undefined;
    let room = this.limits.waiting - this.waitingCount;
    for (let row = 0; row < batch.n; row++) {
      if (session[row] === 0 || at[row] < over) continue;
      if (namesForSession(flags[row], origin[row], status[row])) this.login(batch, row, ids);
      if (this.endsSession(batch, row, outs) && succeeded(flags[row], status[row])) {
        this.remember(batch, row, ids, at[row] + 1, NOBODY);
      }
      if ((flags[row] & FLAG.anonymous) === 0) continue;
      if (room-- <= 0) {
        this.unjoined.waiting++;
        continue;
      }
      const minute = Math.floor(at[row] / MINUTE);
      staying ??= new Map();
      const rows = staying.get(minute);
      if (rows === undefined) staying.set(minute, [row]);
      else rows.push(row);
      going ??= new Uint8Array(batch.n).fill(1);
      going[row] = 0;
    }
    if (staying === undefined || going === undefined) return batch;
    let kept = 0;
    for (const [minute, rows] of staying) {
      this.minuteOf(minute).add(batch, Uint32Array.from(rows), rows.length);
      kept += rows.length;
    }
    this.hold(batch.source, kept);
    return kept === batch.n ? undefined : selectRows(batch, going);
  }

  private hold(source: string, by: number): void {
    this.held.set(source, (this.held.get(source) ?? 0) + by);
    this.waitingCount += by;
  }

  minuteOf(minute: number): WaitingMinute {
    let waiting = this.minutes.get(minute);
    if (waiting === undefined) {
      waiting = new WaitingMinute();
      this.minutes.set(minute, waiting);
    }
    return waiting;
  }

  /** Puts events back that waited when a snapshot was taken; `over` has to be what it was then. */
  restoreWaiting(batch: EventBatch): void {
    const byMinute = new Map<number, number[]>();
    for (let row = 0; row < batch.n; row++) {
      const minute = Math.floor(batch.columns.at[row] / MINUTE);
      const rows = byMinute.get(minute);
      if (rows === undefined) byMinute.set(minute, [row]);
      else rows.push(row);
    }
    for (const [minute, rows] of byMinute) {
      const waiting = this.minuteOf(minute);
      waiting.add(batch, Uint32Array.from(rows), rows.length);
      if (minute < this.over) waiting.link();
    }
    this.hold(batch.source, batch.n);
  }

  /** Whether the event's interface is a logout; `outs` remembers it by text: 0 not looked at, 1 no, 2 yes. */
  private endsSession({ columns, heap }: EventBatch, row: number, outs: Uint8Array): boolean {
    const reference = columns.interface[row];
    if (outs[reference] === 0) outs[reference] = isLogout(heapString(heap, reference)) ? 2 : 1;
    return outs[reference] === 2;
  }

  private login(batch: EventBatch, row: number, ids: Int32Array): void {
    const { bytes, ends } = batch.heap;
    const reference = batch.columns.account[row];
    if (reference === 0) return;
    if (this.loginCount >= this.limits.logins) {
      this.unjoined.logins++;
      return;
    }
    const account = this.accounts.use(bytes, ends[reference - 1], ends[reference], batch.columns.flags[row] & ROLES);
    this.remember(batch, row, ids, batch.columns.at[row], account);
  }

  private remember({ columns, heap }: EventBatch, row: number, ids: Int32Array, at: number, account: number): void {
    const reference = columns.session[row];
    if (ids[reference] === 0) ids[reference] = this.sessionOf(heap.bytes, heap.ends[reference - 1], heap.ends[reference]) + 1;
    this.addLogin(ids[reference] - 1, at, columns.content[row], account);
  }

  /** Id of a session, made when new. */
  sessionOf(bytes: Uint8Array, start: number, end: number): number {
    const before = this.sessions.count;
    const id = this.sessions.intern(bytes, start, end);
    if (this.sessions.count === before) return id;
    this.account = roomFor(this.account, id + 1);
    this.seen = roomFor(this.seen, id + 1);
    this.pending = roomFor(this.pending, id + 1);
    this.from = roomFor(this.from, id + 1);
    this.to = roomFor(this.to, id + 1);
    this.account[id] = NOBODY;
    this.seen[id] = 0;
    this.pending[id] = 0;
    this.from[id] = 0;
    this.to[id] = 0;
    return id;
  }

  /** @param account one use of it is the login's from here on */
  addLogin(session: number, at: number, content: number, account: number): void {
    const minute = Math.floor(at / MINUTE);
    let logins = this.logins.get(minute);
    if (logins === undefined) {
      logins = new LoginMinute();
      this.logins.set(minute, logins);
    }
    logins.add(session, at, content, account);
    this.pending[session]++;
    this.loginCount++;
  }

  /** The watermark is `time`: minutes that it has passed are over. Returns what goes on. Infinity: all of them. */
  advance(time: number): EventBatch[] {
    const out: EventBatch[] = [];
    const until = Math.floor(time / MINUTE);
    const due = new Set<number>();
    for (const minute of this.minutes.keys()) if (minute >= this.over && minute < until) due.add(minute);
    for (const minute of this.logins.keys()) if (minute < until) due.add(minute);
    for (const minute of [...due].sort((a, b) => a - b)) this.endMinute(minute, out);
    if (Number.isFinite(until)) this.over = Math.max(this.over, until);
    else for (const minute of due) this.over = Math.max(this.over, minute + 1);
    const released = Number.isFinite(time) ? releasedBefore(time, this.wait) : time;
    for (const [minute, waiting] of [...this.minutes].sort(([a], [b]) => a - b)) {
      if (waiting.left > 0 && (minute + 1) * MINUTE > released) continue;
      for (const { batch, rows, n } of waiting.takeAll()) out.push(this.goingOn(batch, rows, n));
      if (waiting.left === 0 && minute < this.over) this.minutes.delete(minute);
    }
    if (this.over - this.sweptAt >= SWEEP_EVERY || this.sessions.count > this.limits.sessions) this.sweep();
    return out;
  }

  private endMinute(minute: number, out: EventBatch[]): void {
    const logins = this.logins.get(minute);
    const sorted = logins?.sorted((a, b) => this.accounts.compare(a, b));
    if (sorted !== undefined) this.tellEarlier(minute, sorted, out);
    const waiting = this.minutes.get(minute);
    if (waiting !== undefined && waiting.left > 0) this.tellOwn(minute, waiting, sorted, out);
    if (sorted === undefined) return;
    for (let i = 0; i < sorted.size; i++) {
      const session = sorted.sessions[i];
      const isLast = i + 1 === sorted.size || sorted.sessions[i + 1] !== session;
      if (isLast) this.belongsTo(session, sorted.accounts[i], minute);
      else if (sorted.accounts[i] !== NOBODY) this.accounts.drop(sorted.accounts[i]);
      this.pending[session]--;
      this.from[session] = 0;
      this.to[session] = 0;
    }
    this.loginCount -= sorted.size;
    this.logins.delete(minute);
  }

  /** Notes where each session's logins of the minute lie, and tells what waits from earlier minutes of the first of them. */
  private tellEarlier(minute: number, sorted: SortedLogins, out: EventBatch[]): void {
    const earlier = [...this.minutes].filter(([other, { left }]) => other < minute && left > 0).sort(([a], [b]) => a - b);
    for (let from = 0, to = 0; from < sorted.size; from = to) {
      const session = sorted.sessions[from];
      while (to < sorted.size && sorted.sessions[to] === session) to++;
      this.from[session] = from;
      this.to[session] = to;
      this.look(session, minute);
      // whose account is known has nothing that waits
      if (this.account[session] === NOBODY) for (const [, waiting] of earlier) waiting.mark(this.sessions.keyBytes(session));
    }
    for (const [, waiting] of earlier) {
      for (const { batch, rows, n } of waiting.takeMarked()) {
        const accounts = new Int32Array(n);
        for (let i = 0; i < n; i++) accounts[i] = this.tell(batch, rows[i], sorted);
        out.push(this.goingOn(batch, rows, n, accounts));
      }
    }
  }

  /** What waits of the minute itself: told, or left waiting for a login. */
  private tellOwn(minute: number, waiting: WaitingMinute, sorted: SortedLogins | undefined, out: EventBatch[]): void {
    const left: Rows[] = [];
    for (const { batch, rows, n } of waiting.takeAll()) {
      const accounts = new Int32Array(n);
      const stay = new Uint32Array(n);
      let going = 0;
      let staying = 0;
      for (let i = 0; i < n; i++) {
        const account = this.tell(batch, rows[i], sorted, minute);
        if (account === UNDECIDED) stay[staying++] = rows[i];
        else {
          accounts[going] = account;
          rows[going++] = rows[i];
        }
      }
      if (going > 0) out.push(this.goingOn(batch, rows, going, accounts));
      if (staying > 0) left.push({ batch, rows: stay, n: staying });
    }
    this.minutes.delete(minute);
    if (left.length === 0) return;
    const next = this.minuteOf(minute);
    for (const { batch, rows, n } of left) next.add(batch, rows, n);
    next.link();
  }

  /** @param minute the event's own, where it is the one that ends */
  private tell({ columns, heap }: EventBatch, row: number, sorted: SortedLogins | undefined, minute?: number): number {
    const reference = columns.session[row];
    const session = this.sessions.get(heap.bytes, heap.ends[reference - 1], heap.ends[reference]);
    if (session < 0) return UNDECIDED;
    if (minute !== undefined) this.look(session, minute);
    const before = minute === undefined ? NOBODY : this.account[session];
    if (sorted === undefined) return before === NOBODY ? UNDECIDED : before;
    return accountAt(columns.at[row], sorted.times, sorted.accounts, this.from[session], this.to[session], before, this.wait);
  }

  /** Something of the session was in this minute: if it was quiet for long before, it begins anew. */
  private look(session: number, minute: number): void {
    if (this.account[session] !== NOBODY && minute - this.seen[session] > FORGOTTEN_AFTER) this.belongsTo(session, NOBODY, minute);
    this.seen[session] = Math.max(this.seen[session], minute);
  }

  /** @param account one use of it is the session's from here on */
  belongsTo(session: number, account: number, minute: number): void {
    if (this.account[session] !== NOBODY) this.accounts.drop(this.account[session]);
    this.account[session] = account;
    this.seen[session] = Math.max(this.seen[session], minute);
  }

  /** Rows that waited, as they go on: with the accounts that they were told, where they were. */
  private goingOn(batch: EventBatch, rows: Uint32Array, n: number, accounts?: Int32Array): EventBatch {
    this.hold(batch.source, -n);
    const builder = new BatchBuilder(batch.tenant, batch.source, batch.partition, n);
    builder.addRows(batch, rows, n);
    const { account: column, flags, origin } = builder.columns;
    const references = new Map<number, number>();
    for (let row = 0; row < n && accounts !== undefined; row++) {
      const account = accounts[row];
      if (account < 0) continue;
      let reference = references.get(account);
      if (reference === undefined) {
        reference = this.accounts.addTo(builder, account);
        references.set(account, reference);
      }
      column[row] = reference;
      origin[row] = SESSION_ORIGIN;
      flags[row] = ((flags[row] & ~FLAG.anonymous) | this.accounts.roles(account)) >>> 0;
    }
    return builder.build();
  }

  /** Forgets sessions that were not seen for long, and those that were not seen for longest where there are too many. */
  private sweep(): void {
    this.sweptAt = this.over;
    const idle: number[] = [];
    for (const session of this.sessions.ids()) {
      if (this.pending[session] > 0) continue;
      if (this.account[session] === NOBODY || this.over - this.seen[session] > FORGOTTEN_AFTER) this.forget(session);
      else idle.push(session);
    }
    const excess = this.sessions.count - this.limits.sessions;
    if (excess <= 0) return;
    const { hashes } = this.sessions;
    idle.sort((a, b) => this.seen[a] - this.seen[b] || hashes[a] - hashes[b]);
    for (const session of idle.slice(0, Math.ceil(excess + this.limits.sessions * (1 - KEPT_SHARE)))) {
      this.unjoined.sessions++;
      this.forget(session);
    }
  }

  private forget(session: number): void {
    this.belongsTo(session, NOBODY, 0);
    this.sessions.remove(session);
  }
}
