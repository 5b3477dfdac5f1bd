import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WeirError } from '../core/errors.ts';
import { type Params, type StoreConfig, StoreConnection } from './connection.ts';
import type { Lock, LockHolder } from './data-folder.ts';
import { inUse, tryLock } from './data-folder.ts';
import { checkStore } from './prepare.ts';
import { HolderGone, queryThroughSocket } from './query-socket.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { parseRows } from './reader.ts';
import type { Store } from './store.ts';
import { openStore } from './store.ts';

/** How often a reader looks again when the process it asked has just gone. */
const ATTEMPTS = 200;
const POLL_MS = 25;

/**
 * The way in for commands that only read. A server is asked, and nothing changed on it. In a data folder asks the process
 * that has it, or opens the store itself when none has (and then answers other readers until it is closed). Never disturbs
 * a run.
 * @param place data folder, or a store as the config says it
 * @throws WeirError `input_missing` when there is no store
 */
export async function openReader(place: string | StoreConfig): Promise<Reader> {
  if (typeof place !== 'string' && 'url' in place) return openServer(place);
  const folder = typeof place === 'string' ? place : place.path;
  if (!existsSync(join(folder, 'store'))) {
    throw new WeirError('input_missing', `no store in ${folder}: run \`weir detect FILE\` first, or name the data folder with --data`);
  }
  const reader = new FolderReader(folder);
  await reader.find();
  return reader;
}

async function openServer(config: StoreConfig): Promise<Reader> {
  const connection = new StoreConnection(config);
  try {
    await checkStore(connection);
  } catch (cause) {
    await connection.close();
    throw cause;
  }
  const query = (sql: string, options: ReadOptions = {}) => connection.read(sql, options.format ?? 'JSONEachRow', options.params);
  return {
    query,
    rows: async <T>(sql: string, params?: Params) => parseRows<T>(await query(sql, { params })),
    close: () => connection.close(),
  };
}

class FolderReader implements Reader {
  private readonly folder: string;
  private own: { store: Store; lock: Lock } | undefined;
  private holder: LockHolder | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Finds who has the folder now; it may be us. */
  async find(): Promise<void> {
    const result = await tryLock(this.folder, 'read');
    if (!('release' in result)) {
      this.holder = result;
      return;
    }
    try {
      const store = await openStore({ path: this.folder }, { readOnly: true });
      this.own = { store, lock: result };
      result.serve((sql, options) => store.query(sql, options));
    } catch (cause) {
      await result.release();
      throw cause;
    }
  }

  async query(sql: string, options: ReadOptions = {}): Promise<Uint8Array> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.own !== undefined) return this.own.store.query(sql, options);
      if (this.holder !== undefined) {
        try {
          return await queryThroughSocket(this.holder.socket, sql, options);
        } catch (error) {
          if (!(error instanceof HolderGone)) throw error;
          await wait(POLL_MS);
        }
      }
      await this.find();
    }
    throw inUse(this.folder, this.holder as LockHolder);
  }

  async rows<T>(sql: string, params?: Params): Promise<T[]> {
    return parseRows<T>(await this.query(sql, { params }));
  }

  async close(): Promise<void> {
    if (this.own === undefined) return;
    await this.own.lock.drain();
    await this.own.store.close();
    await this.own.lock.release();
  }
}
