import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import type { BundleData } from '../../models/learned/learned-models.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { collectRows } from '../../services/training/collect-rows.ts';
import type { TenantRows } from '../../services/training/collect-tenant.ts';
import { FIT } from '../../services/training/fit-view.ts';
import { foldsOf } from '../../services/training/folds.ts';
import { fitBundle } from '../../services/training/make-bundle.ts';
import { trainingPlans } from '../../services/training/training-plans.ts';
import { compareVariants, printComparison } from './compare-variants.ts';
import type { TenantOutcome } from './leave-one-out-tenant.ts';
import type { Variant } from './variants.ts';

/**
 * `npm run leave-one-out -- [--tenants 120] [--seed 1] [--folds 6] [--run N] [--threads 2] [--rows FILE] [--out FILE.json]`:
 * what trained scorers add to the baselines. Tenants are parted into folds; each is run through the whole pipeline under
 * a bundle trained on the other folds, once, with an alert stage for every variant: baselines alone, with the forest,
 * with the autoencoder, with both, each at several alert budgets. Compared is recall at the same number of false
 * incidents. `--run`: only so many tenants are run (all are trained on); `--rows`: keeps the collected rows there, and
 * takes them from there when the file exists. `--shares 1,3`: instead of the four variants, the forest with these weights in the
 * split of the budget.
 */
const { values: flags } = parseArgs({
  options: {
    tenants: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    folds: { type: 'string', default: '6' },
    run: { type: 'string' },
    threads: { type: 'string', default: '2' },
    rows: { type: 'string' },
    shares: { type: 'string' },
    out: { type: 'string' },
  },
});

const KINDS: Omit<Variant, 'budget'>[] =
  flags.shares === undefined
    ? [
        { name: 'baselines', kinds: [] },
        { name: 'forest', kinds: ['forest'] },
        { name: 'autoencoder', kinds: ['autoencoder'] },
        { name: 'both', kinds: ['forest', 'autoencoder'] },
      ]
    : [
        { name: 'baselines', kinds: [] },
        ...flags.shares.split(',').map((share) => ({ name: `forest x${share}`, kinds: ['forest'] as const, share: Number(share) })),
      ];
const BUDGETS = [0.1, 0.3, 1, 3];
const VARIANTS: Variant[] = KINDS.flatMap((kind) => BUDGETS.map((budget) => ({ ...kind, budget })));

const seed = Number(flags.seed);
const plans = trainingPlans(seed, Number(flags.tenants));
const addresses = await loadAddressTables({});
const rows = await rowsOfAll();
const folds = Number(flags.folds);
const foldOf = foldsOf(rows, folds);
const bundles: BundleData[] = [];
for (let fold = 0; fold < folds; fold++) {
  const others = rows.filter((_, t) => foldOf[t] !== fold);
  const { data, views } = await fitBundle(others, { version: `fold-${fold}`, seed: seed + fold, fit: FIT, made: {} });
  console.error(
    `fold ${fold}: ${others.length} tenants, ${LEARNED_VIEWS.map((view) => `${views[view].table.rows} ${view} rows`).join(', ')}`,
  );
  bundles.push(data);
}
const count = Math.min(plans.length, flags.run === undefined ? plans.length : Number(flags.run));
const outcomes = await runAll(count);
const comparison = compareVariants(outcomes, BUDGETS);
printComparison(comparison);
if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify({ flags, comparison, outcomes }, null, 1)}\n`);

async function rowsOfAll(): Promise<TenantRows[]> {
  if (flags.rows !== undefined && existsSync(flags.rows)) return deserialize(readFileSync(flags.rows)) as TenantRows[];
  const all = await collectRows(plans, addresses, Number(flags.threads), (done) => console.error(`${done} tenants collected`));
  if (flags.rows !== undefined) writeFileSync(flags.rows, serialize(all));
  return all;
}

async function runAll(tenants: number): Promise<TenantOutcome[]> {
  const all: TenantOutcome[][] = [];
  const workers: Worker[] = [];
  await new Promise<void>((resolve, reject) => {
    let next = 0;
    let done = 0;
    for (let t = 0; t < Number(flags.threads); t++) {
      const worker = new Worker(new URL('./leave-one-out-worker.js', import.meta.url), {
        workerData: { tenants: plans, bundleOf: foldOf, bundles, variants: VARIANTS, addresses },
      });
      workers.push(worker);
      const give = (): void => {
        if (next < tenants) worker.postMessage(next++);
      };
      worker.on('error', reject);
      worker.on('message', ({ index, outcomes: of }: { index: number; outcomes: TenantOutcome[] }) => {
        all[index] = of;
        done++;
        const at = (name: string): TenantOutcome => of.find(({ variant, budget }) => variant === name && budget === 1)!;
        const text = (name: string): string =>
          `${name} ${at(name).campaigns.filter(({ found }) => found).length}/${at(name).campaigns.length} false ${at(name).falseIncidents}`;
        console.error(
          `${done}/${tenants} ${plans[index].plan.name} ${plans[index].plan.kind} ${KINDS.map(({ name }) => text(name)).join('; ')}`,
        );
        if (done === tenants) resolve();
        else give();
      });
      give();
    }
  });
  await Promise.all(workers.map((worker) => worker.terminate()));
  return all.flat();
}
