import type { IncidentRecord } from '../../schemas/alert.ts';
import type { Evaluation } from './incidents.ts';

/** What is found and what is false when only incidents of that strength and more are read. */
export interface PrecisionRecallPoint {
  /** least score of an incident that is read */
  score: number;
  recall: number;
  /** true / (true + false); 1 of none */
  precision: number;
  falsePerTenantDay: number;
}

export interface PrecisionRecall {
  /** from the strongest incidents alone to all that were raised */
  points: PrecisionRecallPoint[];
  /** area under the points that were reached (sum of precision x gain of recall): what was not raised adds nothing */
  averagePrecision: number;
}

/** More points than this are thinned out evenly. */
const MOST_POINTS = 120;

/**
 * Sweep over the strength (score) of the incidents of one run. Nothing is chosen by it: thresholds stay those of the run,
 * which is the last point.
 */
export function precisionRecall(judged: Evaluation, incidents: readonly IncidentRecord[], tenantDays: number): PrecisionRecall {
  const scores = new Map(incidents.map((incident) => [incident.incident_id, incident.score]));
  const ranked = judged.incidents
    .filter((result) => result.class === 'true' || result.class === 'false')
    .map((result) => ({ ...result, score: scores.get(result.incident) ?? 0 }))
    .sort((a, b) => b.score - a.score);
  const found = new Set<string>();
  const all = judged.campaigns.length;
  const points: PrecisionRecallPoint[] = [];
  let right = 0;
  let wrong = 0;
  let area = 0;
  let before = 0;
  ranked.forEach((result, i) => {
    if (result.class === 'true') right++;
    else wrong++;
    for (const campaign of result.campaigns) found.add(`${result.tenant} ${campaign}`);
    // incidents of one strength come together
    if (i + 1 < ranked.length && ranked[i + 1].score === result.score) return;
    const recall = all > 0 ? found.size / all : 0;
    const precision = right / (right + wrong);
    area += precision * (recall - before);
    before = recall;
    points.push({ score: result.score, recall, precision, falsePerTenantDay: tenantDays > 0 ? wrong / tenantDays : 0 });
  });
  return { points: thinned(points), averagePrecision: area };
}

function thinned<T>(points: readonly T[]): T[] {
  if (points.length <= MOST_POINTS) return [...points];
  return Array.from({ length: MOST_POINTS }, (_, i) => points[Math.round((i * (points.length - 1)) / (MOST_POINTS - 1))]);
}
