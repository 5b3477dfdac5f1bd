import { EVIDENCE_BUCKETS } from '../candidate.ts';
import { BUCKET_WIDTH } from './tail.ts';

/**
 * Whether the whole population is raised at once. The level that the upper part of the population reaches in a pane is
 * compared with what it reaches in the tenant's clean panes; where it is higher, evidence of that pane is divided by
 * the ratio before it is looked up in the tail. A flash sale or an outage so raises everyone's expected exceedances;
 * an attack by fewer than UPPER_SHARE of the entities changes nothing.
 */
const UPPER_SHARE = 0.15;
/** So many entities must be raised at least: in a small population two attacked interfaces are not "everyone". */
const FEWEST_RAISED = 4;
/** Populations smaller than this say nothing about themselves. */
const SMALLEST_POPULATION = 12;

/** Panes remembered for the reference: a week of hours. */
export const REFERENCE_PANES = 168;
/** Before a day of panes is known, the reference is at least this (evidence that 15 % of the entities may reach in an ordinary hour). */
const PRIOR_LEVEL = 3;
const REFERENCE_QUANTILE = 0.95;

/** How many raised entities make the upper level of a population of this size; undefined when it is too small. */
export function raisedCount(population: number): number | undefined {
  if (population < SMALLEST_POPULATION) return undefined;
  return Math.max(FEWEST_RAISED, Math.ceil(population * UPPER_SHARE));
}

/** Evidence that one entity in ten thousand reaches by chance, the entities and their share of a pane's that reach it together in one event. */
const EVENT_LEVEL = 4;
const EVENT_ENTITIES = 8;
const EVENT_SHARE = 0.05;

/**
 * Whether so many entities of a pane have evidence that hardly any has by chance that one event must be behind them: an
 * outage of a part of the service. They are not as many false alerts, though too few to raise everyone.
 */
export function isOneEvent(pane: ArrayLike<number>): boolean {
  let population = 0;
  let high = 0;
  for (let b = 0; b < EVIDENCE_BUCKETS; b++) {
    const count = Math.max(0, pane[b] ?? 0);
    population += count;
    if (b * BUCKET_WIDTH >= EVENT_LEVEL) high += count;
  }
  return high >= Math.max(EVENT_ENTITIES, EVENT_SHARE * population);
}

/** Evidence that the upper part of a pane's entities reaches, interpolated in its bucket; undefined for small populations. */
export function upperLevel(histogram: ArrayLike<number>): number | undefined {
  let population = 0;
  for (let b = 0; b < EVIDENCE_BUCKETS; b++) population += Math.max(0, histogram[b] ?? 0);
  const wanted = raisedCount(population);
  return wanted === undefined ? undefined : levelOf(histogram, wanted);
}

/** Evidence that so many reach, interpolated in its bucket. */
function levelOf(histogram: ArrayLike<number>, wanted: number): number {
  let above = 0;
  for (let b = EVIDENCE_BUCKETS - 1; b >= 0; b--) {
    const count = Math.max(0, histogram[b] ?? 0);
    if (above + count >= wanted) return (b + 1 - (wanted - above) / count) * BUCKET_WIDTH;
    above += count;
  }
  return 0;
}

/** Fewer keys than these are no population in a look either. */
const FEWEST_LOOKED = 6;
const FEWEST_RAISED_LOOKED = 3;

/**
 * The same of a look, which sees only who was active since the last mark: where these are few, the evidence that half of
 * them reach. What everyone begins to do at once must not alarm by those who begin.
 */
export function lookLevel(histogram: ArrayLike<number>): number | undefined {
  let looked = 0;
  for (let b = 0; b < EVIDENCE_BUCKETS; b++) looked += Math.max(0, histogram[b] ?? 0);
  if (looked >= SMALLEST_POPULATION) return upperLevel(histogram);
  if (looked < FEWEST_LOOKED) return undefined;
  return levelOf(histogram, Math.max(FEWEST_RAISED_LOOKED, Math.ceil(looked / 2)));
}

/** Reference level of clean panes: their 95th percentile, at least the prior's while there is less than a day of them. */
export function referenceLevel(levels: readonly number[]): number {
  if (levels.length === 0) return PRIOR_LEVEL;
  const sorted = [...levels].sort((a, b) => a - b);
  const level = sorted[Math.min(sorted.length - 1, Math.floor(REFERENCE_QUANTILE * sorted.length))];
  return levels.length < 24 ? Math.max(PRIOR_LEVEL, level) : Math.max(1, level);
}

/** Panes differ by chance; what lies within this factor of the reference is not a shift. */
const ORDINARY_FACTOR = 1.2;

/** Below this level (decades) a few others are a little odd at the same time: that explains nobody who is much odder. */
const LEAST_LEVEL = 2.5;

/** Factor >= 1 by which this pane's evidence is raised for everyone. */
export function sharedRaise(level: number | undefined, reference: number): number {
  return level === undefined || level < LEAST_LEVEL ? 1 : Math.max(1, level / (ORDINARY_FACTOR * reference));
}
