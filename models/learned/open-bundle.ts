import { WeirError } from '../../services/core/errors.ts';
import { createAutoencoder } from '../autoencoder/autoencoder.ts';
import type { Backend } from '../autoencoder/backend.ts';
import { decodeAutoencoder } from '../autoencoder/codec.ts';
import { decodeForest } from '../forest/codec.ts';
import { compileForest } from '../forest/compile.ts';
import type { Scorer } from '../scorer.ts';
import { createAutoencoderJudge } from './autoencoder-judge.ts';
import { type FeatureList, featureListHash, type LearnedView, RowMaker } from './feature-list.ts';
import { FEATURE_LISTS, LEARNED_VIEWS } from './feature-lists.ts';
import { createForestJudge } from './forest-judge.ts';
import { goldenRows } from './golden-script.ts';
import type { LearnedJudge, LearnedKind } from './judge.ts';
import type { BundleData, LearnedModels, ManifestView } from './learned-models.ts';

/** Rows of the extractor are the same within this, relative to the larger of 1 and the value. */
const SAME_ROW = 1e-9;
/** Scores of a forest are sums in one order; those of a net differ with the backend's order of adding up. */
const SAME_SCORE: Readonly<Record<LearnedKind, number>> = { forest: 1e-9, autoencoder: 1e-3 };

/**
 * Makes a bundle's scorers ready, after checking that it was trained on the features that this program computes: the hash
 * of each feature list, rows that the extractor makes of a fixed script, and what the scorers say of these.
 * @param backend where nets run; asked for only when the bundle has one
 * @param checks `all`; `hashes` in further threads of a process that has made all checks
 * @throws WeirError `model_features` naming both hashes, or the first golden row that differs
 */
export async function openBundle(
  { manifest, files }: BundleData,
  backend: () => Promise<Backend>,
  checks: 'all' | 'hashes' = 'all',
): Promise<LearnedModels> {
  const judges: Record<LearnedView, Partial<Record<LearnedKind, LearnedJudge>>> = { account: {}, interface: {} };
  for (const view of LEARNED_VIEWS) {
    const says = manifest.views[view];
    const list = FEATURE_LISTS[view];
    checkHash(manifest.version, view, list, says);
    const maker = new RowMaker(list);
    if (checks === 'all') checkRows(manifest.version, view, list, says);
    const rows = Float64Array.from(says.golden.rows.flat(), (value) => value ?? Number.NaN);
    const check = (kind: LearnedKind, score: (out: Float64Array) => void): void => {
      if (checks !== 'all') return;
      const out = new Float64Array(says.golden.rows.length);
      score(out);
      checkScores(manifest.version, view, kind, out, says.golden.scores[kind] ?? []);
    };
    const { forest, autoencoder } = says.models;
    if (forest !== undefined) {
      const model = decodeForest(files[forest.file]);
      const compiled = compileForest(model);
      check('forest', (out) => compiled.positive(rows, out.length, out));
      judges[view].forest = createForestJudge(model, compiled, maker, forest.evidence);
    }
    if (autoencoder !== undefined) {
      const data = decodeAutoencoder(files[autoencoder.file]);
      const scorer: Scorer = createAutoencoder(data, await backend(), { name: `${view} autoencoder`, version: manifest.version });
      check('autoencoder', (out) => scorer.score(rows, out.length, out));
      judges[view].autoencoder = createAutoencoderJudge(scorer, maker, autoencoder.evidence);
    }
  }
  return {
    version: manifest.version,
    lists: FEATURE_LISTS,
    usual: { account: manifest.views.account.usual, interface: manifest.views.interface.usual },
    judge: (view, kind) => judges[view][kind],
  };
}

/** Throws `model_features` when a bundle was trained on another list of features than this program's. */
export function checkHash(version: string, view: LearnedView, list: FeatureList, says: ManifestView): void {
  const ours = featureListHash(list);
  if (says.features.hash === ours) return;
  throw new WeirError(
    'model_features',
    `model ${version} was trained on ${view} features ${says.features.hash} (version ${says.features.version}), this program computes ${ours} (version ${list.version}): train it again with \`weir train\`, or use the program that it came with`,
  );
}

function checkRows(version: string, view: LearnedView, list: FeatureList, says: ManifestView): void {
  const rows = goldenRows(view);
  if (rows.length !== says.golden.rows.length)
    throw new WeirError(
      'model_features',
      `model ${version} has ${says.golden.rows.length} golden rows of view ${view}, this program makes ${rows.length}`,
    );
  rows.forEach((row, r) => {
    row.forEach((value, i) => {
      const stated = says.golden.rows[r][i] ?? Number.NaN;
      const same = Number.isNaN(value) ? Number.isNaN(stated) : Math.abs(value - stated) <= SAME_ROW * Math.max(1, Math.abs(stated));
      if (!same)
        throw new WeirError(
          'model_features',
          `model ${version} was trained with ${list.features[i].name} = ${stated} in golden row ${r} of view ${view}, this program computes ${value}: the extractor has changed without a new version of its list`,
        );
    });
  });
}

function checkScores(version: string, view: LearnedView, kind: LearnedKind, scores: Float64Array, stated: readonly number[]): void {
  scores.forEach((score, r) => {
    if (!(Math.abs(score - stated[r]) <= SAME_SCORE[kind] * Math.max(1, Math.abs(stated[r]))))
      throw new WeirError(
        'model_features',
        `the ${kind} of model ${version}, view ${view}, scores golden row ${r} as ${score}, its manifest says ${stated[r]}`,
      );
  });
}
