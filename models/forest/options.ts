import { WeirError } from '../../services/core/errors.ts';
import { MAX_BINS } from './binning.ts';
import type { Table } from './table.ts';

/** What a forest is grown by. Defaults are those of scikit-learn's RandomForestClassifier. */
export interface ForestOptions {
  /** number of trees, 1 to 100,000; 100 */
  readonly trees?: number;
  /** deepest leaf, the root at 0; without limit when left out */
  readonly maxDepth?: number;
  /** most leaves of a tree, 2 and up: the split that gains most comes first; without limit when left out */
  readonly maxLeaves?: number;
  /** least number of different training rows in a leaf; 1 */
  readonly minLeaf?: number;
  /** least number of different training rows in a node that may be split; 2 */
  readonly minSplit?: number;
  /** features looked at for a split: a count, or `sqrt` (rounded down), `log2` (rounded down), `all`; `sqrt` */
  readonly featuresPerSplit?: number | 'sqrt' | 'log2' | 'all';
  /**
   * true: each tree learns from rows drawn with replacement; `groups`: from the table's groups drawn with replacement, so
   * that a row is out of bag only where its whole group is; false: from all rows. true
   */
  readonly bootstrap?: boolean | 'groups';
  /** share of the rows (groups) drawn for a tree, above 0 up to 1; without replacement when `bootstrap` is false; 1 */
  readonly sampleShare?: number;
  /**
   * factor on the weight of the rows of a class: `balanced` makes all classes weigh the same in the table
   * (weight / (classes x weight of the class)), or a factor > 0 by label (1 for labels that are not named); none
   */
  readonly classWeights?: 'balanced' | Readonly<Record<string, number>>;
  /** how impure a node is: `gini` or `entropy`; `gini` */
  readonly criterion?: 'gini' | 'entropy';
  /** most bins of a feature, 2 to 255, beside the one for missing values; 255 */
  readonly bins?: number;
}

/** Options with everything said, for one table. */
export interface ForestPlan {
  readonly trees: number;
  /** deepest leaf; Infinity without limit */
  readonly maxDepth: number;
  /** most leaves; Infinity without limit */
  readonly maxLeaves: number;
  readonly minLeaf: number;
  readonly minSplit: number;
  /** features looked at for a split */
  readonly featuresPerSplit: number;
  readonly bootstrap: boolean | 'groups';
  readonly sampleShare: number;
  /** factor of each class, in the order of the table's classes */
  readonly classWeights: Float64Array;
  readonly criterion: 'gini' | 'entropy';
  readonly bins: number;
}

/** Checks options for a table and fills in defaults. Raises WeirError `config` with the option, its value and its range. */
export function planForest(table: Table, options: ForestOptions): ForestPlan {
  const features = table.features.length;
  const bootstrap = options.bootstrap ?? true;
  if (bootstrap === 'groups' && !table.groups) throw new WeirError('config', "forest option bootstrap: 'groups' needs a table with groups");
  const criterion = options.criterion ?? 'gini';
  if (criterion !== 'gini' && criterion !== 'entropy') throw wrong('criterion', criterion, "'gini' or 'entropy'");
  const sampleShare = options.sampleShare ?? 1;
  if (!(sampleShare > 0 && sampleShare <= 1)) throw wrong('sampleShare', sampleShare, 'a number above 0, up to 1');
  return {
    trees: whole('trees', options.trees ?? 100, 1, 100_000),
    maxDepth: options.maxDepth === undefined ? Number.POSITIVE_INFINITY : whole('maxDepth', options.maxDepth, 1, 1_000_000),
    maxLeaves: options.maxLeaves === undefined ? Number.POSITIVE_INFINITY : whole('maxLeaves', options.maxLeaves, 2, 2 ** 30),
    minLeaf: whole('minLeaf', options.minLeaf ?? 1, 1, 2 ** 30),
    minSplit: whole('minSplit', options.minSplit ?? 2, 2, 2 ** 30),
    featuresPerSplit: featuresPerSplit(options.featuresPerSplit ?? 'sqrt', features),
    bootstrap,
    sampleShare,
    classWeights: classFactors(table, options.classWeights),
    criterion,
    bins: whole('bins', options.bins ?? MAX_BINS, 2, MAX_BINS),
  };
}

/** Raises WeirError `config` for a seed that is no finite number. */
export function checkSeed(seed: number): void {
  if (!Number.isFinite(seed)) throw new WeirError('config', `forest seed is ${seed}; it takes a finite number`);
}

function featuresPerSplit(asked: number | 'sqrt' | 'log2' | 'all', features: number): number {
  if (asked === 'all') return features;
  if (asked === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(features)));
  if (asked === 'log2') return Math.max(1, Math.floor(Math.log2(features)));
  return Math.min(features, whole('featuresPerSplit', asked, 1, 1_000_000));
}

function classFactors(table: Table, asked: ForestOptions['classWeights']): Float64Array {
  const factors = new Float64Array(table.classes.length).fill(1);
  if (asked === 'balanced') {
    const sums = new Float64Array(table.classes.length);
    let total = 0;
    for (let row = 0; row < table.rows; row++) {
      const weight = table.weights ? table.weights[row] : 1;
      sums[table.labels[row]] += weight;
      total += weight;
    }
    const present = sums.filter((sum) => sum > 0).length;
    return factors.map((_, k) => (sums[k] > 0 ? total / (present * sums[k]) : 1));
  }
  for (const [label, factor] of Object.entries(asked ?? {})) {
    const k = table.classes.indexOf(label);
    if (k < 0) throw wrong(`classWeights.${label}`, factor, `one of the table's classes: ${table.classes.join(', ')}`);
    if (!(factor > 0 && Number.isFinite(factor))) throw wrong(`classWeights.${label}`, factor, 'a finite number above 0');
    factors[k] = factor;
  }
  return factors;
}

function whole(name: string, value: number, low: number, high: number): number {
  if (!(Number.isInteger(value) && value >= low && value <= high)) throw wrong(name, value, `a whole number from ${low} to ${high}`);
  return value;
}

function wrong(name: string, value: unknown, right: string): WeirError {
  return new WeirError('config', `forest option ${name} is ${JSON.stringify(value) ?? String(value)}; it takes ${right}`);
}
