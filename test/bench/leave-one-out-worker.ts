import { parentPort, workerData } from 'node:worker_threads';
import type { BundleData } from '../../models/learned/learned-models.ts';
import type { AddressTables } from '../../services/ingest/addresses/addresses.ts';
import type { TrainingTenant } from '../../services/training/training-plans.ts';
import { outcomesOf } from './leave-one-out-tenant.ts';
import type { Variant } from './variants.ts';

const { tenants, bundleOf, bundles, variants, addresses } = workerData as {
  tenants: readonly TrainingTenant[];
  bundleOf: readonly number[];
  bundles: readonly BundleData[];
  variants: readonly Variant[];
  addresses: AddressTables;
};
const port = parentPort;
if (port === null) throw new Error('leave-one-out-worker runs in a worker thread only');
port.on('message', async (index: number) => {
  port.postMessage({ index, outcomes: await outcomesOf(tenants[index], bundles[bundleOf[index]], variants, addresses) });
});
