import { splitBudget } from '../../models/calibration/budget.ts';
import { fusedEvidence, fusionBonus } from '../../models/calibration/fusion.ts';
import type { Exceedances } from '../../models/calibration/tail.ts';
import { evidenceAt } from '../../models/calibration/tail.ts';
import type { CalibrationState } from '../../models/calibration/tenant-calibration.ts';
import { TenantCalibration } from '../../models/calibration/tenant-calibration.ts';
import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import type { Detector } from '../../models/detector.ts';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { BASELINE_JUDGE, type Judge } from '../../models/learned/judge.ts';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import { atMost } from '../../models/severity.ts';
import type { View } from '../../models/windows.ts';
import type { AlertRecord, IncidentRecord, Severity, WindowSize } from '../../schemas/alert.ts';
import { FLAG } from '../core/batch.ts';
import { Panes } from '../core/window.ts';
import type { AlertConfig, TenantAlertConfig } from './alert-config.ts';
import { tenantAlertConfig } from './alert-config.ts';
import { alertRecord, namesOddity } from './alert-record.ts';
import type { CompanionsState } from './companions.ts';
import { Companions } from './companions.ts';
import type { HoldsState } from './holds.ts';
import { Holds } from './holds.ts';
import type { IncidentBookState } from './incidents.ts';
import { IncidentBook } from './incidents.ts';
import type { MarksState } from './marks.ts';
import { Marks } from './marks.ts';
import type { WaitingPane } from './report-queue.ts';
import type { SuccessorsState } from './successors.ts';
import { Successors } from './successors.ts';

export interface TenantAlertsState {
  calibration: CalibrationState;
  companions: CompanionsState;
  holds: HoldsState;
  marks: MarksState;
  successors: SuccessorsState;
  incidents: IncidentBookState;
}

export interface Raisings {
  alerts: AlertRecord[];
  incidents: IncidentRecord[];
}

/** Evidence that a list of threats adds where severity is judged, decades; whether an alert is raised does not hang on it. */
const THREAT_RAISE = 2;

/** Clean days of a tenant from which on a trained scorer alone may raise an alert. */
const KNOWN_DAYS = 3;

/** Days after its alert on which a condition may last unseen: tasks send a lasting one again only when it grows. */
const LASTS_DAYS: Readonly<Record<WindowSize, number>> = { '1m': 1, '1h': 1, '6h': 1, '1d': 1, '3d': 3, '7d': 7 };

/** Counters of the stage that verdicts add to. */
export interface VerdictCounts {
  candidates: number;
  alerts: number;
  continued: number;
  marked: number;
  population_shift: number;
  /** verdicts of trained scorers alone, in a tenant's first days or without a reason that is odd by itself */
  unseconded: number;
}

/** Views whose population can shift as a whole. Sources and targets are made up by who attacks: many at once are an attack, not everyone. */
const SHIFTING_VIEWS: ReadonlySet<View> = new Set<View>(['account', 'interface']);

interface Pending {
  candidate: Candidate;
  entity: string;
  /** factor by which the whole population is raised in its pane */
  raise: number;
  exceedances: number;
}

/**
 * Calibration, verdicts, alerts and incidents of one tenant. `pane` takes all views' panes that end together, in order
 * of time; `pass` is told of every hour that ended.
 */
export class TenantAlerts {
  readonly panes: Panes;
  private readonly tenant: string;
  private readonly settings: TenantAlertConfig;
  private readonly config: AlertConfig;
  private readonly detectors: ReadonlyMap<string, Detector>;
  private readonly counts: VerdictCounts;
  private readonly models: ReadonlyMap<string, LearnedModels>;
  private calibration = new TenantCalibration();
  private readonly companions = new Companions();
  private readonly holds = new Holds();
  private readonly marks = new Marks();
  private readonly successors = new Successors();
  private readonly book: IncidentBook;

  constructor(
    tenant: string,
    config: AlertConfig,
    detectors: ReadonlyMap<string, Detector>,
    models: ReadonlyMap<string, LearnedModels>,
    counts: VerdictCounts,
  ) {
    this.tenant = tenant;
    this.models = models;
    this.config = config;
    this.settings = tenantAlertConfig(config, tenant);
    this.panes = new Panes(this.settings.timeZone);
    this.detectors = detectors;
    this.counts = counts;
    this.book = new IncidentBook(tenant, detectors);
  }

  /** Panes that end together, merged over tasks, minutes first. `provisional`: they are flushed by a provisional end of the input. */
  pane(group: readonly WaitingPane[], configVersion: string, provisional: boolean): Raisings {
    const pending: Pending[] = [];
    const end = group[0].end;
    const hour = this.panes.hourOf(end - 1);
    const day = this.panes.local(hour).day;
    this.calibration.begin(hour, day);
    const raises = group.map(({ report }) => this.learn(report, end, hour, day));
    const shares = this.shares();
    for (const [i, { report }] of group.entries()) this.weigh(report, raises[i], shares, pending);
    for (const { entity, candidate, exceedances } of pending) this.companions.note(entity, candidate, exceedances);
    pending.sort(compareVerdicts);
    const shifts = new Map<string, { start: number; count: number }>();
    for (const verdict of pending)
      this.judge(verdict, shares.get(verdict.candidate.detector) ?? 0, day, configVersion, provisional, shifts);
    for (const [name, { start, count }] of [...shifts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.book.shift(this.detectors.get(name) as Detector, start, end, end + this.settings.lateness, count, !provisional);
    }
    return this.book.commit(configVersion, false);
  }

  /** An hour of the tenant has ended, with or without reports. */
  pass(hour: number, configVersion: string): IncidentRecord[] {
    const end = this.panes.hourStart(hour + 1);
    this.calibration.pass(hour, this.panes.local(hour).day);
    this.companions.prune(end);
    this.holds.prune(end);
    this.marks.prune(end);
    return this.book.close(end, configVersion);
  }

  /** The end of the input: everything that has changed since it was last told. */
  flush(configVersion: string): IncidentRecord[] {
    return this.book.commit(configVersion, true).incidents;
  }

  /** Returns false when the incident is not known (never raised, or long gone). */
  feedback(incident: string, mark: 'attack' | 'benign' | 'expected', until: number): boolean {
    const raised = this.book.raisedBy(incident);
    if (raised === undefined) return false;
    if (mark === 'attack') this.marks.remove(raised);
    else this.marks.add(raised, until);
    return true;
  }

  /** Evidence from which a detector fires for an ordinary entity now; for `weir doctor` and tests. */
  threshold(detector: string): number {
    const share = this.shares().get(detector) ?? 0;
    return evidenceAt(this.calibration.exceedances(detector, share), share);
  }

  get openIncidents(): number {
    return this.book.openCount;
  }

  toJSON(): TenantAlertsState {
    return {
      calibration: this.calibration.toJSON(),
      companions: this.companions.toJSON(),
      holds: this.holds.toJSON(),
      marks: this.marks.toJSON(),
      successors: this.successors.toJSON(),
      incidents: this.book.toJSON(),
    };
  }

  restore(state: TenantAlertsState): void {
    this.calibration = TenantCalibration.from(state.calibration);
    this.companions.restore(state.companions);
    this.holds.restore(state.holds);
    this.marks.restore(state.marks);
    this.successors.restore(state.successors);
    this.book.restore(state.incidents);
  }

  /** Learns a report's histograms; returns per detector the factor by which its whole population is raised in this pane. */
  private learn(report: ScoreReport, end: number, hour: number, day: number): Map<string, number> {
    for (const candidate of report.candidates) {
      if (!this.detectors.has(candidate.detector)) throw new Error(`candidate of unknown detector ${candidate.detector}`);
      this.calibration.note(day, candidate.detector, entityKey(candidate), candidate.evidence);
    }
    if (report.minute) return this.minuteRaises(report, end);
    this.successors.learn(report);
    return this.calibration.absorb(hour, day, report.histograms, report.pane, SHIFTING_VIEWS.has(report.view));
  }

  /** Looks the candidates of a report up in the tails. */
  private weigh(report: ScoreReport, raises: Map<string, number>, shares: Map<string, number>, pending: Pending[]): void {
    const tails = new Map<string, Exceedances>();
    for (const candidate of report.candidates) {
      const { detector } = candidate;
      let tail = tails.get(detector);
      if (tail === undefined) tails.set(detector, (tail = this.calibration.exceedances(detector, shares.get(detector) ?? 0)));
      const raise = raises.get(detector) ?? 1;
      this.counts.candidates++;
      pending.push({ candidate, entity: entityKey(candidate), raise, exceedances: tail(candidate.evidence / raise) });
    }
  }

  private minuteRaises(report: ScoreReport, end: number): Map<string, number> {
    if (!SHIFTING_VIEWS.has(report.view)) return new Map();
    const byDetector = new Map<string, [string, number][]>();
    for (const candidate of report.candidates) {
      let list = byDetector.get(candidate.detector);
      if (list === undefined) byDetector.set(candidate.detector, (list = []));
      list.push([entityKey(candidate), candidate.evidence]);
    }
    const raises = new Map<string, number>();
    for (const [detector, list] of byDetector) {
      const looked = Object.hasOwn(report.pane, detector) ? this.calibration.lookRaise(detector, report.pane[detector]) : 1;
      const raise = Math.max(looked, this.calibration.minuteRaise(detector, end, list));
      if (raise > 1) raises.set(detector, raise);
    }
    return raises;
  }

  private shares(): Map<string, number> {
    const known = this.calibration.days > 0;
    const entries = [];
    for (const detector of this.detectors.values()) {
      if (detector.supporting === true || (known && !this.calibration.seen(detector.name))) continue;
      const set = this.settings.sensitivity;
      const wanted = set !== undefined && Object.hasOwn(set, detector.name) ? set[detector.name] : 1;
      const sensitivity = wanted * (detector.share ?? 1);
      entries.push({
        name: detector.name,
        sensitivity,
        informational: detector.informational === true,
      });
    }
    return splitBudget(this.settings.alertBudget, entries);
  }

  private judge(
    verdict: Pending,
    share: number,
    day: number,
    configVersion: string,
    provisional: boolean,
    shifts: Map<string, { start: number; count: number }>,
  ): void {
    const { candidate, entity, raise } = verdict;
    const detector = this.detectors.get(candidate.detector) as Detector;
    if (detector.supporting === true) return;
    const standsIn = candidate.view === 'account' && candidate.entity.kind === 'source';
    const mobile = candidate.entity.kind === 'source' && (candidate.flags & FLAG.mobile) !== 0;
    // what all the people behind one address do together, a carrier's or an office's, is nobody's behaviour
    if (standsIn && (mobile || (candidate.flags & FLAG.shared) !== 0)) return;
    const companions = this.companions.of(entity, candidate);
    // the account and the interface of one window are two views of the same events, each with its own past
    const bonus = fusionBonus(exceedancesOf(companions), exceedancesOf(this.companions.linked(candidate)));
    const allowed = share * this.overrideFactor(candidate) * 10 ** bonus;
    const unraised = evidenceAt(this.calibration.exceedances(candidate.detector, share), allowed);
    const threshold = Math.max(unraised * raise, detector.gate);
    if (candidate.evidence < threshold) {
      if (raise > 1 && candidate.evidence >= unraised) {
        this.counts.population_shift++;
        const before = shifts.get(detector.name);
        shifts.set(detector.name, { start: Math.min(before?.start ?? candidate.start, candidate.start), count: (before?.count ?? 0) + 1 });
      }
      return;
    }
    const judge = this.judgeOf(candidate, detector);
    // what a model of other tenants says of a tenant of which nothing is known yet wants a second opinion; later, something to look at
    const unseconded = () => companions.every((companion) => this.detectors.get(companion.detector)?.learned !== undefined);
    const vague = () => this.calibration.days < KNOWN_DAYS || !namesOddity(candidate, judge.judge(candidate.terms));
    if (detector.learned !== undefined && unseconded() && vague()) {
      this.counts.unseconded++;
      return;
    }
    if (detector.informational !== true)
      this.calibration.quarantine(day, entity, candidate.detector, candidate.evidence, threshold, LASTS_DAYS[candidate.size]);
    if (this.marks.hides(detector.name, entity, candidate.firedAt)) {
      this.counts.marked++;
      return;
    }
    const final = !(provisional || candidate.provisional);
    const continued = this.holds.continues(entity, candidate);
    if (continued !== undefined) {
      this.counts.continued++;
      if (this.book.extend(continued.alert, candidate, judge.judge(candidate.terms).score, final) || continued.quiet) return;
    }
    const strongestOfEach = new Map<string, number>([[candidate.detector, candidate.evidence]]);
    for (const companion of companions) strongestOfEach.set(companion.detector, companion.evidence);
    // a release that retires an interface is no stop: everyone has gone on to the next one
    const successor = isSilence(candidate, judge) ? this.successors.of(candidate.entity.id, candidate.end) : undefined;
    const informational = detector.informational === true || successor !== undefined;
    const known = (candidate.flags & FLAG.threat) !== 0 ? THREAT_RAISE : 0;
    const rule: Severity = informational ? 'info' : detector.severity(fusedEvidence([...strongestOfEach.values()]) + known);
    // an address that stands in for an account, or is a carrier's, may be thousands of people: what it does as "one" is never worse than medium
    const severity = standsIn || mobile ? atMost(rule, 'medium') : rule;
    const alert = alertRecord(this.tenant, candidate, {
      detector,
      judge,
      threshold,
      severity,
      final,
      lateness: this.settings.lateness,
      model: candidate.model === undefined ? this.config.model : { name: detector.learned as string, version: candidate.model },
      configVersion,
      note: successor !== undefined ? `, replaced by ${successor}` : mobile ? ' (a mobile carrier: many people share the address)' : '',
    });
    if (continued !== undefined) {
      this.holds.told(entity, candidate);
      this.book.renew({ ...alert, alert_id: continued.alert }, candidate);
      return;
    }
    this.counts.alerts++;
    this.holds.fire(entity, candidate, alert.alert_id);
    this.book.add(alert, candidate);
  }

  /** What made the candidate's evidence: the baselines, or the scorer of the bundle that judged it. */
  private judgeOf({ model, view }: Candidate, detector: Detector): Judge {
    if (model === undefined) return BASELINE_JUDGE;
    const judge = detector.learned === undefined ? undefined : this.models.get(model)?.judge(view as LearnedView, detector.learned);
    if (judge === undefined)
      throw new Error(`candidate of ${detector.name} was judged by model ${model}, which the alert stage does not have`);
    return judge;
  }

  private overrideFactor(candidate: Candidate): number {
    let factor = 1;
    for (const override of this.settings.overrides ?? []) {
      if (override.entity.kind !== candidate.entity.kind || override.entity.id !== candidate.entity.id) continue;
      if (override.detector !== undefined && override.detector !== candidate.detector) continue;
      if (override.until !== undefined && candidate.firedAt >= override.until) continue;
      factor *= override.factor;
    }
    return factor;
  }
}

/** The canonical order of verdicts that are due together: time, strongest first, detector, entity, window. */
function compareVerdicts(a: Pending, b: Pending): number {
  const x = a.candidate;
  const y = b.candidate;
  return (
    x.firedAt - y.firedAt ||
    y.evidence - x.evidence ||
    compareText(x.detector, y.detector) ||
    compareText(a.entity, b.entity) ||
    x.start - y.start ||
    x.end - y.end
  );
}

/** Whether the strongest that a window says is that too little comes. */
function isSilence({ terms }: Candidate, judge: Judge): boolean {
  const { contributions } = judge.judge(terms);
  return terms[contributions.indexOf(Math.max(...contributions))]?.law.kind === 'floor';
}

function exceedancesOf(companions: readonly { exceedances: number }[]): number[] {
  return companions.map(({ exceedances }) => exceedances);
}

function entityKey(candidate: Candidate): string {
  return `${candidate.entity.kind} ${candidate.entity.id}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
