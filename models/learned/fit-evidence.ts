import { MAX_SURPRISE } from '../evidence.ts';
import type { ManifestModel } from './learned-models.ts';

/** Points of a map lie this far apart, decades. */
const STEP = 0.2;
/** Fewer clean windows than this say nothing of a tail: beyond them the last slope goes on. */
const LEAST_WINDOWS = 6;
/** Points beyond the data, and the odds at which the last one lies. */
const BEYOND = 8;
const LAST_ODDS = 999;
/** Scores nearer to each other than this part of their range are one point. */
const LEAST_GAP = 1e-4;

/**
 * The evidence map of a trained scorer: decades = -log10 of the share of all clean windows that score at least so high,
 * windows that the gate held back counted as lower than every score. Rises with the score by construction (a tail share
 * is isotonic); a few dozen points.
 *
 * Beyond the data, where fewer clean windows than can be counted score so high, the slope of the last decade goes on: for
 * probabilities along the logarithm of their odds, for other scores (errors, squares) along their own logarithm, since
 * neither tail is straight in the score itself. That is an assumption; it ranks what is beyond, and the tenant's own tail
 * corrects it.
 * @param scores of clean windows that the gate let through, by a model that was not trained on their tenants
 * @param weights how many windows each stands for
 * @param total clean windows in all, >= the sum of the weights
 * @param scale what the scores are
 */
export function fitEvidence(
  scores: Float64Array,
  weights: Float64Array,
  total: number,
  scale: 'probability' | 'positive',
): ManifestModel['evidence'] {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  let seen = 0;
  for (const weight of weights) seen += weight;
  const all = Math.max(total, seen, 1);
  const range = order.length === 0 ? 0 : scores[order[0]] - scores[order[order.length - 1]];
  // from the highest score down: (score, decades) at equal steps of decades
  const score: number[] = [];
  const decades: number[] = [];
  let mass = 0;
  let next = Number.POSITIVE_INFINITY;
  for (let i = 0; i < order.length; i++) {
    mass += weights[order[i]];
    const here = scores[order[i]];
    if (mass < LEAST_WINDOWS || (i + 1 < order.length && scores[order[i + 1]] === here)) continue;
    const at = Math.min(MAX_SURPRISE, -Math.log10(Math.min(1, mass / all)));
    const last = i + 1 === order.length;
    if (!last && at > next) continue;
    if (score.length > 0 && score[score.length - 1] - here < LEAST_GAP * range) continue;
    score.push(here);
    decades.push(at);
    // the tail's slope is taken over a whole decade
    next = at - (score.length === 1 ? 1 : STEP);
  }
  score.reverse();
  decades.reverse();
  if (score.length >= 2) {
    addBeyond(score, decades, scale);
    return { score, decades };
  }
  // too little to say anything: what passes the gate is as rare as the gate makes it, and no score adds to it
  const base = Math.max(0, -Math.log10(Math.min(1, Math.max(seen, 1) / all)));
  return { score: [0, 1], decades: [base, base] };
}

/** Adds points beyond the last one, along the slope of the last two on the scale's own axis. */
function addBeyond(score: number[], decades: number[], scale: 'probability' | 'positive'): void {
  const n = score.length;
  const axis = (value: number): number =>
    scale === 'positive' ? Math.log(Math.max(value, 1e-9)) : Math.log(Math.max(value, 1e-6) / Math.max(1 - value, 1 / (1 + LAST_ODDS)));
  const back = (at: number): number => (scale === 'positive' ? Math.exp(at) : 1 / (1 + Math.exp(-at)));
  const from = axis(score[n - 1]);
  const slope = (decades[n - 1] - decades[n - 2]) / (from - axis(score[n - 2]));
  const left = MAX_SURPRISE - decades[n - 1];
  if (!(slope > 0) || left <= 0) return;
  const to = scale === 'positive' ? from + left / slope : Math.min(from + left / slope, Math.log(LAST_ODDS));
  for (let i = 1; i <= BEYOND; i++) {
    const at = from + ((to - from) * i) / BEYOND;
    const next = back(at);
    if (!(next > score[score.length - 1])) return;
    score.push(next);
    decades.push(Math.min(MAX_SURPRISE, decades[n - 1] + slope * (at - from)));
  }
}
