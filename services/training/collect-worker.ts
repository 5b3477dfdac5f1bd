import { parentPort, workerData } from 'node:worker_threads';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import { collectTenant } from './collect-tenant.ts';
import type { TrainingTenant } from './training-plans.ts';

/** A thread that collects the rows of one tenant at a time: a number comes in, its rows go out. */
const { tenants, addresses } = workerData as { tenants: readonly TrainingTenant[]; addresses: AddressTables };
const port = parentPort;
if (port === null) throw new Error('collect-worker runs in a worker thread only');
port.on('message', async (index: number) => {
  const rows = await collectTenant(tenants[index], addresses);
  const buffers = Object.values(rows.views).flatMap(({ values, label, weight, evidence, scenario, campaign, age, key }) =>
    [values, label, weight, evidence, scenario, campaign, age, key].map((array) => array.buffer as ArrayBuffer),
  );
  port.postMessage({ index, rows }, buffers);
});
