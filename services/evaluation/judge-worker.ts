import { parentPort, workerData } from 'node:worker_threads';
import type { Judges, TenantTask } from './judge-tenant.ts';
import { judgeTenant } from './judge-tenant.ts';

/** A thread that runs and judges one tenant at a time: a number comes in, what was found goes out. */
const { tasks, judges } = workerData as { tasks: readonly TenantTask[]; judges: Judges };
const port = parentPort;
if (port === null) throw new Error('judge-worker runs in a worker thread only');
port.on('message', async (index: number) => {
  port.postMessage({ index, judged: await judgeTenant(tasks[index], judges) });
});
