import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WeirError } from '../../services/core/errors.ts';
import type { BundleData } from '../learned/learned-models.ts';
import { bundleHash, readBundle, writeBundle } from './bundle-folder.ts';
import { BUNDLE_VERSION } from './manifest-schema.ts';

/** A version that a data folder knows. */
export interface KnownBundle {
  version: string;
  folder: string;
  /** came with the program */
  shipped: boolean;
}

/** Where the bundles of this installation lie: models/shipped of the nearest folder above with a package.json, from source and from dist/ alike. */
export function shippedFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'models', 'shipped');
}

/** Where a data folder keeps its own bundles. */
export function ownFolder(dataFolder: string): string {
  return join(dataFolder, 'models');
}

/** All bundles that a data folder knows: those that came with the program, then its own. Nothing is read before it is asked for. */
export class BundleCatalogue {
  readonly bundles: readonly KnownBundle[];
  private readonly own: string | undefined;
  private readonly shipped: string;

  /**
   * @param dataFolder undefined: the shipped ones only
   * @throws WeirError `model_exists` when an own bundle has the name of a shipped one
   */
  constructor(dataFolder: string | undefined, shipped = shippedFolder()) {
    this.own = dataFolder === undefined ? undefined : ownFolder(dataFolder);
    this.shipped = shipped;
    const came = versionsIn(shipped).map((version) => ({ version, folder: join(shipped, version), shipped: true }));
    const own = this.own;
    const added = own === undefined ? [] : versionsIn(own).map((version) => ({ version, folder: join(own, version), shipped: false }));
    for (const bundle of added) {
      const twin = came.find(({ version }) => version === bundle.version);
      if (twin !== undefined && bundleHash(readBundle(bundle.folder)) !== bundleHash(readBundle(twin.folder))) {
        throw new WeirError(
          'model_exists',
          `${bundle.folder} has the version of another bundle, which came with this program (${twin.folder}): move it away and give it another version`,
        );
      }
    }
    this.bundles = [...came, ...added.filter(({ version }) => !came.some((bundle) => bundle.version === version))];
  }

  /** Version of the newest shipped bundle (the last by name, numbers by value); undefined when none was shipped. */
  get newestShipped(): string | undefined {
    return this.bundles.findLast((bundle) => bundle.shipped)?.version;
  }

  has(version: string): boolean {
    return this.bundles.some((bundle) => bundle.version === version);
  }

  /** Where a version lies. Throws `model_unknown` naming those that there are. */
  find(version: string): KnownBundle {
    const found = this.bundles.find((bundle) => bundle.version === version);
    if (found !== undefined) return found;
    const known = this.bundles.map((bundle) => bundle.version).join(', ');
    throw new WeirError('model_unknown', `there is no model ${version}; ${known === '' ? 'none is known here' : `known are: ${known}`}`);
  }

  /** Reads and verifies a version. Throws `model_unknown`, `model_corrupt`. */
  bundle(version: string): BundleData {
    const { folder } = this.find(version);
    const data = readBundle(folder);
    if (data.manifest.version !== version) {
      throw new WeirError('model_corrupt', `${folder} holds version ${data.manifest.version}: its folder has to bear that name`);
    }
    return data;
  }

  /** Takes a bundle into the data folder under its own version; one that came with the program is not copied. Throws `model_exists`, `model_corrupt`, `disk`. */
  add(data: BundleData): KnownBundle {
    if (this.own === undefined) throw new Error('a catalogue without a data folder takes no bundles');
    const { version } = data.manifest;
    const shipped = this.bundles.find((bundle) => bundle.shipped && bundle.version === version);
    if (shipped !== undefined) {
      if (bundleHash(readBundle(shipped.folder)) === bundleHash(data)) return shipped;
      throw new WeirError(
        'model_exists',
        `version ${version} came with this program (${shipped.folder}): train the new one under another version`,
      );
    }
    const folder = join(this.own, version);
    writeBundle(folder, data);
    return { version, folder, shipped: false };
  }
}

/** Versions that have a folder, in order of name with numbers by value. */
function versionsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const order = new Intl.Collator('en', { numeric: true });
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && BUNDLE_VERSION.test(entry.name))
    .map((entry) => entry.name)
    .sort(order.compare);
}
