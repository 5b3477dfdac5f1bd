import type { Candidate } from '../../models/candidate.ts';
import { ONE_ACTOR } from '../../models/shared-source.ts';
import { ACCOUNT_FEATURES, type ClosedWindow, featureIndex } from '../../models/windows.ts';
import { FLAG } from '../core/batch.ts';
import { MINUTE } from '../core/watermark.ts';
import type { AccountCloser } from '../features/account-close.ts';
import { type AccountTenant, WATCHED_MARK } from '../features/account-tenant.ts';
import type { TenantCalendar } from '../features/calendar.ts';
import { LOOK_MINUTES, LOOK_PERIOD, sliceOf, slicePeriod, WATCHED_TAGS } from '../features/looks.ts';
import type { PartialPacker } from '../features/partials.ts';
import { ACCOUNT, ACCOUNT_LOOKED, ACCOUNT_SETS } from '../features/specs.ts';
import type { ViewScoring } from './view-scoring.ts';

const REQUESTS = featureIndex(ACCOUNT_FEATURES, 'requests');
/** An account is looked at again when it has so many requests more. */
const LOOK_EVENTS = 3;
/** What an account's hour must have reached to be worth a look: less is nothing that a detector would fire at. */
const WORTH = {
  exports: 2,
  bytes: 5_000 * 1024,
  records: 200,
  sensitive: 5,
  errors: 5,
  foreign: 20 * 1024 * 1024,
  unanswered: 30,
  objects: 15,
  interfaces: 15,
} as const;

export interface AccountLooksDeps {
  tenant: string;
  state: AccountTenant;
  closer: AccountCloser;
  scoring: ViewScoring;
  calendar: TenantCalendar;
  packer: PartialPacker;
  /** the account window that is filled and scored; shared with the hour's close */
  window: ClosedWindow;
  renewIfOverdue(account: number, pane: number, day: number): void;
  /** fills in who the window is about, `w.values` being there, and what rolls behind it */
  describe(pane: number, account: number, hour: number): void;
  /** names the account, its interfaces and samples on a candidate */
  enrich(candidate: Candidate, pane: number, account: number): void;
}

/** The looks of one tenant in one account task: accounts are judged here, other views' shares go to the merge tasks. */
export class AccountLooks {
  private readonly deps: AccountLooksDeps;

  constructor(deps: AccountLooksDeps) {
    this.deps = deps;
  }

  /** Looks at the running hour at `mark` (minute number), all that came before it being in the hour's panes. */
  at(hour: number, mark: number): void {
    this.accounts(hour, mark);
    this.interfaces(hour, mark);
    const start = this.deps.state.panes.hourStart(hour);
    const slice = sliceOf(hour, mark - LOOK_MINUTES - Math.floor(start / MINUTE));
    this.against(slice, mark, hour);
  }

  /** What was kept of the slices of an hour that is closed. */
  forget(hour: number): void {
    const { sourceSlices, targetSlices } = this.deps.state;
    const from = slicePeriod(sliceOf(hour, 59));
    for (const panes of [sourceSlices, targetSlices])
      for (const period of panes.openPeriods()) if (period >= from && period <= slicePeriod(sliceOf(hour, 0))) panes.closeHour(period);
  }

  private accounts(hour: number, mark: number): void {
    const { state: t, closer, scoring, calendar, window: w } = this.deps;
    const panes = t.accountPanes;
    w.start = t.panes.hourStart(hour);
    w.end = mark * MINUTE;
    w.calendar = calendar.at(hour);
    w.partial = true;
    let away = 0;
    for (const pane of panes.panesOf(hour)) {
      const watched = (panes.marks[pane] & WATCHED_MARK) !== 0;
      const base = pane * panes.stride;
      const requests = panes.counters[base + REQUESTS];
      const hot = requests - panes.counters[base + ACCOUNT_LOOKED] >= LOOK_EVENTS;
      if (!hot && !watched) continue;
      const account = panes.key[pane];
      this.deps.renewIfOverdue(account, pane, w.calendar.day);
      if (hot) panes.counters[base + ACCOUNT_LOOKED] = requests;
      if (!hot || !this.isWorth(pane)) {
        if (watched) closer.lookAtCallers(pane, w.calendar.day, w.values);
        if (hot) away++;
        continue;
      }
      closer.look(pane, w.calendar.day, w.values);
      this.deps.describe(pane, account, hour);
      scoring.look(w, (candidate) => this.deps.enrich(candidate, pane, account));
    }
    if (away > 0) scoring.lookedAway(this.deps.tenant, away);
  }

  private isWorth(pane: number): boolean {
    const { state, closer } = this.deps;
    const panes = state.accountPanes;
    const n = panes.counters;
    const base = pane * panes.stride;
    if (this.maybeShared(pane)) return false;
    return (
      n[base + ACCOUNT.exports] >= WORTH.exports ||
      n[base + ACCOUNT.bytes_out] >= WORTH.bytes ||
      n[base + ACCOUNT.records] >= WORTH.records ||
      n[base + ACCOUNT.sensitive] >= WORTH.sensitive ||
      n[base + ACCOUNT.failures] + n[base + ACCOUNT.refused] + n[base + ACCOUNT.missing] >= WORTH.errors ||
      n[base + ACCOUNT.foreign] >= WORTH.foreign ||
      n[base + ACCOUNT.unanswered] >= WORTH.unanswered ||
      panes.sets.count(panes.list(pane, ACCOUNT_SETS.objects)) >= WORTH.objects ||
      state.cells.count(pane) >= WORTH.interfaces ||
      closer.hasNewDevice(pane)
    );
  }

  /** An address that stands in for an account, and may be many people, which only an hour shows. */
  private maybeShared(pane: number): boolean {
    const panes = this.deps.state.accountPanes;
    if ((panes.marks[pane] & FLAG.anonymous) === 0) return false;
    return panes.distinct(pane, ACCOUNT_SETS.devices) > ONE_ACTOR || panes.distinct(pane, ACCOUNT_SETS.sessions) > ONE_ACTOR;
  }

  /** What is said against such addresses as sources says so too. */
  private markShared(hour: number, period: number): void {
    const { accountPanes, sourceSlices } = this.deps.state;
    const slices = new Map(sourceSlices.panesOf(period).map((pane) => [sourceSlices.key[pane], pane]));
    if (slices.size === 0) return;
    for (const pane of accountPanes.panesOf(hour)) {
      if (!this.maybeShared(pane)) continue;
      const { sets } = accountPanes;
      for (let node = sets.first(accountPanes.list(pane, ACCOUNT_SETS.addresses)); node >= 0; node = sets.after(node)) {
        const slice = slices.get(sets.valueOf(node));
        if (slice !== undefined) sourceSlices.marks[slice] |= FLAG.shared;
      }
    }
  }

  /** Watched interfaces: their events of the hour so far, and the callers that `accounts` has put beside them. */
  private interfaces(hour: number, mark: number): void {
    const { state: t, closer, packer } = this.deps;
    const panes = t.interfacePanes;
    for (const events of panes.panesOf(hour)) {
      const own = panes.key[events];
      if ((t.interfaceFlags[own] & WATCHED_TAGS) === 0) continue;
      const id = t.aliases.of(own);
      if (id !== own) t.interfaceFlags[id] |= t.interfaceFlags[own];
      panes.absorb(panes.open(id, LOOK_PERIOD), events);
    }
    for (const pane of panes.panesOf(LOOK_PERIOD)) {
      const id = panes.key[pane];
      t.aliasSamples(panes, pane);
      const writer = packer.beginLook('interface', mark, t.interfaces, id, t.interfaceFlags[id]);
      panes.write(pane, writer);
      closer.tops.write(pane, writer, (account) => t.accounts.keyBytes(account));
      closer.tops.clear(pane);
    }
    panes.closeHour(LOOK_PERIOD);
  }

  /** What counts against sources and targets since the last mark. */
  private against(slice: number, mark: number, hour: number): void {
    const { state: t, packer } = this.deps;
    const period = slicePeriod(slice);
    this.markShared(hour, period);
    for (const [view, panes, keys] of [
      ['source', t.sourceSlices, t.addresses],
      ['target', t.targetSlices, t.targets],
    ] as const) {
      for (const pane of panes.panesOf(period)) {
        t.aliasSamples(panes, pane);
        panes.write(pane, packer.beginLook(view, mark, keys, panes.key[pane], 0));
      }
      panes.closeHour(period);
    }
  }
}
