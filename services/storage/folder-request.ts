import { setTimeout as wait } from 'node:timers/promises';
import type { Lock } from './data-folder.ts';
import { inUse, tryLock } from './data-folder.ts';
import { HolderGone, requestThroughSocket } from './query-socket.ts';

/** How long reading commands, and processes that are just leaving, are waited for. */
const PATIENCE_MS = 15_000;
const POLL_MS = 25;

/**
 * Has something done in a data folder: by the process that writes to it, so that its run takes notice, or else by this
 * one, with the folder locked. Makes the folder when it is missing. Both return the same.
 * @param request plain data, for the other process's handler
 * @throws WeirError `data_folder_in_use` when others do not let go of the folder; whatever either side throws
 */
export async function inDataFolder<T>(folder: string, request: object, here: (lock: Lock) => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const result = await tryLock(folder, 'write');
    if ('release' in result) {
      try {
        return await here(result);
      } finally {
        await result.release();
      }
    }
    if (result.role === 'write') {
      try {
        return (await requestThroughSocket(result.socket, request)) as T;
      } catch (error) {
        if (!(error instanceof HolderGone)) throw error;
      }
    }
    if (performance.now() > deadline) throw inUse(folder, result);
    await wait(POLL_MS);
  }
}
