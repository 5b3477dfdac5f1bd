import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import type { Detector } from '../../models/detector.ts';
import { scoreTerms, type Term } from '../../models/evidence.ts';
import { type LearnedView, RowMaker } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import type { LearnedModels } from '../../models/learned/learned-models.ts';
import { priorFrom } from '../../models/population.ts';
import { shippedPrior, type TenantPrior } from '../../models/prior.ts';
import type { SharedKnowledge } from '../../models/shared.ts';
import type { ClosedMinute, ClosedWindow, View } from '../../models/windows.ts';
import type { CalendarHour } from '../core/calendar-hour.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { DayPeaks } from './day-peaks.ts';
import { FiredFlags } from './fired.ts';
import type { Documented } from './known-names.ts';
import type { InForce } from './model-schedule.ts';
import { ReportBuilder } from './report-builder.ts';
import { kitOf, type ViewKit } from './view-kits.ts';

/** Scores the closed windows of one view against baselines, and learns them. One for each task and view. */
export interface ViewScoring {
  /** Scores a closed hour pane against the state before it, then learns it. `enrich` is called for windows above a gate only. */
  closeHour(window: ClosedWindow, enrich: (candidate: Candidate) => void): void;
  /** Scores a running hour that ends at a mark as if it ended there; nothing is learned. By the detectors that declare it. */
  look(window: ClosedWindow, enrich: (candidate: Candidate) => void): void;
  /** So many keys of the tenant were active since the last mark and hold nothing worth a look. */
  lookedAway(tenant: string, keys: number): void;
  /** Account and interface: scores the running hour as its minutes close. Cheap when nothing is unusual. */
  closeMinute(minute: ClosedMinute, enrich: (candidate: Candidate) => void): void;
  /** Whether this interface's baseline expects events in this minute, so that its empty pane must be made and scored. */
  expectsMinute(tenant: string, slot: number, calendar: CalendarHour, minuteOfHour: number): boolean;
  /** All windows of the tenant's pane were closed: what this task says about it; undefined for nothing. */
  flush(tenant: string, start: number, minute: boolean): ScoreReport | undefined;
  /** What minutes and looks of the tenant's running hour have counted for its report: told before the state can be saved. */
  flushCounts(tenant: string, start: number): ScoreReport | undefined;
  /** Shared knowledge that holds from the tenant's next window on. */
  shared(tenant: string, knowledge: SharedKnowledge): void;
  write(slot: number, writer: ByteWriter): void;
  read(slot: number, reader: ByteReader): void;
  clear(slot: number): void;
}

export interface ViewScoringOptions {
  /** FLAG bits to add for a key (roles that the config names), given tenant and key */
  roleOf?: (tenant: string, key: string) => number;
  /** multiplies the evidence of a detector; 1 when left out */
  sensitivity?: Readonly<Record<string, number>>;
  /** which trained scorers judge a tenant's window that starts then; left out: none ever does */
  models?: (tenant: string, start: number) => InForce;
  /** interfaces that a document describes keep their names */
  documented?: Documented;
  /** told of every window that the gate of the trained scorers lets through: what they are trained on */
  observe?: Observe;
}

/** `terms`: the view's learned features; `evidence`: the highest of the baselines' detectors. The window is reused after the call. */
export type Observe = (view: LearnedView, window: ClosedWindow, terms: readonly Term[], evidence: number) => void;

/** Evidence of the baselines or the forest from which the autoencoder is asked too: it only strengthens what others say. */
const SUPPORT_GATE = 4;

/** Evidence of the baselines from which a window is worth a trained scorer's time whatever else it holds, decades. */
export const LEARNED_GATE = 1.5;

const HOUR = 3_600_000;
const HOURS_OF = { '1m': 1, '1h': 1, '6h': 6, '1d': 24, '3d': 72, '7d': 168 } as const;
/** Evidence from which a window does not teach its key's baselines. */
export const QUARANTINE_EVIDENCE = 5;

/** What a window of this evidence teaches an interface: all up to 2.5 decades, a third from quarantine on. */
function teaches(evidence: number): number {
  return 1 - (2 / 3) * Math.min(1, Math.max(0, (evidence - QUARANTINE_EVIDENCE / 2) / (QUARANTINE_EVIDENCE / 2)));
}

interface TenantScoring {
  prior: TenantPrior;
  report: ReportBuilder;
}

export function createViewScoring(view: View, options: ViewScoringOptions = {}): ViewScoring {
  const kit: ViewKit = kitOf(view);
  const detectors: readonly Detector<never>[] = kit.detectors;
  const names = detectors.map((detector) => detector.name);
  const weights = detectors.map((detector) => options.sensitivity?.[detector.name] ?? 1);
  const learned = detectors.map((_, index) => index).filter((index) => detectors[index].learned !== undefined);
  const maker = learned.length > 0 ? new RowMaker(FEATURE_LISTS[view as LearnedView]) : undefined;
  const row = new Float64Array(maker?.width ?? 0);
  const withMinutes = detectors.map((_, index) => index).filter((index) => detectors[index].minuteTerms !== undefined);
  const withLooks = detectors
    .map((_, index) => index)
    .filter((index) => detectors[index].looks === true || detectors[index].lookTerms !== undefined);
  const silent = names.indexOf('interface_silent');
  const tenants = new Map<string, TenantScoring>();
  const peaks = new DayPeaks(detectors.length);
  const fired = new FiredFlags();

  function tenantOf(name: string): TenantScoring {
    let tenant = tenants.get(name);
    if (tenant === undefined) tenants.set(name, (tenant = { prior: shippedPrior(), report: new ReportBuilder(name, view, names) }));
    return tenant;
  }

  function weigh(terms: Term[] | undefined, index: number): number {
    if (terms === undefined || terms.length === 0) return 0;
    const weight = weights[index];
    if (weight !== 1) for (const term of terms) term.weight *= weight;
    return scoreTerms(terms).evidence;
  }

  function send(
    tenant: TenantScoring,
    window: ClosedWindow | ClosedMinute,
    index: number,
    terms: Term[],
    evidence: number,
    paneStart: number,
    end: number,
    minute: boolean,
    enrich: (candidate: Candidate) => void,
    model?: LearnedModels,
    size: Candidate['size'] = minute ? '1h' : detectors[index].window,
  ): void {
    const detector = detectors[index];
    // the same for a look and for the close of its hour
    const first = size === '1h' ? paneStart : paneStart + HOUR - HOURS_OF[size] * HOUR;
    const start = fired.take(window.slot, index, size, detector.gate, evidence, first, paneStart, end, minute && index !== silent);
    if (start === undefined) return;
    const candidate = candidateOf(view, window, detector.name, start, end, size);
    candidate.evidence = evidence;
    candidate.terms = terms;
    if (model !== undefined) {
      candidate.terms = withUsual(terms, model.usual[view as LearnedView]);
      candidate.model = model.version;
    }
    enrich(candidate);
    tenant.report.candidate(index, candidate, minute);
  }

  /** Asks the trained scorers that are in force, where the window is worth it; windows that are not count as no evidence. */
  function judge(tenant: TenantScoring, window: ClosedWindow, highest: number, enrich: (candidate: Candidate) => void): void {
    const inForce = options.models?.(window.tenant, window.start) ?? { champion: undefined, challenger: undefined };
    const { champion, challenger } = inForce;
    if (champion === undefined && challenger === undefined && options.observe === undefined) return;
    const { slot, flags } = window;
    const applies = learned.some((index) => detectors[index].applies?.(flags) ?? true);
    if (!applies && options.observe === undefined) return;
    const worth = highest >= LEARNED_GATE || kit.screen(window);
    const terms = worth ? detectors[learned[0]].terms(window, kit.baselines as never) : undefined;
    if (terms !== undefined) maker!.fill(terms, row);
    if (terms !== undefined) options.observe?.(view as LearnedView, window, terms, highest);
    let said = highest;
    for (const index of learned) {
      const detector = detectors[index];
      if (detector.applies !== undefined && !detector.applies(flags)) continue;
      const asked = terms !== undefined && (detector.supporting !== true || said >= SUPPORT_GATE);
      const by = (models: LearnedModels | undefined): number =>
        !asked ? 0 : (models?.judge(view as LearnedView, detector.learned!)?.evidenceOfRow(row) ?? 0);
      const evidence = by(champion);
      if (challenger !== undefined && asked) {
        const scores = { championEvidence: evidence, challengerEvidence: by(challenger) };
        if (Math.max(scores.championEvidence, scores.challengerEvidence) >= detector.gate) {
          const { start, end } = window;
          const named = candidateOf(view, window, detector.name, start, end, detector.window);
          enrich(named);
          const versions = { champion: champion?.version ?? '', challenger: challenger.version };
          tenant.report.shadow(index, { detector: detector.name, entity: named.entity, start, end, ...versions, ...scores });
        }
      }
      if (champion?.judge(view as LearnedView, detector.learned!) === undefined) continue;
      if (evidence > said) said = evidence;
      tenant.report.score(index, evidence);
      peaks.take(slot, index, evidence, tenant.report);
      if (evidence >= detector.gate) send(tenant, window, index, terms!, evidence, window.start, window.end, false, enrich, champion);
      else fired.take(slot, index, detector.window, detector.gate, evidence, window.start, window.start, window.end);
    }
  }

  /** What a detector says in a look. */
  function early(
    tenant: TenantScoring,
    window: ClosedWindow,
    index: number,
    terms: Term[] | undefined,
    evidence: number,
    enrich: (candidate: Candidate) => void,
    model?: LearnedModels,
  ): void {
    tenant.report.looked(index, evidence);
    if (evidence < detectors[index].gate) return;
    peaks.take(window.slot, index, evidence, tenant.report);
    send(tenant, window, index, terms!, evidence, window.start, window.end, true, enrich, model, detectors[index].window);
  }

  /** The trained scorer in force, in a look; the challenger judges closed hours alone. */
  function judgeEarly(
    tenant: TenantScoring,
    window: ClosedWindow,
    index: number,
    highest: number,
    enrich: (candidate: Candidate) => void,
  ): void {
    const detector = detectors[index];
    if (detector.applies !== undefined && !detector.applies(window.flags)) return;
    const champion = options.models?.(window.tenant, window.start).champion;
    const scorer = champion?.judge(view as LearnedView, detector.learned!);
    if (scorer === undefined) return;
    const terms = highest >= LEARNED_GATE || kit.screen(window) ? detector.terms(window, kit.baselines as never) : undefined;
    if (terms !== undefined) maker!.fill(terms, row);
    early(tenant, window, index, terms, terms === undefined ? 0 : scorer.evidenceOfRow(row), enrich, champion);
  }

  return {
    closeHour(window, enrich) {
      const tenant = tenantOf(window.tenant);
      if (options.roleOf !== undefined) window.flags |= options.roleOf(window.tenant, window.key);
      const { slot, flags } = window;
      peaks.turn(slot, window.calendar.day);
      kit.look(window, tenant.prior, tenant.report);
      let highest = 0;
      let strongest = 0;
      for (let index = 0; index < detectors.length; index++) {
        const detector = detectors[index];
        if (detector.learned !== undefined || (detector.applies !== undefined && !detector.applies(flags))) continue;
        const terms = detector.terms(window, kit.baselines as never);
        const evidence = terms === undefined ? 0 : weigh(terms, index);
        tenant.report.score(index, evidence);
        peaks.take(slot, index, evidence, tenant.report);
        if (evidence > strongest) strongest = evidence;
        if (detector.quarantines !== false && detector.informational !== true && evidence > highest) highest = evidence;
        if (evidence >= detector.gate) send(tenant, window, index, terms!, evidence, window.start, window.end, false, enrich);
        else if (index !== silent)
          fired.take(slot, index, detector.window, detector.gate, evidence, window.start, window.start, window.end);
      }
      if (learned.length > 0) judge(tenant, window, strongest, enrich);
      const odd = highest >= QUARANTINE_EVIDENCE;
      kit.learn(window, odd, teaches(highest), silent >= 0 && fired.lasts(slot, silent), tenant.report);
    },

    lookedAway(name, keys) {
      const { report } = tenantOf(name);
      for (const index of withLooks) report.lookedAway(index, keys);
    },

    look(window, enrich) {
      const tenant = tenantOf(window.tenant);
      if (options.roleOf !== undefined) window.flags |= options.roleOf(window.tenant, window.key);
      const { slot, flags } = window;
      peaks.turn(slot, window.calendar.day);
      kit.look(window, tenant.prior, tenant.report);
      let highest = 0;
      for (const index of withLooks) {
        const detector = detectors[index];
        if (detector.learned !== undefined || (detector.applies !== undefined && !detector.applies(flags))) continue;
        const baselines = kit.baselines as never;
        const terms = detector.lookTerms === undefined ? detector.terms(window, baselines) : detector.lookTerms(window, baselines);
        const evidence = weigh(terms, index);
        if (evidence > highest) highest = evidence;
        early(tenant, window, index, terms, evidence, enrich);
      }
      for (const index of withLooks) if (detectors[index].learned !== undefined) judgeEarly(tenant, window, index, highest, enrich);
    },

    closeMinute(minute, enrich) {
      const tenant = tenantOf(minute.tenant);
      const worth = kit.minute(minute, tenant.prior);
      if (silent >= 0 && minute.counters[0] > 0 && fired.lasts(minute.slot, silent) && kit.silenceOver()) fired.end(minute.slot, silent);
      if (!worth) return;
      const hourStart = minute.start - minute.minuteOfHour * 60_000;
      for (const index of withMinutes) {
        const detector = detectors[index];
        if (detector.applies !== undefined && !detector.applies(minute.flags)) continue;
        const terms = detector.minuteTerms!(minute, kit.baselines as never);
        if (terms === undefined) continue;
        const evidence = weigh(terms, index);
        if (evidence < detector.gate) continue;
        peaks.turn(minute.slot, minute.calendar.day);
        peaks.take(minute.slot, index, evidence, tenant.report);
        send(tenant, minute, index, terms, evidence, hourStart, minute.start + 60_000, true, enrich);
      }
    },

    expectsMinute(tenant, slot, calendar) {
      return silent >= 0 && kit.expects(slot, calendar, tenantOf(tenant).prior);
    },

    flushCounts(tenant, start) {
      return tenants.get(tenant)?.report.flushCounts(start);
    },

    flush(tenant, start, minute) {
      return tenants.get(tenant)?.report.flush(start, minute);
    },

    shared(tenant, knowledge) {
      tenantOf(tenant).prior = priorFrom(knowledge);
    },

    write(slot, writer) {
      kit.write(slot, writer);
      peaks.write(slot, writer);
      fired.write(slot, detectors.length, writer);
    },

    read(slot, reader) {
      kit.read(slot, reader);
      peaks.read(slot, reader);
      fired.read(slot, reader);
    },

    clear(slot) {
      kit.clear(slot);
      peaks.clear(slot);
      fired.clear(slot, detectors.length);
    },
  };
}

/** A candidate with nothing said yet; whoever knows the window's entity enriches it. */
function candidateOf(
  view: View,
  window: ClosedWindow | ClosedMinute,
  detector: string,
  start: number,
  end: number,
  size: Candidate['size'],
): Candidate {
  return {
    detector,
    view,
    entity: { kind: view, id: window.key },
    start,
    end,
    size,
    firedAt: end,
    terms: [],
    evidence: 0,
    flags: window.flags,
    identity: { origin: '', confidence: 0 },
    related: [],
    actors: [],
    actorCount: 0,
    samples: [],
    provisional: false,
  };
}

/** Terms without a law say what is usual of them by the bundle's clean windows. */
function withUsual(terms: readonly Term[], usual: LearnedModels['usual'][LearnedView]): Term[] {
  return terms.map((term) => {
    if (term.law.kind !== 'plain' || !Object.hasOwn(usual, term.feature)) return term;
    const [low, middle, high] = usual[term.feature];
    return { ...term, law: { ...term.law, low, usual: middle, high } };
  });
}
