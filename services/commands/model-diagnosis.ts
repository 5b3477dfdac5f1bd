import type { LearnedView } from '../../models/learned/feature-list.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { WeirError } from '../core/errors.ts';
import { ALL_TENANTS, challengerText, NO_MODEL, named } from '../state/model-switches.ts';
import { featureFit } from './model-fit.ts';
import { type Standing, sinceText, standingOf } from './model-standing.ts';

/** What `weir doctor` says of the trained scorers of a data folder. */
export interface ModelsDiagnosis {
  in_force: Standing['in_force'];
  /** of every version in force: whether it was trained on the features that this program computes */
  features: { version: string; view: LearnedView; fits: boolean; expected: string; found: string }[];
  /** why a run would refuse them */
  problem: string | undefined;
}

export function diagnoseModels(dataFolder: string): ModelsDiagnosis {
  try {
    const { in_force } = standingOf(dataFolder);
    const catalogue = new BundleCatalogue(dataFolder);
    const versions = new Set(
      in_force.flatMap(({ champion, challenger }) => [champion, challenger]).filter((version) => version !== NO_MODEL),
    );
    const features = [...versions].flatMap((version) => featureFit(catalogue.bundle(version).manifest).map((fit) => ({ version, ...fit })));
    const misfit = features.find(({ fits }) => !fits);
    const problem =
      misfit === undefined
        ? undefined
        : `model ${misfit.version} was trained on ${misfit.view} features ${misfit.found}, this program computes ${misfit.expected}: promote another (weir models), or train it again`;
    return { in_force, features, problem };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return { in_force: [], features: [], problem: error.message };
  }
}

/** For the table of `weir doctor`. */
export function modelFields({ in_force, features, problem }: ModelsDiagnosis): (readonly [name: string, value: string])[] {
  if (problem !== undefined) return [['models', problem]];
  const fit = features.length === 0 ? '' : '; features fit';
  return in_force.map(({ tenant, champion, challenger, since }) => [
    tenant === ALL_TENANTS ? 'models' : `models of ${tenant}`,
    `champion ${named(champion)}, ${sinceText(since)}; ${challengerText(challenger)}${fit}`,
  ]);
}
