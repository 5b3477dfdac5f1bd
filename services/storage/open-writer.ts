import type { Lock } from './data-folder.ts';
import { lockDataFolder } from './data-folder.ts';
import type { Store, StoreOptions } from './store.ts';
import { openStore } from './store.ts';

/** A data folder taken for writing: locked, its store open, reading commands of other processes being answered. */
export interface DataFolder {
  readonly store: Store;
  readonly lock: Lock;
  /** Closes the store (see `Store.close`), then frees the folder. */
  close(clean?: boolean): Promise<void>;
}

/**
 * Takes a data folder for a run.
 * @throws WeirError `data_folder_in_use`, `store_newer`, `disk`, `store_failed`
 */
export async function openDataFolder(folder: string, options: StoreOptions = {}): Promise<DataFolder> {
  const lock = await lockDataFolder(folder);
  return attachStore(lock, options);
}

/** As `openDataFolder`, for a folder that is locked already. Releases the lock when the store cannot be opened. */
export async function attachStore(lock: Lock, options: StoreOptions = {}): Promise<DataFolder> {
  let store: Store;
  try {
    store = await openStore({ path: lock.folder }, options);
  } catch (cause) {
    await lock.release();
    throw cause;
  }
  lock.serve((sql, readOptions) => store.query(sql, readOptions));
  return {
    store,
    lock,
    async close(clean = true) {
      await lock.drain();
      try {
        await store.close(clean);
      } finally {
        await lock.release();
      }
    },
  };
}
