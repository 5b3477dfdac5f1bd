import { createAutoencoder } from '../../models/autoencoder/autoencoder.ts';
import type { Backend } from '../../models/autoencoder/backend.ts';
import { encodeAutoencoder } from '../../models/autoencoder/codec.ts';
import type { AutoencoderData } from '../../models/autoencoder/data.ts';
import { trainAutoencoder } from '../../models/autoencoder/train.ts';
import { encodeForest } from '../../models/forest/codec.ts';
import { compileForest } from '../../models/forest/compile.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import type { ForestOptions } from '../../models/forest/train.ts';
import { trainForest } from '../../models/forest/train.ts';
import { type FeatureList, featureListHash } from '../../models/learned/feature-list.ts';
import { fitEvidence } from '../../models/learned/fit-evidence.ts';
import { fitUsual } from '../../models/learned/fit-usual.ts';
import { goldenRows } from '../../models/learned/golden-script.ts';
import type { LearnedKind } from '../../models/learned/judge.ts';
import type { ManifestModel, ManifestView } from '../../models/learned/learned-models.ts';
import { sha256 } from '../../models/registry/bundle-folder.ts';
import { ATTACK } from './row-store.ts';
import { CLASSES, forestTable, learningWeights, rowsOf, type ViewTable } from './view-table.ts';

/** How a bundle's models are trained. */
export interface FitOptions {
  forest: ForestOptions;
  autoencoder: { hidden?: readonly number[]; epochs: number; rows: number };
  /** tenants are split into so many parts for the scores that the autoencoder's map is made of */
  folds: number;
}

/**
 * Depth and leaves keep a view's forest below 400 kB. Entropy, small leaves and clean windows that weigh twice what the
 * attacks do are what finds most where it counts: at one clean window in ten thousand called odd. A tree learns from
 * tenants drawn with replacement, so that every tenant is judged by trees that never saw it.
 */
export const FIT: FitOptions = {
  forest: {
    trees: 120,
    maxDepth: 12,
    maxLeaves: 256,
    minLeaf: 4,
    featuresPerSplit: 20,
    criterion: 'entropy',
    bootstrap: 'groups',
    classWeights: { [CLASSES[0]]: 2 },
  },
  autoencoder: { epochs: 12, rows: 20_000 },
  folds: 2,
};

/** One view of a bundle, with the scores that it was judged by. */
export interface FittedView {
  manifest: ManifestView;
  files: Record<string, Uint8Array>;
  forest: ForestModel;
  importance: Float64Array;
  /** by row of the table: scores by models that did not see the row's tenant */
  heldOut: Record<LearnedKind, Float64Array>;
}

/** Trains the models of one view. Depends on the table, the options and the seed alone. */
export function fitView(
  table: ViewTable,
  options: FitOptions,
  seed: number,
  foldOf: readonly number[],
  backend: Backend,
  own?: Float64Array,
): FittedView {
  const { view, list } = table;
  const clean = Array.from(table.label.keys()).filter((row) => table.label[row] !== ATTACK);
  const cleanTable = rowsOf(table, clean);
  const golden = goldenRows(view);
  const goldenFlat = Float64Array.from(golden.flatMap((row) => [...row]));

  const weights = learningWeights(table, own);
  const trained = trainForest(forestTable(table, weights), options.forest, seed);
  const compiled = compileForest(trained.model);
  const unseen = outOfBagScores(trained.outOfBag?.probabilities, table.rows);
  const goldenForest = new Float64Array(golden.length);
  compiled.positive(goldenFlat, golden.length, goldenForest);

  const net = fitNet(cleanTable, list, options, seed, backend);
  const netScores = new Float64Array(table.rows);
  for (let fold = 0; fold < options.folds; fold++) {
    const others = clean.filter((row) => foldOf[table.tenant[row]] !== fold);
    const members = Array.from(table.label.keys()).filter((row) => foldOf[table.tenant[row]] === fold);
    if (others.length < 2 || members.length === 0) continue;
    const part = rowsOf(table, members);
    const scores = scoreNet(fitNet(rowsOf(table, others), list, options, seed + 1 + fold, backend), part.values, part.rows, backend);
    members.forEach((row, i) => {
      netScores[row] = scores[i];
    });
  }

  const evidenceOf = (scores: Float64Array, scale: 'probability' | 'positive'): ManifestModel['evidence'] =>
    fitEvidence(
      Float64Array.from(clean, (row) => scores[row]),
      cleanTable.windows,
      table.cleanWindows,
      scale,
    );
  const forestFile = `${view}.forest`;
  const netFile = `${view}.autoencoder`;
  const files = { [forestFile]: encodeForest(trained.model), [netFile]: encodeAutoencoder(net) };
  return {
    files,
    forest: trained.model,
    importance: trained.importance,
    heldOut: { forest: unseen, autoencoder: netScores },
    manifest: {
      features: { version: list.version, hash: featureListHash(list), names: list.features.map(({ name }) => name) },
      models: {
        forest: { file: forestFile, sha256: sha256(files[forestFile]), evidence: evidenceOf(unseen, 'probability') },
        autoencoder: { file: netFile, sha256: sha256(files[netFile]), evidence: evidenceOf(netScores, 'positive') },
      },
      golden: {
        rows: golden.map((row) => Array.from(row, (value) => (Number.isNaN(value) ? null : value))),
        scores: { forest: [...goldenForest], autoencoder: [...scoreNet(net, goldenFlat, golden.length, backend)] },
      },
      usual: fitUsual(list, cleanTable.values, cleanTable.windows),
    },
  };
}

/** Probability of attack by the trees that did not see the row's tenant; those that every tree saw count as clean. */
function outOfBagScores(probabilities: Float64Array | undefined, rows: number): Float64Array {
  const attack = CLASSES.length - 1;
  return Float64Array.from({ length: rows }, (_, row) => {
    const score = probabilities?.[row * CLASSES.length + attack];
    return score === undefined || Number.isNaN(score) ? 0 : score;
  });
}

/** Rows are drawn evenly over the table, each as often as the windows that it stands for would come, up to the limit. */
function fitNet(clean: ViewTable, list: FeatureList, options: FitOptions, seed: number, backend: Backend): AutoencoderData {
  const { epochs, hidden, rows: most } = options.autoencoder;
  const chosen = drawByWindows(clean.windows, most);
  const values = rowsOf(clean, chosen).values;
  return trainAutoencoder(
    values,
    chosen.length,
    list.features.map(({ name }) => name),
    { epochs, ...(hidden === undefined ? {} : { hidden }) },
    seed,
    backend,
  );
}

/** Systematic sampling with probability proportional to the windows; every row once where there are few. */
export function drawByWindows(windows: Float64Array, most: number): number[] {
  const total = windows.reduce((sum, n) => sum + n, 0);
  const count = Math.min(most, Math.ceil(total));
  const step = total / count;
  const chosen: number[] = [];
  let mass = 0;
  let next = step / 2;
  for (let row = 0; row < windows.length; row++) {
    mass += windows[row];
    while (next < mass && chosen.length < count) {
      chosen.push(row);
      next += step;
    }
  }
  return chosen;
}

function scoreNet(data: AutoencoderData, values: Float64Array, rows: number, backend: Backend): Float64Array {
  const scorer = createAutoencoder(data, backend, { name: 'autoencoder', version: '0' });
  try {
    const out = new Float64Array(rows);
    scorer.score(values, rows, out);
    return out;
  } finally {
    scorer.dispose();
  }
}
