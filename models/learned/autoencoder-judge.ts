import { FULL_EVIDENCE } from '../evidence.ts';
import type { Scorer } from '../scorer.ts';
import { evidenceOfScore } from './evidence-map.ts';
import type { RowMaker } from './feature-list.ts';
import type { LearnedJudge } from './judge.ts';
import type { ManifestModel } from './learned-models.ts';

/**
 * An autoencoder as judge. Its error has no upper bound, so the score of a verdict is, as with the baselines, evidence /
 * FULL_EVIDENCE, at most 1; contributions are each input's part of the error in these units, and there is no bias.
 */
export function createAutoencoderJudge(scorer: Scorer, maker: RowMaker, map: ManifestModel['evidence']): LearnedJudge {
  const row = new Float64Array(maker.width);
  const error = new Float64Array(1);
  const evidenceOfRow = (given: Float64Array): number => {
    scorer.score(given, 1, error);
    return evidenceOfScore(map, error[0]);
  };
  return {
    evidenceOfRow,
    evidence: (terms) => evidenceOfRow(maker.fill(terms, row)),
    judge(terms) {
      const { contributions: parts } = scorer.explain(maker.fill(terms, row));
      const total = parts.reduce((sum, part) => sum + part, 0);
      const evidence = evidenceOfScore(map, total);
      const score = Math.min(1, evidence / FULL_EVIDENCE);
      return {
        evidence,
        score,
        bias: 0,
        contributions: terms.map((term) => (total > 0 ? (parts[maker.at(term.feature)] * score) / total : 0)),
        rest: 0,
      };
    },
  };
}
