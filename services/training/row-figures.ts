/** How well a score parts attack from clean windows; clean rows count for all the windows that they stand for. */
export interface RankFigures {
  attacks: number;
  /** windows that the clean rows stand for */
  clean: number;
  /** area under the ROC curve; NaN without attacks or clean windows */
  auc: number;
  /** average precision at the table's own share of attacks */
  averagePrecision: number;
  /** share of attack windows found when 1 %, 0.1 % and 0.01 % of the clean windows are called odd: as RATES */
  found: number[];
}

/** Shares of clean windows that are called odd. An alert budget of one a day leaves about the last one to each scorer. */
export const RATES = [0.01, 0.001, 0.0001] as const;

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
  const found = RATES.map(() => 0);
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
    RATES.forEach((rate, r) => {
      if (wrong + w <= rate * clean) found[r] = hits + h;
      else if (wrong < rate * clean) found[r] = hits + (h * (rate * clean - wrong)) / w;
    });
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
    found: found.map((hit) => (attacks > 0 ? hit / attacks : Number.NaN)),
  };
}
