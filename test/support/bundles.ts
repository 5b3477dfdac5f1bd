import { featureListHash } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import { goldenRows } from '../../models/learned/golden-script.ts';
import type { BundleData, ManifestView } from '../../models/learned/learned-models.ts';
import { sha256 } from '../../models/registry/bundle-folder.ts';

const text = new TextEncoder();

/** A bundle that has every part and means nothing: for what handles bundles without asking them. */
export function plainBundle(version: string, content = version): BundleData {
  const files: Record<string, Uint8Array> = {};
  const view = (name: 'account' | 'interface'): ManifestView => {
    const names = ['requests', 'failures'];
    const bytes = text.encode(`${name} forest of ${content}`);
    files[`${name}-forest.bin`] = bytes;
    return {
      features: {
        version: 1,
        hash: featureListHash({ view: name, version: 1, features: names.map((feature) => ({ name: feature, input: 'surprise' })) }),
        names,
      },
      models: {
        forest: { file: `${name}-forest.bin`, sha256: sha256(bytes), evidence: { score: [0.1, 0.9], decades: [0, 6] } },
      },
      golden: { rows: [[1, null]], scores: { forest: [0.25] } },
      usual: { requests: [0, 1, 2] },
    };
  };
  const views = { account: view('account'), interface: view('interface') };
  return { manifest: { format: 1, version, made: { seed: 7, tenants: 3, days: 2 }, views }, files };
}

/** A bundle that this program takes: its features are those of today, and it has no scorers. */
export function silentBundle(version: string, card?: string): BundleData {
  const view = (name: 'account' | 'interface'): ManifestView => {
    const list = FEATURE_LISTS[name];
    const rows = goldenRows(name).map((row) => Array.from(row, (value) => (Number.isNaN(value) ? null : value)));
    return {
      features: { version: list.version, hash: featureListHash(list), names: list.features.map((feature) => feature.name) },
      models: {},
      golden: { rows, scores: {} },
      usual: {},
    };
  };
  const views = { account: view('account'), interface: view('interface') };
  return {
    manifest: { format: 1, version, made: { seed: 7, name: version }, views },
    files: card === undefined ? {} : { 'card.md': text.encode(card) },
  };
}
