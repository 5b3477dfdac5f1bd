import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { WeirError } from '../core/errors.ts';
import { makeFolder } from '../state/make-folder.ts';
import { checkCluster, onCluster } from './cluster-sql.ts';
import { placeOf, type ServerStoreConfig, serverOptions } from './server-options.ts';
import { shieldStdin } from './stdin-shield.ts';
import { storeError } from './store-error.ts';

/** A ClickHouse server, or the embedded one in a data folder (its files lie under `<path>/store`). */
export type StoreConfig = { path: string } | ServerStoreConfig;

export interface ConnectionOptions {
  /** ms without a byte from a server after which a request has failed; five minutes by default */
  patience?: number;
}

/** What one SQL text is sent with. Values go as query parameters (`{name:Type}` in the SQL), never into the text. */
export type Params = Record<string, unknown>;

/**
 * Settings of every read: nothing can be changed, times are ISO 8601. Integers are JSON numbers as in the records; whoever
 * needs digits beyond 2^53 in JavaScript has to ask for toString(…).
 */
const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  date_time_output_format: 'iso',
  readonly: '2',
} as const;

/** Settings of reads from a server: besides, an answer begins only when it is known to be whole. */
const SERVER_READ_SETTINGS = { ...READ_SETTINGS, wait_end_of_query: 1 } as const;

/** A host that is down does what it missed when it is back: a definition does not fail for want of it. */
const CLUSTER_SETTINGS = { distributed_ddl_task_timeout: '30', distributed_ddl_output_mode: 'null_status_on_timeout' } as const;

/** Clients that write, and clients that read: each runs one query at a time, and a read must not wait for an insert. */
const WRITERS = 2;
const READERS = 2;

/** What fails is thrown; the client need not print it as well. */
const QUIET = { level: ClickHouseLogLevel.OFF } as const;

type Role = 'write' | 'read';

/**
 * A small pool of clients on one store. The embedded client and a server by URL run the same SQL; what differs is said
 * here and nowhere else: how settings are given (embedded ones stay on the connection, so they are set once), and that
 * only the embedded one can read local files.
 */
export class StoreConnection {
  readonly embedded: boolean;
  /** for messages: the folder or the address */
  readonly place: string;
  /** the cluster that tables are made on */
  readonly cluster: string | undefined;
  private readonly config: StoreConfig;
  private readonly options: ConnectionOptions;
  private readonly idle: Record<Role, ClickHouseClient[]> = { write: [], read: [] };
  private readonly waiting: Record<Role, ((client: ClickHouseClient | undefined) => void)[]> = { write: [], read: [] };
  private readonly opened: Record<Role, number> = { write: 0, read: 0 };
  private readonly clients: ClickHouseClient[] = [];
  private busy = 0;
  private quiet: (() => void) | undefined;

  constructor(config: StoreConfig, options: ConnectionOptions = {}) {
    this.config = config;
    this.options = options;
    this.embedded = 'path' in config;
    this.place = 'path' in config ? config.path : placeOf(config.url);
    this.cluster = 'path' in config ? undefined : config.cluster;
  }

  /** Makes a server's database when it is missing, and checks the cluster. For who is going to write. */
  async prepare(): Promise<void> {
    if ('path' in this.config) return;
    try {
      await this.ensureDatabase(this.config);
    } catch (cause) {
      throw storeError(cause, this.place);
    }
  }

  /** Runs a statement of the schema, on every host of the cluster where one is named. */
  async define(statement: string): Promise<void> {
    const clickhouse_settings = this.cluster === undefined ? undefined : CLUSTER_SETTINGS;
    await this.with('write', (client) => client.command({ query: onCluster(statement, this.cluster), clickhouse_settings }));
  }

  /** Runs a statement that gives no rows. */
  async command(sql: string, params?: Params): Promise<void> {
    await this.with('write', (client) => client.command({ query: sql, query_params: params }));
  }

  /** `INSERT … FORMAT X` with its rows as text. Resolves when the store has acknowledged. */
  async insertText(sql: string, rows: string): Promise<void> {
    await this.with('write', async (client) => {
      const { stream } = await client.exec({ query: sql, values: Readable.from([Buffer.from(rows)]) });
      await emptied(stream);
    });
  }

  /** As `insertText`, for bytes that are not copied into a string (a server by URL only: the embedded one takes files). */
  async insertBytes(sql: string, rows: Uint8Array[]): Promise<void> {
    await this.with('write', async (client) => {
      const { stream } = await client.exec({ query: sql, values: Readable.from(rows) });
      await emptied(stream);
    });
  }

  /** The result of a read in a ClickHouse output format. Nothing can be changed by it. */
  async read(sql: string, format: string, params?: Params): Promise<Uint8Array> {
    return this.with('read', async (client) => {
      const { stream } = await client.exec({
        query: `${sql}\nFORMAT ${format}`,
        query_params: params,
        clickhouse_settings: this.embedded ? undefined : SERVER_READ_SETTINGS,
      });
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk as Uint8Array);
      return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    });
  }

  /** Waits for what runs, then closes every client; the folder is free for another process afterwards. */
  async close(): Promise<void> {
    if (this.busy > 0) await new Promise<void>((resolve) => (this.quiet = resolve));
    for (const client of this.clients.splice(0)) await client.close();
    if (this.embedded && this.opened.write + this.opened.read > 0) {
      const { drainPending } = await import('chdb');
      await drainPending();
    }
  }

  /** Closes at once: requests to a server that are under way fail. The embedded database is waited for. */
  async abandon(): Promise<void> {
    if (!this.embedded) for (const client of this.clients) await client.close();
    await this.close();
  }

  private async with<T>(role: Role, body: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    this.busy++;
    try {
      const client = await this.acquire(role);
      try {
        return await body(client);
      } finally {
        const next = this.waiting[role].shift();
        if (next === undefined) this.idle[role].push(client);
        else next(client);
      }
    } catch (cause) {
      throw storeError(cause, this.place);
    } finally {
      this.busy--;
      if (this.busy === 0) this.quiet?.();
    }
  }

  private async acquire(role: Role): Promise<ClickHouseClient> {
    for (;;) {
      const free = this.idle[role].pop();
      if (free !== undefined) return free;
      if (this.opened[role] < (role === 'write' ? WRITERS : READERS)) {
        this.opened[role]++;
        try {
          return await this.open(role);
        } catch (cause) {
          this.opened[role]--;
          this.waiting[role].shift()?.(undefined); // its turn to try
          throw cause;
        }
      }
      const given = await new Promise<ClickHouseClient | undefined>((resolve) => this.waiting[role].push(resolve));
      if (given !== undefined) return given;
    }
  }

  /** Makes the server's database when it is missing; who may not make one can use one that is there. */
  private async ensureDatabase({ database, cluster, ...server }: ServerStoreConfig): Promise<void> {
    const client = createClient({ ...serverOptions(server, this.options.patience), log: QUIET });
    const rows = async <T>(query: string, query_params?: Params): Promise<T[]> =>
      (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>();
    try {
      if (cluster !== undefined) {
        checkCluster(
          cluster,
          await rows('SELECT cluster, toUInt32(max(shard_num)) AS shards FROM system.clusters GROUP BY cluster'),
          this.place,
        );
      }
      if (database === undefined) return;
      const found = await rows('SELECT 1 FROM system.databases WHERE name = {database:String}', { database });
      if (found.length > 0) return;
      await client.command({
        query: onCluster('CREATE DATABASE IF NOT EXISTS {database:Identifier}', cluster),
        query_params: { database },
        clickhouse_settings: cluster === undefined ? undefined : CLUSTER_SETTINGS,
      });
    } finally {
      await client.close();
    }
  }

  private async open(role: Role): Promise<ClickHouseClient> {
    if ('url' in this.config) {
      const client = createClient({ ...serverOptions(this.config, this.options.patience), log: QUIET });
      this.clients.push(client);
      return client;
    }
    const path = `${this.config.path}/store`;
    makeFolder(path, 0o700);
    shieldStdin();
    const { createChdbConnection } = await import('chdb/connection');
    let client: ClickHouseClient;
    try {
      // the hook is typed for the client's own connections
      client = createClient({ connection: createChdbConnection({ path }) as never, log: QUIET });
    } catch (cause) {
      throw new WeirError(
        'data_folder_in_use',
        `${this.config.path} cannot be opened: another process uses the database in it, or it is damaged`,
        { cause },
      );
    }
    this.clients.push(client);
    if (role === 'read') {
      for (const [name, value] of Object.entries(READ_SETTINGS)) {
        await client.command({ query: `SET ${name} = ${typeof value === 'number' ? value : `'${value}'`}` });
      }
    }
    return client;
  }
}

/** Reads what is left of an answer that says nothing, so that its connection can be used again. */
async function emptied(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
