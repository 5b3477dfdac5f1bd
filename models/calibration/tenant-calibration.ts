import { EVIDENCE_BUCKETS, evidenceBucket } from '../candidate.ts';
import { isOneEvent, lookLevel, REFERENCE_PANES, raisedCount, referenceLevel, sharedRaise, upperLevel } from './population.ts';
import { priorOf } from './prior.ts';
import type { Exceedances } from './tail.ts';
import { fitTail, priorExceedances } from './tail.ts';

/** Clean days that make a tenant's own tail. */
const DAYS_KEPT = 28;
/** Entities a day before the first day is over: twice what was seen so far, at least this. */
const FEWEST_ENTITIES = 64;
/** Strongest entities of a day and detector that are remembered, so that they can be taken out when they alert. */
const STRONGEST_KEPT = 512;
/** A shift of the whole population that lasts longer than this many panes is the new normal and is learned. */
const LONGEST_SHIFT = 24;
const MINUTES_REMEMBERED = 3_600_000;

/** A day of one tenant while it can still change. */
interface OpenDay {
  day: number;
  lastHour: number;
  /** hours of the day that have passed since the tenant was first seen */
  hours: number;
  /** per detector: entities by their highest evidence of the day so far */
  histograms: Map<string, Float64Array>;
  /** per detector: highest evidence of the strongest entities */
  strongest: Map<string, Map<string, number>>;
  /** entities under an alert on this day */
  alerted: Set<string>;
}

interface CleanDay {
  day: number;
  hours: number;
  histograms: Map<string, Float64Array>;
  /** per detector: the weakest of the entities that it alerted on */
  alerted: Map<string, Alerted[]>;
}

/** Plain JSON of the state; histograms as [bucket, count, …]. */
export interface CalibrationState {
  open: {
    day: number;
    lastHour: number;
    hours: number;
    histograms: [string, number[]][];
    strongest: [string, [string, number][]][];
    alerted: string[];
  }[];
  clean: { day: number; hours: number; histograms: [string, number[]][]; alerted: [string, Alerted[]][] }[];
  levels: [string, number[]][];
  populations: [string, number][];
  shifts: [string, number][];
  minutes: [string, [string, number, number][]][];
  known: string[];
  lasting: Lasting[];
}

/** An entity that a detector alerted on: its highest evidence of the day, and how far that lies above the threshold at which it fired. */
interface Alerted {
  evidence: number;
  above: number;
}

/** A condition under alert that may go on unseen. */
interface Lasting {
  detector: string;
  entity: string;
  evidence: number;
  /** evidence at which its detector fired */
  threshold: number;
  /** day of its alert */
  from: number;
  /** last day on which it may */
  until: number;
}

/**
 * Calibration of one tenant: turns every detector's evidence into expected exceedances a tenant-day. Learns from what
 * the tasks report of whole days that ended at least two hours ago (version e rests on epochs <= e - 2), entities under
 * an alert left out: an attack would raise the threshold. Time comes in through the hours; calls must be in order of time.
 */
export class TenantCalibration {
  private open: OpenDay[] = [];
  private clean: CleanDay[] = [];
  private readonly levels = new Map<string, number[]>();
  private readonly populations = new Map<string, number>();
  /** consecutive panes of a detector in which its population was raised */
  private readonly shifts = new Map<string, number>();
  /** per detector: entities with a candidate in minute panes of the last hour, with evidence and time */
  private readonly minutes = new Map<string, Map<string, [number, number]>>();
  /** detectors that have ever scored something here */
  private readonly known = new Set<string>();
  private lasting: Lasting[] = [];
  private readonly tails = new Map<string, Exceedances>();

  /** An hour begins to be processed: days that are over and two epochs old join the tail. */
  begin(hour: number, day: number): void {
    const over = this.open.filter((entry) => entry.day < day && entry.lastHour <= hour - 2);
    for (const entry of over) {
      this.clean.push({ day: entry.day, hours: entry.hours, histograms: entry.histograms, alerted: takeOutAlerted(entry, this.lasting) });
    }
    this.lasting = this.lasting.filter((condition) => condition.until >= day - 2);
    if (over.length === 0) return;
    this.open = this.open.filter((entry) => !over.includes(entry));
    this.clean = this.clean.filter((entry) => entry.day > day - 1 - DAYS_KEPT);
    this.tails.clear();
  }

  /** An hour has passed, with or without reports. */
  pass(hour: number, day: number): void {
    const entry = this.openDay(day);
    entry.hours++;
    entry.lastHour = Math.max(entry.lastHour, hour);
  }

  /**
   * Takes one view's merged hour report and returns, per detector, the factor (>= 1) by which its whole population is
   * raised in this pane. A raised pane, and one in which one event is behind many, is kept out of the tail. `shifting`: whether this view's population can shift at all.
   */
  absorb(
    hour: number,
    day: number,
    histograms: Record<string, number[]>,
    pane: Record<string, number[]>,
    shifting = true,
  ): Map<string, number> {
    const entry = this.openDay(day);
    entry.lastHour = Math.max(entry.lastHour, hour);
    const raises = new Map<string, number>();
    for (const [detector, scores] of Object.entries(pane)) {
      this.known.add(detector);
      const level = shifting ? upperLevel(scores) : undefined;
      const levels = this.levels.get(detector) ?? [];
      let raise = sharedRaise(level, referenceLevel(levels));
      this.populations.set(
        detector,
        scores.reduce((sum, count) => sum + count, 0),
      );
      const lasting = raise > 1 ? (this.shifts.get(detector) ?? 0) + 1 : 0;
      this.shifts.set(detector, lasting);
      if (lasting > LONGEST_SHIFT) raise = 1;
      if (raise > 1) raises.set(detector, raise);
      else if (level !== undefined) {
        levels.push(level);
        if (levels.length > REFERENCE_PANES) levels.shift();
        this.levels.set(detector, levels);
      }
    }
    for (const [detector, change] of Object.entries(histograms)) {
      // what one event does to many is not as many chances
      if (raises.has(detector) || (shifting && isOneEvent(pane[detector] ?? []))) continue;
      let counts = entry.histograms.get(detector);
      if (counts === undefined) entry.histograms.set(detector, (counts = new Float64Array(EVIDENCE_BUCKETS)));
      for (let b = 0; b < EVIDENCE_BUCKETS; b++) counts[b] += change[b] ?? 0;
    }
    return raises;
  }

  /** Remembers a candidate's evidence, so that its entity can be taken out of the day's tail. */
  note(day: number, detector: string, entity: string, evidence: number): void {
    this.known.add(detector);
    const entry = this.openDay(day);
    let strongest = entry.strongest.get(detector);
    if (strongest === undefined) entry.strongest.set(detector, (strongest = new Map()));
    if ((strongest.get(entity) ?? -1) < evidence) strongest.set(entity, evidence);
    if (strongest.size > 2 * STRONGEST_KEPT) {
      const kept = [...strongest].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, STRONGEST_KEPT);
      entry.strongest.set(detector, new Map(kept));
    }
  }

  /**
   * The entity is under an alert on this day: its day does not count as clean. The condition may last unseen (tasks
   * report a lasting one again only when it has grown) for `days` more; then the detector's highest count near that
   * evidence is taken out for it. `threshold`: at which the detector fired.
   */
  quarantine(day: number, entity: string, detector: string, evidence: number, threshold: number, days: number): void {
    this.openDay(day).alerted.add(entity);
    const before = this.lasting.find((condition) => condition.detector === detector && condition.entity === entity);
    if (before === undefined) this.lasting.push({ detector, entity, evidence, threshold, from: day, until: day + days });
    else {
      before.evidence = evidence;
      before.threshold = threshold;
      before.until = day + days;
    }
  }

  /**
   * The factor by which a detector's population is raised in a minute pane, which carries no histogram: the level that
   * the upper part of the last hour's population reached by candidates of the last 60 minutes.
   * @param candidates entity and evidence of this pane's candidates of the detector
   */
  minuteRaise(detector: string, at: number, candidates: readonly [string, number][]): number {
    let recent = this.minutes.get(detector);
    if (recent === undefined) this.minutes.set(detector, (recent = new Map()));
    for (const [entity, [, seen]] of recent) if (seen <= at - MINUTES_REMEMBERED) recent.delete(entity);
    for (const [entity, evidence] of candidates) {
      const before = recent.get(entity);
      if (before === undefined || before[0] < evidence || before[1] < at) recent.set(entity, [Math.max(evidence, before?.[0] ?? 0), at]);
    }
    const wanted = raisedCount(this.populations.get(detector) ?? 0);
    if (wanted === undefined || recent.size < wanted) return 1;
    const evidences = [...recent.values()].map(([evidence]) => evidence).sort((a, b) => b - a);
    return sharedRaise(evidences[wanted - 1], referenceLevel(this.levels.get(detector) ?? []));
  }

  /** The factor by which a detector's population is raised in a look, given the histogram of those looked at. */
  lookRaise(detector: string, histogram: readonly number[]): number {
    return sharedRaise(lookLevel(histogram), referenceLevel(this.levels.get(detector) ?? []));
  }

  /**
   * Expected number of entities a day whose highest evidence by this detector reaches a level, on clean days.
   * @param share false alerts a day that the detector may expect: as many of the alerted entities stay in the tail as it
   * makes plausible to be false ones, just above the threshold, else the tail would be cut where it alerts and the threshold sink
   */
  exceedances(detector: string, share: number): Exceedances {
    const key = `${share} ${detector}`;
    let tail = this.tails.get(key);
    if (tail !== undefined) return tail;
    const prior = priorOf(detector);
    const days = this.clean.reduce((sum, entry) => sum + entry.hours, 0) / 24;
    if (days === 0) {
      let seen = 0;
      for (const entry of this.open) for (const count of entry.histograms.get(detector) ?? []) seen += count;
      return priorExceedances(prior, Math.max(FEWEST_ENTITIES, 2 * seen));
    }
    const pooled = new Float64Array(EVIDENCE_BUCKETS);
    let total = 0;
    for (const entry of this.clean) {
      const counts = entry.histograms.get(detector);
      if (counts === undefined) continue;
      for (let b = 0; b < EVIDENCE_BUCKETS; b++) {
        const count = Math.max(0, counts[b]);
        pooled[b] += count;
        total += count;
      }
    }
    const alerted = this.clean.flatMap((entry) => entry.alerted.get(detector) ?? []);
    const clear = plausiblyFalse(share * days);
    alerted.sort((a, b) => a.above - b.above || a.evidence - b.evidence);
    alerted.forEach(({ evidence, above }, i) => {
      if (above <= DOUBTFUL) pooled[evidenceBucket(evidence)]++;
      else if (i < clear) pooled[evidenceBucket(evidence - above + JUST_ABOVE)]++;
    });
    tail = fitTail(pooled, days, Math.max(1, total / this.clean.length), prior);
    this.tails.set(key, tail);
    return tail;
  }

  /** Whether the detector has ever scored something of this tenant; one that has not needs no share of the budget. */
  seen(detector: string): boolean {
    return this.known.has(detector);
  }

  /** Clean days behind the tail, in days. */
  get days(): number {
    return this.clean.reduce((sum, entry) => sum + entry.hours, 0) / 24;
  }

  toJSON(): CalibrationState {
    return {
      open: this.open.map((entry) => ({
        day: entry.day,
        lastHour: entry.lastHour,
        hours: entry.hours,
        histograms: packed(entry.histograms),
        strongest: [...entry.strongest].map(([detector, map]) => [detector, [...map]]),
        alerted: [...entry.alerted],
      })),
      clean: this.clean.map((entry) => ({
        day: entry.day,
        hours: entry.hours,
        histograms: packed(entry.histograms),
        alerted: [...entry.alerted],
      })),
      levels: [...this.levels].map(([detector, levels]) => [detector, [...levels]]),
      populations: [...this.populations],
      shifts: [...this.shifts],
      minutes: [...this.minutes].map(([detector, recent]) => [
        detector,
        [...recent].map(([entity, [evidence, at]]) => [entity, evidence, at]),
      ]),
      known: [...this.known],
      lasting: this.lasting.map((condition) => ({ ...condition })),
    };
  }

  static from(state: CalibrationState): TenantCalibration {
    const calibration = new TenantCalibration();
    calibration.open = state.open.map((entry) => ({
      day: entry.day,
      lastHour: entry.lastHour,
      hours: entry.hours,
      histograms: unpacked(entry.histograms),
      strongest: new Map(entry.strongest.map(([detector, list]) => [detector, new Map(list)])),
      alerted: new Set(entry.alerted),
    }));
    calibration.clean = state.clean.map((entry) => ({
      day: entry.day,
      hours: entry.hours,
      histograms: unpacked(entry.histograms),
      alerted: new Map(entry.alerted),
    }));
    for (const [detector, levels] of state.levels) calibration.levels.set(detector, [...levels]);
    for (const [detector, population] of state.populations) calibration.populations.set(detector, population);
    for (const [detector, shift] of state.shifts) calibration.shifts.set(detector, shift);
    for (const [detector, recent] of state.minutes) {
      calibration.minutes.set(detector, new Map(recent.map(([entity, evidence, at]) => [entity, [evidence, at]])));
    }
    calibration.lasting = state.lasting.map((condition) => ({ ...condition }));
    for (const detector of state.known) calibration.known.add(detector);
    return calibration;
  }

  private openDay(day: number): OpenDay {
    let entry = this.open.find((candidate) => candidate.day === day);
    if (entry === undefined) {
      entry = { day, lastHour: Number.MIN_SAFE_INTEGER, hours: 0, histograms: new Map(), strongest: new Map(), alerted: new Set() };
      this.open.push(entry);
    }
    return entry;
  }
}

/** How many of the alerts on days that expect `expected` false ones may well be false: the mean and 1.64 deviations (Poisson, 95 %). */
function plausiblyFalse(expected: number): number {
  return Math.floor(expected + 1.64 * Math.sqrt(expected));
}

/** A false alert lies a little above the threshold; a clear alert that may have been one after all is put there. */
const JUST_ABOVE = 0.25;
/** Alerts that lie no further above the threshold may well be false ones: attacks mostly lie far above. */
const DOUBTFUL = 1.5;
/** Alerted entities of one detector and day that are remembered, the weakest: false alerts come one by one, many at once are a cohort. */
const ALERTED_KEPT = 3;

/** A lasting condition is sent again when it has grown by more than this; unseen, it lies no higher. */
const UNSEEN_GROWTH = 2;
/** … and it has cleared when it fell below this part. */
const CLEARED_PART = 0.5;

/**
 * Entities under an alert leave the day's histograms, each from the bucket of its highest evidence or the next below
 * that holds one; so do conditions that lasted unseen. Returns, by detector, the weakest of those that it alerted on.
 */
function takeOutAlerted(entry: OpenDay, lasting: readonly Lasting[]): Map<string, Alerted[]> {
  const taken = new Map<string, Alerted[]>();
  for (const [detector, counts] of entry.histograms) {
    const strongest = entry.strongest.get(detector);
    const alerted: Alerted[] = [];
    for (const entity of entry.alerted) {
      const evidence = strongest?.get(entity);
      if (evidence === undefined || !takeOne(counts, evidence, 0)) continue;
      const fired = lasting.find((condition) => condition.detector === detector && condition.entity === entity);
      if (fired !== undefined) alerted.push({ evidence, above: Math.max(0, evidence - fired.threshold) });
    }
    if (alerted.length > 0)
      taken.set(detector, alerted.sort((a, b) => a.above - b.above || a.evidence - b.evidence).slice(0, ALERTED_KEPT));
    for (const condition of lasting) {
      if (
        condition.detector !== detector ||
        condition.from >= entry.day ||
        condition.until < entry.day ||
        entry.alerted.has(condition.entity)
      )
        continue;
      takeOne(counts, condition.evidence + UNSEEN_GROWTH, condition.evidence * CLEARED_PART);
    }
  }
  return taken;
}

/** Takes one entity out of the highest bucket that holds one, between two levels of evidence. */
function takeOne(counts: Float64Array, highest: number, lowest: number): boolean {
  for (let b = evidenceBucket(highest); b >= evidenceBucket(lowest); b--) {
    if (counts[b] < 1) continue;
    counts[b]--;
    return true;
  }
  return false;
}

function packed(histograms: Map<string, Float64Array>): [string, number[]][] {
  return [...histograms].map(([detector, counts]) => {
    const sparse: number[] = [];
    for (let b = 0; b < counts.length; b++) if (counts[b] !== 0) sparse.push(b, counts[b]);
    return [detector, sparse];
  });
}

function unpacked(histograms: readonly [string, number[]][]): Map<string, Float64Array> {
  return new Map(
    histograms.map(([detector, sparse]) => {
      const counts = new Float64Array(EVIDENCE_BUCKETS);
      for (let i = 0; i < sparse.length; i += 2) counts[sparse[i]] = sparse[i + 1];
      return [detector, counts];
    }),
  );
}
