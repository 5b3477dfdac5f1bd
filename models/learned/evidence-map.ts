import { MAX_SURPRISE } from '../evidence.ts';
import type { ManifestModel } from './learned-models.ts';

/**
 * Evidence in decades of a trained scorer's score: -log10 of the share of clean windows, of tenants that it was not
 * trained on, that score at least so high. Linear between the map's points, the slope of the last two beyond them,
 * 0..MAX_SURPRISE. Never falls as the score rises.
 */
export function evidenceOfScore(map: ManifestModel['evidence'], value: number): number {
  const { score, decades } = map;
  const n = score.length;
  if (n === 0 || value <= score[0]) return n === 0 ? 0 : Math.max(0, decades[0]);
  let low = 0;
  let high = n - 1;
  if (value >= score[high]) low = Math.max(0, high - 1);
  else {
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (score[middle] <= value) low = middle;
      else high = middle;
    }
  }
  const next = Math.min(n - 1, low + 1);
  const width = score[next] - score[low];
  const slope = width > 0 ? (decades[next] - decades[low]) / width : 0;
  return Math.min(MAX_SURPRISE, Math.max(0, decades[low] + slope * (value - score[low])));
}
