import type { BundleData } from '../../models/learned/learned-models.ts';
import { readBundle } from '../../models/registry/bundle-folder.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';

/** The bundle of a folder; the newest shipped one when none is named; undefined for `none`: baselines alone. */
export function evaluationBundle(folder: string | undefined): BundleData | undefined {
  if (folder === 'none') return undefined;
  if (folder !== undefined) return readBundle(folder);
  const catalogue = new BundleCatalogue(undefined);
  return catalogue.newestShipped === undefined ? undefined : catalogue.bundle(catalogue.newestShipped);
}
