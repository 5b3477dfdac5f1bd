import { EVIDENCE_BUCKETS } from '../candidate.ts';

/** Width of an evidence bucket in decades (candidate.ts: bucket b holds [b/4, (b+1)/4)). */
export const BUCKET_WIDTH = 0.25;

/**
 * What is believed of a detector's tail before the tenant has shown any. On the first day the share of entities whose
 * highest evidence reaches s is 10^(-slope x (s - offset)), 1 below the offset. Later the tenant's own tail is counted
 * from the offset on, with this as if it had been seen besides. Wide on purpose: what was never seen may still come.
 */
export interface TailPrior {
  /** decades of frequency lost per decade of evidence: 1 would be a perfectly calibrated detector with one term */
  slope: number;
  /** evidence that every entity may reach on an ordinary day: sums over groups and over the windows of a day */
  offset: number;
  /** exceedances of the tail's start that are added to the tenant's own */
  count: number;
  /** mean excess over the tail's start, and how many excesses of the tenant's own it weighs */
  excess: number;
  excesses: number;
  /** shape of the generalised Pareto tail: 0 exponential, higher heavier */
  shape: number;
  /**
   * days of the tenant's own that weigh as much as the prior's whole law, where that was measured on many tenants: a few
   * days show less than what may come. Left out: the tail's start and excesses alone are believed
   */
  days?: number;
}

/** Expected number of entities a tenant-day whose highest evidence reaches the given one. */
export type Exceedances = (evidence: number) => number;

/** Excesses beyond the start of the tail that the fit wants: 1 % of the entity-days, within these. */
const FEWEST_EXCESSES = 30;
const MOST_EXCESSES = 100;
const TAIL_SHARE = 0.01;
/** Observations that the prior's shape counts for: the sampling error of a shape is near 1/sqrt(n), so few excesses say little. */
const SHAPE_WEIGHT = 40;
const HEAVIEST_SHAPE = 0.4;

/** The prior alone: nothing of the tenant's own is known but how many entities a day it has. */
export function priorExceedances(prior: TailPrior, entitiesPerDay: number): Exceedances {
  return (evidence) => entitiesPerDay * 10 ** (-prior.slope * Math.max(0, evidence - prior.offset));
}

/**
 * Tail of the tenant's own clean days, shrunk to the prior: beyond a start u that some dozens of entity-days exceed, or
 * the prior's offset where fewer do, a
 * generalised Pareto law whose mean excess and shape (from L-moments; Hosking and Wallis 1987) are weighted with the
 * prior's; the rate at u likewise. The largest value of the whole sample is dropped first, so that one unnoticed attack
 * does not set the threshold.
 * @param histogram entity-days by highest evidence, EVIDENCE_BUCKETS counts (fractions and small negatives are taken as they are or as 0)
 * @param days length of the sample in days, may be a fraction
 * @param entitiesPerDay for the prior's part
 */
export function fitTail(histogram: ArrayLike<number>, days: number, entitiesPerDay: number, prior: TailPrior): Exceedances {
  const counts = new Float64Array(EVIDENCE_BUCKETS);
  let total = 0;
  for (let b = 0; b < EVIDENCE_BUCKETS; b++) total += counts[b] = Math.max(0, histogram[b] ?? 0);
  for (let b = EVIDENCE_BUCKETS - 1; b >= 0; b--) {
    if (counts[b] === 0) continue;
    const dropped = Math.min(1, counts[b]);
    counts[b] -= dropped;
    total -= dropped;
    break;
  }
  const before = priorExceedances(prior, entitiesPerDay);
  if (days <= 0 || total <= 0) return before;

  const wanted = Math.min(total / 2, Math.max(FEWEST_EXCESSES, Math.min(MOST_EXCESSES, total * TAIL_SHARE)));
  let start = EVIDENCE_BUCKETS;
  let excesses = 0;
  const lowest = Math.ceil(prior.offset / BUCKET_WIDTH);
  while (start > lowest && excesses < wanted) excesses += counts[--start];
  const u = start * BUCKET_WIDTH;

  const rate = (excesses + prior.count) / (days + prior.count / before(u));
  const { mean, shape } = excessLaw(counts, start, excesses, prior);
  const scale = mean * (1 - shape);
  const above = new Float64Array(EVIDENCE_BUCKETS + 1);
  for (let b = EVIDENCE_BUCKETS - 1; b >= 0; b--) above[b] = above[b + 1] + counts[b];

  const own: Exceedances = (evidence) => {
    const at = evidence / BUCKET_WIDTH;
    const b = Math.max(0, Math.min(EVIDENCE_BUCKETS - 1, Math.floor(at)));
    if (evidence < u) return Math.max(rate, excesses / days) + (above[b] - counts[b] * Math.max(0, at - b) - excesses) / days;
    const x = evidence - u;
    const fitted = rate * (shape < 1e-6 ? Math.exp(-x / scale) : (1 + (shape * x) / scale) ** (-1 / shape));
    // never below what was seen: capped scores pile up where no smooth law expects them
    return at < EVIDENCE_BUCKETS ? Math.max(fitted, above[b] / days) : fitted;
  };
  if (prior.days === undefined) return own;
  const weight = prior.days / (days + prior.days);
  return (evidence) => weight * before(evidence) + (1 - weight) * own(evidence);
}

/** Mean excess over the tail's start and shape of the law, each weighted with the prior's. */
function excessLaw(counts: Float64Array, start: number, excesses: number, prior: TailPrior): { mean: number; shape: number } {
  let sum = 0;
  let ranked = 0;
  let rank = 0;
  for (let b = start; b < EVIDENCE_BUCKETS; b++) {
    if (counts[b] === 0) continue;
    const excess = (b - start + 0.5) * BUCKET_WIDTH;
    sum += counts[b] * excess;
    ranked += excess * (counts[b] * rank + (counts[b] * (counts[b] - 1)) / 2);
    rank += counts[b];
  }
  const mean = (sum + prior.excesses * prior.excess) / (excesses + prior.excesses);
  let own = prior.shape;
  if (excesses > 2 && sum > 0) {
    const first = sum / excesses;
    const second = (2 * ranked) / (excesses * (excesses - 1)) - first;
    if (second > 0) own = Math.max(-0.5, Math.min(HEAVIEST_SHAPE, 2 - first / second));
  }
  const shape = (excesses * own + SHAPE_WEIGHT * prior.shape) / (excesses + SHAPE_WEIGHT);
  return { mean, shape: Math.max(0, Math.min(HEAVIEST_SHAPE, shape)) };
}

/** Highest evidence that a threshold can be; beyond it a detector never fires. */
const UNREACHABLE = 1000;

/** Smallest evidence whose expected exceedances are at most `allowed` a day (bisection on a falling function). */
export function evidenceAt(exceedances: Exceedances, allowed: number): number {
  if (!(allowed > 0)) return UNREACHABLE;
  if (exceedances(0) <= allowed) return 0;
  let fires = UNREACHABLE;
  let silent = 0;
  for (let i = 0; i < 50; i++) {
    const middle = (fires + silent) / 2;
    if (exceedances(middle) <= allowed) fires = middle;
    else silent = middle;
  }
  return fires;
}
