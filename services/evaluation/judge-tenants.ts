import { Worker } from 'node:worker_threads';
import type { JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import { endThreads } from '../core/end-threads.ts';
import { WeirError } from '../core/errors.ts';
import { compiled } from '../drivers/embedded/modules.ts';
import type { Judges, TenantTask } from './judge-tenant.ts';
import { judgeTenant } from './judge-tenant.ts';

/** MiB of JavaScript heap that a thread may take: a tenant's state is far below it. */
const HEAP_MIB = 2048;

/**
 * Runs and judges tenants, one at a time a thread; results in the order of the list. The number of threads does not show in
 * them. `onTenant` is told in the order of the list too, each as soon as it and all before it are done; `onProgress` at once.
 * Throws `worker_failed` when a thread fails.
 */
export async function judgeTenants(
  tasks: readonly TenantTask[],
  judges: Judges,
  threads: number,
  onTenant?: (judged: JudgedTenant, index: number) => void,
  onProgress?: (done: number) => void,
): Promise<JudgedTenant[]> {
  const all = new Array<JudgedTenant>(tasks.length);
  let done = 0;
  let told = 0;
  const take = (index: number, judged: JudgedTenant): void => {
    all[index] = judged;
    done++;
    for (; told < tasks.length && all[told] !== undefined; told++) onTenant?.(all[told], told);
    onProgress?.(done);
  };
  if (threads <= 1 || tasks.length < 2) {
    for (const [index, task] of tasks.entries()) take(index, await judgeTenant(task, judges));
    return all;
  }
  const workers: Worker[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      let next = 0;
      const give = (worker: Worker): void => {
        if (next < tasks.length) worker.postMessage(next++);
      };
      for (let t = 0; t < Math.min(threads, tasks.length); t++) {
        const worker = new Worker(compiled('./judge-worker.js', import.meta.url), {
          workerData: { tasks, judges },
          resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
        });
        workers.push(worker);
        worker.on('message', ({ index, judged }: { index: number; judged: JudgedTenant }) => {
          try {
            take(index, judged);
          } catch (cause) {
            reject(cause as Error);
          }
          if (done === tasks.length) resolve();
          else give(worker);
        });
        worker.on('error', (cause) => reject(new WeirError('worker_failed', `an evaluation thread failed: ${String(cause)}`, { cause })));
        worker.on('exit', (code) => reject(new WeirError('worker_failed', `an evaluation thread ended with code ${code}`)));
        give(worker);
      }
    });
  } finally {
    await endThreads(workers);
  }
  return all;
}
