/** How well a score parts attack from clean windows; clean rows count for all the windows that they stand for. */
export interface RankFigures {
  attacks: number;
  /** windows that the clean rows stand for */
  clean: number;
  /** area under the ROC curve; NaN without attacks or clean windows */
  auc: number;
  /** average precision at the table's own share of attacks */
  averagePrecision: number;
  /** share of attack windows found when 1 % and 0.1 % of the clean windows are called odd */
  tpr1: number;
  tpr01: number;
}

/**
 * @param score by row; higher is odder
 * @param attack 1 for attack rows
 * @param weight windows that a row stands for
 * @param behind clean windows that got no score (the gate held them back): lower than all
 */
export function rankFigures(score: ArrayLike<number>, attack: ArrayLike<number>, weight: ArrayLike<number>, behind = 0): RankFigures {
  const order = Array.from({ length: score.length }, (_, row) => row).sort((a, b) => score[b] - score[a]);
  let attacks = 0;
  let clean = behind;
  for (let row = 0; row < score.length; row++) {
    if (attack[row] === 1) attacks += weight[row];
    else clean += weight[row];
  }
  let hits = 0;
  let wrong = 0;
  let area = 0;
  let precision = 0;
  let tpr1 = 0;
  let tpr01 = 0;
  for (let i = 0; i < order.length; ) {
    let h = 0;
    let w = 0;
    let end = i;
    while (end < order.length && score[order[end]] === score[order[i]]) {
      if (attack[order[end]] === 1) h += weight[order[end]];
      else w += weight[order[end]];
      end++;
    }
    // within a tie the curve is straight
    if (wrong + w <= 0.01 * clean) tpr1 = (hits + h) / attacks;
    else if (wrong < 0.01 * clean) tpr1 = (hits + (h * (0.01 * clean - wrong)) / w) / attacks;
    if (wrong + w <= 0.001 * clean) tpr01 = (hits + h) / attacks;
    else if (wrong < 0.001 * clean) tpr01 = (hits + (h * (0.001 * clean - wrong)) / w) / attacks;
    area += w * (hits + h / 2);
    hits += h;
    wrong += w;
    if (h > 0) precision += (h * hits) / (hits + wrong);
    i = end;
  }
  area += behind * attacks;
  return {
    attacks,
    clean,
    auc: attacks > 0 && clean > 0 ? area / (attacks * clean) : Number.NaN,
    averagePrecision: attacks > 0 ? precision / attacks : Number.NaN,
    tpr1: attacks > 0 ? tpr1 : Number.NaN,
    tpr01: attacks > 0 ? tpr01 : Number.NaN,
  };
}
