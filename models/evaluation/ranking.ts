import { WeirError } from '../../services/core/errors.ts';
import type { Proportion } from './wilson.ts';
import { wilson } from './wilson.ts';

/** Rows in falling order of score, those with the same score taken together: a threshold cannot come between them. */
export interface RankingCurve {
  /** distinct scores, falling: a row is called positive where its score is the threshold or more */
  readonly thresholds: Float64Array;
  /** positives with that score or more */
  readonly hits: Float64Array;
  /** negatives with that score or more */
  readonly falseHits: Float64Array;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * @param scores higher is more likely positive; NaN throws
 * @param positive 1 where the row is positive, else 0
 */
export function rankingCurve(scores: Float64Array, positive: Uint8Array): RankingCurve {
  const order = Uint32Array.from(scores, (score, row) => {
    if (Number.isNaN(score)) throw new WeirError('input_format', `the score of row ${row} is NaN; scores are numbers`);
    return row;
  }).sort((a, b) => scores[b] - scores[a]);
  const thresholds: number[] = [];
  const hits: number[] = [];
  const falseHits: number[] = [];
  let hit = 0;
  let falseHit = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    if (positive[row] === 1) hit++;
    else falseHit++;
    if (i + 1 < order.length && scores[order[i + 1]] === scores[row]) continue;
    thresholds.push(scores[row]);
    hits.push(hit);
    falseHits.push(falseHit);
  }
  return {
    thresholds: Float64Array.from(thresholds),
    hits: Float64Array.from(hits),
    falseHits: Float64Array.from(falseHits),
    positives: hit,
    negatives: falseHit,
  };
}

/**
 * Area under the ROC curve: how often a positive scores above a negative, ties counting half (Hanley and McNeil 1982; the
 * trapezoids of the curve). NaN where there are no positives or no negatives.
 */
export function rocAuc(curve: RankingCurve): number {
  let area = 0;
  let hitsBefore = 0;
  let falseBefore = 0;
  for (let i = 0; i < curve.thresholds.length; i++) {
    area += ((curve.falseHits[i] - falseBefore) * (curve.hits[i] + hitsBefore)) / 2;
    hitsBefore = curve.hits[i];
    falseBefore = curve.falseHits[i];
  }
  return area / (curve.positives * curve.negatives);
}

/**
 * Average precision: precision at each threshold weighed by the recall it adds, without interpolation (scikit-learn's
 * average_precision_score; Zhu 2004). NaN without positives. A ranking by chance has the share of positives.
 */
export function averagePrecision(curve: RankingCurve): number {
  let sum = 0;
  let hitsBefore = 0;
  for (let i = 0; i < curve.thresholds.length; i++) {
    sum += (curve.hits[i] - hitsBefore) * (curve.hits[i] / (curve.hits[i] + curve.falseHits[i]));
    hitsBefore = curve.hits[i];
  }
  return sum / curve.positives;
}

/** What is found at the lowest threshold that keeps false positives within a rate. */
export interface HitsAtRate {
  /** the rate asked for */
  readonly rate: number;
  /** true positive rate with its 95 % interval; a proportion of the positives */
  readonly found: Proportion;
  /** rows with this score or more are called positive; Infinity where any threshold has too many false ones */
  readonly threshold: number;
  readonly falseHits: number;
  readonly negatives: number;
}

/**
 * True positive rate at a false positive rate of at most `rate`: nothing is interpolated, so with n negatives the rate
 * really used is the next multiple of 1/n below. Fewer than 1/rate negatives allow no false positive at all.
 */
export function hitsAtRate(curve: RankingCurve, rate: number): HitsAtRate {
  let best = -1;
  while (best + 1 < curve.thresholds.length && curve.falseHits[best + 1] <= rate * curve.negatives) best++;
  return {
    rate,
    found: wilson(best < 0 ? 0 : curve.hits[best], curve.positives),
    threshold: best < 0 ? Number.POSITIVE_INFINITY : curve.thresholds[best],
    falseHits: best < 0 ? 0 : curve.falseHits[best],
    negatives: curve.negatives,
  };
}
