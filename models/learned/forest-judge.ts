import type { Term } from '../evidence.ts';
import type { CompiledForest } from '../forest/compile.ts';
import { ForestExplainer } from '../forest/explain.ts';
import type { ForestModel } from '../forest/model.ts';
import { evidenceOfScore } from './evidence-map.ts';
import type { RowMaker } from './feature-list.ts';
import type { LearnedJudge } from './judge.ts';
import type { ManifestModel } from './learned-models.ts';

/**
 * A forest as judge: the score is the probability that it gives to the last class (attack); bias is the forest's mean
 * probability, and the contributions are the exact path-dependent Shapley values of the inputs (models/forest/explain.ts).
 */
export function createForestJudge(
  model: ForestModel,
  compiled: CompiledForest,
  maker: RowMaker,
  map: ManifestModel['evidence'],
): LearnedJudge {
  const row = new Float64Array(maker.width);
  const explainer = new ForestExplainer(model, model.classes.length - 1);
  const scoreOf = (terms: readonly Term[]): number => compiled.row(maker.fill(terms, row), 0);
  return {
    evidenceOfRow: (given) => evidenceOfScore(map, compiled.row(given, 0)),
    evidence: (terms) => evidenceOfScore(map, scoreOf(terms)),
    judge(terms) {
      const score = scoreOf(terms);
      const { bias, contributions: all } = explainer.explain(row);
      const contributions = terms.map((term) => all[maker.at(term.feature)]);
      let rest = 0;
      for (let i = 0; i < row.length; i++) if (Number.isNaN(row[i])) rest += all[i];
      return { evidence: evidenceOfScore(map, score), score, bias, contributions, rest };
    },
  };
}
