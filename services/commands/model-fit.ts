import { featureListHash, type LearnedView } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS, LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import type { Manifest } from '../../models/learned/learned-models.ts';

/** Whether the features that a bundle was trained on are those that this program computes. */
export interface FeatureFit {
  view: LearnedView;
  fits: boolean;
  /** hash of this program's list */
  expected: string;
  /** hash that the manifest states */
  found: string;
}

export function featureFit(manifest: Manifest): FeatureFit[] {
  return LEARNED_VIEWS.map((view) => {
    const expected = featureListHash(FEATURE_LISTS[view]);
    const found = manifest.views[view].features.hash;
    return { view, fits: expected === found, expected, found };
  });
}
