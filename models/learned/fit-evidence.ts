import { MAX_SURPRISE } from '../evidence.ts';
import type { ManifestModel } from './learned-models.ts';

/** Points of a map lie this far apart, decades. */
const STEP = 0.2;
/** Fewer clean windows than this say nothing of a tail: beyond them the last slope goes on. */
const LEAST_WINDOWS = 6;
/** Scores nearer to each other than this part of their range are one point. */
const LEAST_GAP = 1e-4;

/**
 * The evidence map of a trained scorer: decades = -log10 of the share of all clean windows that score at least so high,
 * windows that the gate held back counted as lower than every score. Rises with the score by construction (a tail share
 * is isotonic); a few dozen points; the last two lie a decade apart where the data reach so far, since their slope is
 * what goes on beyond.
 * @param scores of clean windows that the gate let through, by a model that was not trained on their tenants
 * @param weights how many windows each stands for
 * @param total clean windows in all, >= the sum of the weights
 */
export function fitEvidence(scores: Float64Array, weights: Float64Array, total: number): ManifestModel['evidence'] {
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
  if (score.length >= 2) return { score, decades };
  // too little to say anything: what passes the gate is as rare as the gate makes it, and no score adds to it
  const base = Math.max(0, -Math.log10(Math.min(1, Math.max(seen, 1) / all)));
  return { score: [0, 1], decades: [base, base] };
}
