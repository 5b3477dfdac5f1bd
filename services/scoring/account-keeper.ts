import type { Candidate, Sample, ScoreReport } from '../../models/candidate.ts';
import { packReport } from '../../models/candidate.ts';
import type { SharedKnowledge } from '../../models/shared.ts';
import type { ClosedWindow } from '../../models/windows.ts';
import { ACCOUNT_FEATURES, ACCOUNT_ROLLING, featureIndex, ROLLING_SIZES } from '../../models/windows.ts';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import { FLAG, IDENTITY_ORIGINS, TRAIT_SHIFT } from '../core/batch.ts';
import type { Emit } from '../core/stage.ts';
import { DAY, MINUTE } from '../core/watermark.ts';
import { AccountCloser } from '../features/account-close.ts';
import { AccountTenant, ORIGIN_SHIFT, ROLES, SHARED_MARK } from '../features/account-tenant.ts';
import { HourRows } from '../features/hour-rows.ts';
import { sliceEnd, sliceOf } from '../features/looks.ts';
import { PartialPacker } from '../features/partials.ts';
import { AccountLooks } from './account-looks.ts';
import { AccountMinutes } from './account-minutes.ts';
import { KnownNames } from './known-names.ts';
import type { PaneKeeper } from './pane-clock.ts';
import { RequestMemory } from './request-memory.ts';
import type { ViewStageConfig } from './tenant-settings.ts';
import { contractEnds, tenantTime } from './tenant-settings.ts';
import type { ViewScoring, ViewScoringOptions } from './view-scoring.ts';
import { createViewScoring } from './view-scoring.ts';

const ROLLING_COLUMNS = Int32Array.from(ACCOUNT_ROLLING, (name) => featureIndex(ACCOUNT_FEATURES, name));
/** Rows of the windows table are handed on in pieces of about this size, bytes. */
const ROWS_BYTES = 512 * 1024;
/** Hours after which what no open pane can refer to is forgotten. */
const SWEEP_HOURS = 6;
/** Days without events after which an account is forgotten: those that only a source stands for, and all others. */
const FORGET_DAYS = { anonymous: 8, account: 60 } as const;
/** How sure an identity of this origin is. */
export const CONFIDENCE: Record<(typeof IDENTITY_ORIGINS)[number], number> = {
  consumer: 0.98, // the gateway has let this one in
  certificate: 0.95,
  jwt_verified: 0.95,
  api_key: 0.95,
  jwt: 0.8, // read only: whether the gateway has checked it the log does not say
  remote_user: 0.9,
  host: 0.9,
  session: 0.8,
  cookie: 0.7,
  header: 0.6,
  login_field: 0.5,
  address: 0.3,
};

/** One tenant in one account task: closes its panes, scores them, and packs what interfaces, sources and targets get. */
export class AccountKeeper implements PaneKeeper {
  readonly tenant: string;
  readonly state: AccountTenant;
  readonly requests = new RequestMemory();
  readonly rows = new HourRows(ACCOUNT_ROLLING.length);
  readonly scoring: ViewScoring;
  readonly closer: AccountCloser;
  readonly panes;
  private readonly calendar;
  private readonly packer: PartialPacker;
  private readonly tsv = new TsvWriter();
  private readonly out: Emit[];
  private readonly provisional: (end: number) => boolean;
  private readonly window: ClosedWindow;
  private readonly minutes: AccountMinutes;
  private readonly names: KnownNames;
  private readonly looks: AccountLooks;
  /** ends of contracts by account, where the tenant's config has any */
  private readonly contractEnd: ReturnType<typeof contractEnds>;
  /** someone looks at windows by name */
  private readonly observed: boolean;
  private lastSweep = 0;

  constructor(tenant: string, config: ViewStageConfig, learned: ViewScoringOptions, out: Emit[], provisional: (end: number) => boolean) {
    const { panes, calendar } = tenantTime(config, tenant);
    this.tenant = tenant;
    this.panes = panes;
    this.calendar = calendar;
    this.state = new AccountTenant(panes);
    this.closer = new AccountCloser(this.state);
    this.names = new KnownNames(tenant, learned.documented);
    this.observed = learned.observe !== undefined;
    this.scoring = createViewScoring('account', learned);
    this.contractEnd = contractEnds(config, tenant);
    this.out = out;
    this.provisional = provisional;
    this.packer = new PartialPacker(tenant, config.nextPartitions, (partition, value) =>
      out.push({ output: 'partials', tenant, partition, value }),
    );
    const shared = { tenant, key: '', slot: 0, start: 0, calendar: calendar.at(0), firstSeen: 0, activeDays: 0, flags: 0 };
    this.window = {
      ...shared,
      view: 'account',
      end: 0,
      partial: false,
      values: new Float64Array(ACCOUNT_FEATURES.length),
      rolling: new Float64Array(ROLLING_SIZES.length * ACCOUNT_ROLLING.length),
      newCountries: this.closer.newCountries,
      freshCountries: this.closer.freshCountries,
      homeCountries: this.closer.homeCountries,
    };
    this.minutes = new AccountMinutes({
      tenant,
      state: this.state,
      scoring: this.scoring,
      calendar,
      packer: this.packer,
      renewIfOverdue: (account, pane, day) => this.renewIfOverdue(account, pane, day),
      finish: (candidate, account) => {
        // which other events of the hour are here already is chance: the traits of the samples have to do
        this.identify(candidate, account, this.state.roles[account], traitsOf(candidate.samples), candidate.evidence);
        candidate.provisional = this.provisional(candidate.firedAt);
      },
    });
    this.looks = new AccountLooks({
      tenant,
      state: this.state,
      closer: this.closer,
      scoring: this.scoring,
      calendar,
      packer: this.packer,
      window: this.window,
      renewIfOverdue: (account, pane, day) => this.renewIfOverdue(account, pane, day),
      describe: (pane, account, hour) => this.describeRunning(pane, account, hour),
      enrich: (candidate, pane, account) => this.enrichHour(candidate, pane, account, !this.provisional(candidate.firedAt)),
    });
  }

  nextHour(target: number): number | undefined {
    const first = this.state.firstHour;
    return first !== undefined && this.panes.hourStart(first) < target ? first : undefined;
  }

  knowledge(bytes: Uint8Array): void {
    const knowledge = JSON.parse(new TextDecoder().decode(bytes)) as SharedKnowledge;
    this.scoring.shared(this.tenant, knowledge);
    if (this.names.take(knowledge)) this.state.aliases.take(this.names.current);
  }

  closeMinutes(hour: number, from: number, until: number): void {
    const start = Math.floor(this.panes.hourStart(hour) / MINUTE);
    for (let number = from; number < until; ) {
      const slice = sliceOf(hour, number - start);
      const mark = start + sliceEnd(slice);
      this.state.settle(slice);
      this.closeEachMinute(hour, number, Math.min(mark, until));
      if (mark <= until && mark < start + 60) this.look(hour, mark);
      number = mark;
    }
    this.send(this.scoring.flushCounts(this.tenant, this.panes.hourStart(hour)));
  }

  private closeEachMinute(hour: number, from: number, until: number): void {
    for (const number of this.state.minuteNumbers()) {
      if (number < from || number >= until) continue;
      this.minutes.close(hour, number);
      this.report(number * MINUTE, true);
      this.state.closeMinute(number);
    }
  }

  private look(hour: number, mark: number): void {
    this.looks.at(hour, mark);
    this.report((mark - 1) * MINUTE, true);
  }

  private report(start: number, minute: boolean): void {
    this.send(this.scoring.flush(this.tenant, start, minute));
  }

  private send(report: ScoreReport | undefined): void {
    if (report !== undefined) this.out.push({ output: 'candidates', tenant: this.tenant, value: packReport(report) });
  }

  /** Names the account, or the source that stands in for it. */
  private identify(candidate: Candidate, account: number, marks: number, traits: number, weight: number): void {
    const id = this.state.accounts.text(account);
    const anonymous = (marks & FLAG.anonymous) !== 0 && marks >>> (ORIGIN_SHIFT + 1) === 0;
    const origin = anonymous ? 'address' : originOf(marks);
    candidate.entity = { kind: anonymous ? 'source' : 'account', id };
    candidate.flags = flagsOf(marks, traits);
    candidate.identity = { origin, confidence: CONFIDENCE[origin] };
    candidate.actors = [{ kind: anonymous ? 'source' : 'account', id, weight }];
    candidate.actorCount = 1;
  }

  closeHour(hour: number): void {
    const t = this.state;
    const w = this.window;
    const calendar = this.calendar.at(hour);
    const start = this.panes.hourStart(hour);
    const end = this.panes.hourStart(hour + 1);
    const final = !this.provisional(end);
    w.start = start;
    w.end = end;
    w.calendar = calendar;
    w.partial = !final;
    for (const pane of t.accountPanes.panesOf(hour)) {
      const account = t.accountPanes.key[pane];
      this.renewIfOverdue(account, pane, calendar.day);
      this.closer.close(pane, calendar.day, w.values);
      this.rows.push(account, hour, w.values, ROLLING_COLUMNS, w.rolling);
      w.slot = account;
      // hosts are looked up among the known servers
      w.key = this.observed || (t.accountPanes.marks[pane] & FLAG.flow) !== 0 ? t.accounts.text(account) : '';
      if (this.contractEnd !== undefined) w.contractEnd = this.contractEnd(t.accounts.text(account));
      w.firstSeen = t.firstSeen[account];
      w.activeDays = t.activeDays[account] - 1;
      w.flags = flagsOf(t.accountPanes.marks[pane] | (t.roles[account] & SHARED_MARK), t.accountPanes.traits[pane]);
      this.scoring.closeHour(w, (candidate) => this.enrichHour(candidate, pane, account, final));
      appendWindowRow(this.tsv, {
        tenant: this.tenant,
        view: 'account',
        size: '1h',
        key: t.accounts.text(account),
        start,
        end,
        final,
        values: w.values,
      });
      t.cells.clear(pane);
      if (this.tsv.length >= ROWS_BYTES) this.flushRows();
    }
    this.report(start, false);
    this.packPanes(hour);
    this.looks.forget(hour);
    t.accountPanes.closeHour(hour);
    if (hour - this.lastSweep >= SWEEP_HOURS) this.sweep(hour, calendar.day);
  }

  /** What `closeHour` says of a window besides its values, for a look. */
  private describeRunning(pane: number, account: number, hour: number): void {
    const t = this.state;
    const w = this.window;
    const marks = t.accountPanes.marks[pane];
    this.rows.sumWith(account, hour, w.values, ROLLING_COLUMNS, w.rolling);
    w.slot = account;
    w.key = (marks & FLAG.flow) !== 0 ? t.accounts.text(account) : '';
    if (this.contractEnd !== undefined) w.contractEnd = this.contractEnd(t.accounts.text(account));
    w.firstSeen = t.firstSeen[account];
    w.activeDays = t.activeDays[account] - (t.lastDay[account] === w.calendar.day ? 1 : 0);
    w.flags = flagsOf(marks | this.sharedMark(account, marks), t.accountPanes.traits[pane]);
  }

  /** The mark of an address that many people share: of one that was just looked at as it is now, else as it was. */
  private sharedMark(account: number, marks: number): number {
    if ((marks & FLAG.anonymous) === 0) return this.state.roles[account] & SHARED_MARK;
    return this.closer.sharedNow ? SHARED_MARK : 0;
  }

  private enrichHour(candidate: Candidate, pane: number, account: number, final: boolean): void {
    const t = this.state;
    candidate.related = this.closer.leadingInterfaces(5).map((iface) => ({ kind: 'interface', id: t.interfaces.text(iface) }));
    candidate.samples = t.accountPanes.samples.of(pane).map((sample) => t.describe(sample));
    const marks = t.accountPanes.marks[pane] | this.sharedMark(account, t.accountPanes.marks[pane]);
    this.identify(candidate, account, marks, t.accountPanes.traits[pane], candidate.evidence);
    candidate.provisional = !final;
  }

  private packPanes(hour: number): void {
    const t = this.state;
    if (!t.aliases.none) this.foldPanes(hour);
    for (const pane of t.interfacePanes.panesOf(hour)) {
      const id = t.interfacePanes.key[pane];
      if (t.aliases.of(id) !== id) continue;
      const writer = this.packer.beginPane('interface', hour, t.interfaces, id, t.interfaceFlags[id]);
      t.interfacePanes.write(pane, writer);
      this.closer.tops.write(pane, writer, (account) => t.accounts.keyBytes(account));
      this.closer.tops.clear(pane);
    }
    t.interfacePanes.closeHour(hour);
    for (const pane of t.sourcePanes.panesOf(hour)) {
      t.sourcePanes.write(pane, this.packer.beginPane('source', hour, t.addresses, t.sourcePanes.key[pane], t.sourcePanes.marks[pane]));
    }
    t.sourcePanes.closeHour(hour);
    for (const pane of t.targetPanes.panesOf(hour)) {
      t.targetPanes.write(pane, this.packer.beginPane('target', hour, t.targets, t.targetPanes.key[pane], 0));
    }
    t.targetPanes.closeHour(hour);
  }

  /** Panes of interfaces that are counted under another become part of its pane; every sample names what it is counted under. */
  private foldPanes(hour: number): void {
    const t = this.state;
    for (const pane of [...t.interfacePanes.panesOf(hour)]) {
      t.aliasSamples(t.interfacePanes, pane);
      const id = t.interfacePanes.key[pane];
      const alias = t.aliases.of(id);
      if (alias !== id) t.foldInterface(pane, alias);
    }
    for (const panes of [t.sourcePanes, t.targetPanes]) for (const pane of panes.panesOf(hour)) t.aliasSamples(panes, pane);
  }

  /** Forgets keys that nothing refers to, and accounts that have been quiet for long. */
  private sweep(hour: number, day: number): void {
    this.lastSweep = hour;
    const t = this.state;
    t.sweep(hour - SWEEP_HOURS);
    for (const account of t.accounts.ids()) {
      if (t.accountPanes.hasOpen(account)) continue;
      // without a day: named by a restored sample only
      const never = t.lastDay[account] < 0 && t.firstSeen[account] < this.panes.hourStart(hour) - 2 * DAY;
      if (never || this.overdue(account, day)) this.forget(account);
    }
  }

  /** Quiet for so long that nothing it did before counts. */
  private overdue(account: number, day: number): boolean {
    const { lastDay, roles } = this.state;
    if (lastDay[account] < 0) return false;
    return day - lastDay[account] >= ((roles[account] & FLAG.anonymous) !== 0 ? FORGET_DAYS.anonymous : FORGET_DAYS.account);
  }

  /**
   * An overdue account that comes back starts anew, whether a sweep has already taken its slot or not: sweeps free
   * memory, and when they run must not be seen in a result.
   */
  private renewIfOverdue(account: number, pane: number, day: number): void {
    if (!this.overdue(account, day)) return;
    this.state.renewAccount(account, this.state.firstEventOf(pane));
    this.rows.clear(account);
    this.scoring.clear(account);
  }

  private forget(account: number): void {
    this.state.forgetAccount(account);
    this.rows.clear(account);
    this.scoring.clear(account);
  }

  private flushRows(): void {
    if (this.tsv.length > 0) this.out.push({ output: 'windows', tenant: this.tenant, value: this.tsv.take() });
  }

  flush(): void {
    this.packer.flush();
    this.flushRows();
  }
}

/** FLAG bits of a pane: the account's roles, and what is known of its addresses. */
function flagsOf(marks: number, traits: number): number {
  return (marks & ROLES) | (traits << TRAIT_SHIFT) | ((marks & SHARED_MARK) === 0 ? 0 : FLAG.shared);
}

function traitsOf(samples: readonly Sample[]): number {
  return samples.reduce((all, { traits }) => all | (traits ?? 0), 0);
}

/**
 * The least sure of the origins among a pane's marks, the address aside: any of its events may be what the alert is about,
 * so that it is as sure as the weakest evidence for one of them.
 */
function originOf(marks: number): (typeof IDENTITY_ORIGINS)[number] {
  let weakest: (typeof IDENTITY_ORIGINS)[number] | undefined;
  IDENTITY_ORIGINS.forEach((origin, index) => {
    if (origin === 'address' || (marks & (1 << (ORIGIN_SHIFT + index))) === 0) return;
    if (weakest === undefined || CONFIDENCE[origin] < CONFIDENCE[weakest]) weakest = origin;
  });
  return weakest ?? 'address';
}
