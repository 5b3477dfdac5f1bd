import { FULL_EVIDENCE, type Term } from '../evidence.ts';
import type { CompiledForest } from '../forest/compile.ts';
import { ForestExplainer } from '../forest/explain.ts';
import type { ForestModel } from '../forest/model.ts';
import { evidenceOfScore } from './evidence-map.ts';
import type { RowMaker } from './feature-list.ts';
import type { LearnedJudge } from './judge.ts';
import type { ManifestModel } from './learned-models.ts';

/**
 * A forest as judge of the probability that it gives to the last class (attack). As with every judge, the score is
 * evidence / FULL_EVIDENCE, so that scores of all detectors can be compared. Bias (the forest's mean probability over
 * clean windows) and contributions (exact path-dependent Shapley values of the inputs against clean windows,
 * models/forest/explain.ts), which add up to the probability, are told in units of the score: all times score / probability.
 */
export function createForestJudge(
  model: ForestModel,
  compiled: CompiledForest,
  maker: RowMaker,
  map: ManifestModel['evidence'],
): LearnedJudge {
  const row = new Float64Array(maker.width);
  const attack = model.classes.length - 1;
  // made when the first verdict is explained: tasks only score
  let explainer: ForestExplainer | undefined;
  const probabilityOf = (terms: readonly Term[]): number => compiled.row(maker.fill(terms, row), 0);
  return {
    evidenceOfRow: (given) => evidenceOfScore(map, compiled.row(given, 0)),
    evidence: (terms) => evidenceOfScore(map, probabilityOf(terms)),
    judge(terms) {
      const probability = probabilityOf(terms);
      const evidence = evidenceOfScore(map, probability);
      const score = Math.min(1, evidence / FULL_EVIDENCE);
      const unit = probability > 0 ? score / probability : 0;
      explainer ??= new ForestExplainer(
        model,
        attack,
        model.classes.map((_, k) => (k === attack ? 0 : 1)),
      );
      const { bias, contributions: all } = explainer.explain(row);
      const contributions = terms.map((term) => unit * all[maker.at(term.feature)]);
      let rest = 0;
      for (let i = 0; i < row.length; i++) if (Number.isNaN(row[i])) rest += all[i];
      return { evidence, score, bias: unit * bias, contributions, rest: unit * rest };
    },
  };
}
