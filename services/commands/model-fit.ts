import { ACCOUNT_LIST } from '../../models/learned/account-terms.ts';
import { featureListHash, type LearnedView } from '../../models/learned/feature-list.ts';
import { INTERFACE_LIST } from '../../models/learned/interface-terms.ts';
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
  return [ACCOUNT_LIST, INTERFACE_LIST].map((list) => {
    const expected = featureListHash(list);
    const found = manifest.views[list.view].features.hash;
    return { view: list.view, fits: expected === found, expected, found };
  });
}
