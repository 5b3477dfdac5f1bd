import { Worker } from 'node:worker_threads';
import { endThreads } from '../core/end-threads.ts';
import { WeirError } from '../core/errors.ts';
import { compiled } from '../drivers/embedded/modules.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import type { TenantRows } from './collect-tenant.ts';
import { collectTenant } from './collect-tenant.ts';
import type { TrainingTenant } from './training-plans.ts';

/** MiB of JavaScript heap that a thread may take. */
const HEAP_MIB = 2048;

/**
 * Collects the rows of all tenants, in the order of the list, one tenant at a time a thread. The number of threads does
 * not show in the result. `onTenant`: how many are done, and which was the last.
 */
export async function collectRows(
  tenants: readonly TrainingTenant[],
  addresses: AddressTables,
  threads: number,
  onTenant?: (done: number, rows: TenantRows) => void,
): Promise<TenantRows[]> {
  if (threads <= 1 || tenants.length < 2) {
    const all: TenantRows[] = [];
    for (const tenant of tenants) {
      const rows = await collectTenant(tenant, addresses);
      all.push(rows);
      onTenant?.(all.length, rows);
    }
    return all;
  }
  const all = new Array<TenantRows>(tenants.length);
  const workers: Worker[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      let next = 0;
      let done = 0;
      const give = (worker: Worker): void => {
        if (next < tenants.length) worker.postMessage(next++);
      };
      for (let t = 0; t < Math.min(threads, tenants.length); t++) {
        const worker = new Worker(compiled('./collect-worker.js', import.meta.url), {
          workerData: { tenants, addresses },
          resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
        });
        workers.push(worker);
        worker.on('message', ({ index, rows }: { index: number; rows: TenantRows }) => {
          all[index] = rows;
          done++;
          onTenant?.(done, rows);
          if (done === tenants.length) resolve();
          else give(worker);
        });
        worker.on('error', (cause) => reject(new WeirError('worker_failed', `a training thread failed: ${String(cause)}`, { cause })));
        worker.on('exit', (code) => reject(new WeirError('worker_failed', `a training thread ended with code ${code}`)));
        give(worker);
      }
    });
  } finally {
    await endThreads(workers);
  }
  return all;
}
