import { openBackend } from '../../models/autoencoder/backend.ts';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS, LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import type { BundleData, ManifestView } from '../../models/learned/learned-models.ts';
import { CARD_FILE, FIGURES_FILE } from '../../models/registry/manifest-schema.ts';
import { figuresBytes, type TrainingFigures } from '../../models/registry/training-figures.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import { collectRows } from './collect-rows.ts';
import type { TenantRows } from './collect-tenant.ts';
import { FIT, type FitOptions, type FittedView, fitView } from './fit-view.ts';
import { foldsOf } from './folds.ts';
import type { MarkedRows } from './marked-rows.ts';
import { modelCard } from './model-card.ts';
import { tenantCurve } from './tenant-curve.ts';
import { type TrainingTenant, trainingPlans } from './training-plans.ts';
import { type ViewTable, viewTable } from './view-table.ts';

/** What a bundle is made from: the same values give the same bytes (on one major version of Node). */
export interface MakeOptions {
  /** name of the version: of the folder it will lie in */
  version: string;
  seed: number;
  tenants: number;
  /** version of the program, written into the manifest */
  program: string;
  threads: number;
  addresses: AddressTables;
  /** rows of marked windows of real tenants, added to the simulated ones */
  marked?: MarkedRows;
  fit?: FitOptions;
  /** other tenants than the seed's; for tests */
  plans?: readonly TrainingTenant[];
  /** what is going on, for people: a step, and how much of it is done, 0..1 */
  onProgress?: (step: string, share: number) => void;
}

export interface MadeBundle {
  data: BundleData;
  views: Record<LearnedView, { table: ViewTable; fitted: FittedView }>;
  tenants: TenantRows[];
}

/**
 * Trains a bundle: simulates the training tenants of a seed one at a time a thread, labels their windows, trains a forest
 * and an autoencoder for each view, and calibrates both on tenants that they did not see.
 */
export async function makeBundle(options: MakeOptions): Promise<MadeBundle> {
  const { version, seed, threads, addresses, marked, onProgress } = options;
  const fit = options.fit ?? FIT;
  const plans = options.plans ?? trainingPlans(seed, options.tenants);
  const collected = await collectRows(plans, addresses, threads, (done, rows) =>
    onProgress?.(`tenant ${rows.tenant}, ${rows.kind}, ${rows.days} days`, done / plans.length),
  );
  const tenants = marked === undefined ? collected : [...collected, ...marked.tenants];
  const own = marked === undefined ? undefined : { from: collected.length, weight: marked.weight };
  const made = {
    seed,
    tenants: options.tenants,
    ...(marked === undefined ? {} : { marked: marked.made }),
    program: options.program,
    node: Number(process.versions.node.split('.')[0]),
  };
  const { data, views } = await fitBundle(tenants, { version, seed, fit, made, own, onProgress });
  const figures = trainingFigures(tenants, views, { fit, seed, own, onProgress });
  data.files[FIGURES_FILE] = figuresBytes(figures);
  data.files[CARD_FILE] = new TextEncoder().encode(modelCard({ manifest: data.manifest, tenants, views, fit, figures }));
  return { data, views, tenants };
}

export interface FitBundleOptions {
  version: string;
  seed: number;
  fit: FitOptions;
  /** goes into the manifest, with the backend */
  made: Record<string, unknown>;
  /** real tenants begin at `from`; their rows weigh so much more */
  own?: { from: number; weight: number };
  onProgress?: (step: string, share: number) => void;
}

/** Trains both views' models on rows that were collected; a bundle without its card. */
export async function fitBundle(tenants: readonly TenantRows[], options: FitBundleOptions): Promise<Omit<MadeBundle, 'tenants'>> {
  const { version, seed, fit, own, onProgress } = options;
  const backend = await openBackend('wasm');
  const foldOf = foldsOf(tenants, fit.folds);
  const views = {} as MadeBundle['views'];
  for (const [v, view] of LEARNED_VIEWS.entries()) {
    onProgress?.(`models of view ${view}`, v / LEARNED_VIEWS.length);
    const table = viewTable(view, FEATURE_LISTS[view], tenants);
    const factors = own === undefined ? undefined : ownFactors(table, own.from, own.weight);
    views[view] = { table, fitted: fitView(table, fit, seed, foldOf, backend, factors) };
  }
  const manifest: BundleData['manifest'] = {
    format: 1,
    version,
    made: { ...options.made, backend: backend.name },
    views: Object.fromEntries(LEARNED_VIEWS.map((view) => [view, views[view].fitted.manifest])) as Record<LearnedView, ManifestView>,
  };
  const files = Object.assign({}, ...LEARNED_VIEWS.map((view) => views[view].fitted.files)) as Record<string, Uint8Array>;
  return { data: { manifest, files }, views };
}

/** Importance of features and learning curve of both views' forests. */
function trainingFigures(
  tenants: readonly TenantRows[],
  views: MadeBundle['views'],
  { fit, seed, own, onProgress }: Pick<FitBundleOptions, 'fit' | 'seed' | 'own' | 'onProgress'>,
): TrainingFigures {
  const of = (view: LearnedView): TrainingFigures['views'][LearnedView] => {
    onProgress?.(`learning curve of view ${view}`, LEARNED_VIEWS.indexOf(view) / LEARNED_VIEWS.length);
    const { table, fitted } = views[view];
    const known = tenants.map(({ tenant, kind, views: { [view]: rows } }) => ({ tenant, kind, cleanWindows: rows.cleanWindows }));
    const factors = own === undefined ? undefined : ownFactors(table, own.from, own.weight);
    return {
      importance: table.list.features
        .map(({ name }, f) => ({ feature: name, share: fitted.importance[f] }))
        .sort((a, b) => b.share - a.share),
      curve: tenantCurve(table, known, fit.forest, seed, factors),
    };
  };
  return { format: 1, views: { account: of('account'), interface: of('interface') } };
}

/** What the rows of real tenants (behind the simulated ones) weigh more. */
function ownFactors(table: ViewTable, simulated: number, weight: number): Float64Array {
  return Float64Array.from(table.tenant, (tenant) => (tenant >= simulated ? weight : 1));
}
