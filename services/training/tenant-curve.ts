import { compileForest } from '../../models/forest/compile.ts';
import { type ForestOptions, trainForest } from '../../models/forest/train.ts';
import type { TenantPoint } from '../../models/registry/training-figures.ts';
import { foldsOf } from './folds.ts';
import { rankFigures } from './row-figures.ts';
import { ATTACK } from './row-store.ts';
import { CLASSES, forestTable, learningWeights, rowsOf, type ViewTable } from './view-table.ts';

/** Parts of the tenants; each is judged by forests that learned from the others. */
const PARTS = 3;
/** Shares of the other tenants that a forest learns from, in eighths. */
const EIGHTHS = [1, 2, 4, 8] as const;
/** Trees of a forest of the curve: fewer than a bundle has, for it is grown a dozen times. */
export const CURVE_TREES = 30;

/** A tenant of the table, in its order. */
export interface CurveTenant {
  tenant: string;
  kind: string;
  /** clean windows of the view, those behind the gate included */
  cleanWindows: number;
}

/**
 * How a view's forest gets better as it learns from more tenants: forests of `CURVE_TREES` trees learn from an eighth, a
 * quarter, a half and all of two thirds of the tenants, each share of every kind and within the next one, and judge the
 * last third, which they never saw; every third in turn. Shares that hold one class only are left out. Depends on the
 * table, the options and the seed alone.
 * @param own what rows of real tenants weigh more, by row
 */
export function tenantCurve(
  table: ViewTable,
  tenants: readonly CurveTenant[],
  forest: ForestOptions,
  seed: number,
  own?: Float64Array,
): TenantPoint[] {
  const cell = foldsOf(tenants, PARTS * 8);
  const rows = Array.from(table.label.keys());
  return EIGHTHS.flatMap((eighths): TenantPoint[] => {
    const scores = new Float64Array(table.rows);
    const learnedFrom: number[] = [];
    for (let part = 0; part < PARTS; part++) {
      const learns = (t: number): boolean => cell[t] % PARTS !== part && Math.floor(cell[t] / PARTS) < eighths;
      const judged = rows.filter((row) => cell[table.tenant[row]] % PARTS === part);
      if (judged.length === 0) continue;
      const learned = rows.filter((row) => learns(table.tenant[row]));
      if (new Set(learned.map((row) => table.label[row])).size < CLASSES.length) return [];
      learnedFrom.push(tenants.filter((_, t) => learns(t)).length);
      const given = judge(
        rowsOf(table, learned),
        rowsOf(table, judged),
        forest,
        seed,
        own && Float64Array.from(learned, (row) => own[row]),
      );
      judged.forEach((row, i) => {
        scores[row] = given[i];
      });
    }
    const clean = tenants.reduce((sum, one) => sum + one.cleanWindows, 0);
    const through = rows.reduce((sum, row) => sum + (table.label[row] === ATTACK ? 0 : table.windows[row]), 0);
    const { auc, found } = rankFigures(scores, table.label, table.windows, Math.max(0, clean - through));
    if (Number.isNaN(auc)) return [];
    return [{ tenants: learnedFrom.reduce((sum, n) => sum + n, 0) / learnedFrom.length, auc, found }];
  });
}

function judge(learned: ViewTable, judged: ViewTable, forest: ForestOptions, seed: number, own?: Float64Array): Float64Array {
  const { model } = trainForest(forestTable(learned, learningWeights(learned, own)), { ...forest, trees: CURVE_TREES }, seed);
  const scores = new Float64Array(judged.rows);
  compileForest(model).positive(judged.values, judged.rows, scores);
  return scores;
}
