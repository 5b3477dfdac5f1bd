import { setTimeout as wait } from 'node:timers/promises';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { WeirError } from '../core/errors.ts';
import type { InventoryFact } from '../core/inventory.ts';
import type { DeadLetterKey, LedgerEntry } from '../core/sink.ts';
import type { DeadLetter, LateEvent, ShadowScore } from '../core/stage.ts';
import type { StoreMeter } from '../telemetry/store-meter.ts';
import { BatchQueue } from './batch-queue.ts';
import type { StoredTable } from './columns.ts';
import type { StoreConfig } from './connection.ts';
import { StoreConnection } from './connection.ts';
import type { Retention } from './declared.ts';
import { LIVE_RUN, LIVE_VERSIONS, liveEpoch, liveVersion, VERSIONS_PER_EPOCH } from './live-version.ts';
import { prepareStore } from './prepare.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { parseRows } from './reader.ts';
import { columnsWithoutTime, insertSql, inventoryRows, lateRow, rowText, shadowRow } from './row-text.ts';
import { isTransient } from './transient.ts';
import { stampRows, WindowLoader } from './window-loader.ts';

export { LIVE_RUN, liveVersion } from './live-version.ts';

/** Lines of the ledger as a live task counts them. */
export type LiveLedgerEntry = Omit<LedgerEntry, 'run'>;

/** What the store cannot do at the moment, and since when. */
export interface StoreTrouble {
  error: Error;
  /** ms since the epoch */
  since: number;
  /** requests that have failed since */
  attempts: number;
}

export interface LiveStoreOptions {
  /**
   * What tells this installation from others that wrote to the store before: the prefix of its topics. Of rows with one key
   * those of the installation that came later hold, since its offsets have begun at 0 again. All of its processes say the same
   */
  origin?: string;
  /** days that rows are kept, counted from when they were stored; 60 by default */
  retention?: number | Retention;
  /**
   * Requests fail, and are made again until they succeed: called when that begins, when what is said of it changes, and
   * every half minute. @param since ms since the epoch, the first of these failures
   */
  onTrouble?: (error: Error, since: number) => void;
  /** everything that was in trouble has gone through. @param took ms */
  onRecovered?: (took: number) => void;
  /** ms without a byte from a server after which a request has failed; a minute by default */
  patience?: number;
  meter?: StoreMeter;
  /** gives up waiting for the store: `createLiveStore` and `flush` reject with its reason */
  signal?: AbortSignal;
}

/**
 * Takes what live tasks found, as records of our topics say it, into the tables. A row's version is that of its record
 * (`liveVersion`), so a record that is given again writes the same rows again and no view changes, and of two records
 * with one key the later one holds, whoever writes them and in whatever order. Records of one key have to come from one partition
 * of one topic. Calls only collect; `pending` is what waits. While the store is away, everything waits; only errors that
 * do not pass come out of `flush`.
 */
export interface LiveStore extends Reader {
  alerts(records: readonly AlertRecord[], version: number): void;
  incidents(records: readonly IncidentRecord[], version: number): void;
  /** Rows as schemas/window-row writes them. */
  windows(rows: Uint8Array, version: number, run?: string): void;
  late(events: readonly LateEvent[], version: number): void;
  dead(letters: readonly DeadLetter[], version: number): void;
  shadow(tenant: string, scores: readonly ShadowScore[], version: number): void;
  /** What was seen of interfaces: joined to what is stored, so it needs no version. */
  inventory(tenant: string, facts: readonly InventoryFact[]): void;
  /** The whole ledger of a task (`account/3`): replaces what that task said before. */
  ledger(task: string, entries: readonly LiveLedgerEntry[], version: number): void;
  /** Dead letters that were put back. They have to have been given before, or be stored. */
  redriven(keys: readonly DeadLetterKey[], version: number): void;
  /** What commands have to know of a tenant to print its records. */
  setTenant(tenant: string, settings: { time_zone: string }): void;
  /** Bytes that are given but not acknowledged. */
  pending(): number;
  /** Resolves when everything given before is acknowledged by the database; rejects with the first error that does not pass. */
  flush(): Promise<void>;
  /** undefined: all is well */
  trouble(): StoreTrouble | undefined;
  /** Drops what is not acknowledged; `flush` before to keep it. */
  close(): Promise<void>;
}

/** Bytes of a batch that are worth an insert of their own. */
const BATCH_BYTES = { windows: 8 << 20, rows: 4 << 20 };
/** A row is written after this at the latest, when no insert of its table is under way. */
const LINGER_MS = 250;
/** A server that says nothing for so long has failed. */
const PATIENCE_MS = 60_000;
/** The server gives an insert up before we do: a late one would show rows with a `stored_at` that readers have passed. */
const INSERT_LIMIT = 'max_execution_time = 50';
const BACKOFF_MS = { first: 100, most: 5000 };
/** ms between two calls of `onTrouble` that say the same */
const TELL_EVERY_MS = 30_000;
/** Keys of one statement: they travel in the address of the request. */
const KEYS_PER_STATEMENT = 200;

type LiveTable = Exclude<StoredTable, 'feedback' | 'runs'>;

/**
 * Opens a store for live rows and brings it up to date. Waits for a store that is away.
 * @throws WeirError `config` for a wrong password or certificate, `store_newer`, `store_failed`; the signal's reason
 */
export async function createLiveStore(config: StoreConfig, options: LiveStoreOptions = {}): Promise<LiveStore> {
  const connection = new StoreConnection(config, { patience: options.patience ?? PATIENCE_MS });
  const patience = new Patience(options);
  try {
    const epoch = await patience.until('open', async () => {
      await prepareStore(connection, { retention: options.retention });
      return liveEpoch(connection, options.origin ?? '');
    });
    return new LiveTables(connection, patience, epoch, 'path' in config ? config.path : undefined);
  } catch (cause) {
    patience.end();
    await connection.close();
    throw cause;
  }
}

class LiveTables implements LiveStore {
  private readonly connection: StoreConnection;
  private readonly patience: Patience;
  private readonly epoch: number;
  private readonly loader: WindowLoader;
  private readonly queues: Record<Exclude<LiveTable, 'ledger'>, BatchQueue<string>>;
  private readonly ledgerQueue: BatchQueue<{ task: string; entries: readonly LiveLedgerEntry[]; version: number }>;
  private readonly windowQueue: BatchQueue<Uint8Array>;
  private steps: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | undefined;
  private closed: Promise<void> | undefined;

  constructor(connection: StoreConnection, patience: Patience, epoch: number, folder: string | undefined) {
    this.connection = connection;
    this.patience = patience;
    this.epoch = epoch;
    this.loader = new WindowLoader(connection, folder);
    const queue = (table: LiveTable) => new BatchQueue<string>((rows) => this.insert(table, rows), BATCH_BYTES.rows, LINGER_MS);
    this.queues = {
      alerts: queue('alerts'),
      incidents: queue('incidents'),
      late: queue('late'),
      dead_letters: queue('dead_letters'),
      shadow_scores: queue('shadow_scores'),
      inventory_facts: queue('inventory_facts'),
      tenants: queue('tenants'),
    };
    this.ledgerQueue = new BatchQueue((items) => this.insertLedgers(items), BATCH_BYTES.rows, LINGER_MS);
    this.windowQueue = new BatchQueue(
      (rows) => this.patience.until('windows', () => this.loader.loadStamped(rows, [INSERT_LIMIT])),
      BATCH_BYTES.windows,
      LINGER_MS,
    );
  }

  alerts(records: readonly AlertRecord[], version: number): void {
    for (const record of records) this.add('alerts', { ...record, retracted: false }, version);
  }

  incidents(records: readonly IncidentRecord[], version: number): void {
    for (const record of records) this.add('incidents', { ...record, retracted: false }, version);
  }

  windows(rows: Uint8Array, version: number, run = LIVE_RUN): void {
    const own = this.versionOf(version);
    if (rows.length === 0) return;
    const stamped = stampRows(rows, run, own);
    this.windowQueue.add(stamped, stamped.length);
  }

  late(events: readonly LateEvent[], version: number): void {
    for (const event of events) this.add('late', lateRow(event), version);
  }

  dead(letters: readonly DeadLetter[], version: number): void {
    for (const letter of letters) this.add('dead_letters', { index: 0, ...letter }, version);
  }

  shadow(tenant: string, scores: readonly ShadowScore[], version: number): void {
    for (const score of scores) this.add('shadow_scores', shadowRow(tenant, score), version);
  }

  inventory(tenant: string, facts: readonly InventoryFact[]): void {
    if (this.failure !== undefined) throw this.failure.error;
    const columns = columnsWithoutTime('inventory_facts');
    for (const fact of facts) {
      for (const row of inventoryRows(tenant, fact)) {
        const text = rowText(row, columns);
        this.queues.inventory_facts.add(text, text.length);
      }
    }
  }

  ledger(task: string, entries: readonly LiveLedgerEntry[], version: number): void {
    this.ledgerQueue.add({ task, entries, version: this.versionOf(version) }, 150 * (entries.length + 1));
  }

  redriven(keys: readonly DeadLetterKey[], version: number): void {
    const own = this.versionOf(version);
    for (let from = 0; from < keys.length; from += KEYS_PER_STATEMENT) {
      const some = keys.slice(from, from + KEYS_PER_STATEMENT);
      this.step(() => this.markRedriven(some, own));
    }
  }

  setTenant(tenant: string, settings: { time_zone: string }): void {
    this.add('tenants', { tenant, time_zone: settings.time_zone }, liveVersion(Date.now()));
  }

  pending(): number {
    const tables = Object.values(this.queues).reduce((sum, queue) => sum + queue.pending, 0);
    return tables + this.ledgerQueue.pending + this.windowQueue.pending;
  }

  async flush(): Promise<void> {
    await this.steps;
    if (this.failure !== undefined) throw this.failure.error;
    await Promise.all([this.windowQueue.flush(), this.ledgerQueue.flush(), ...Object.values(this.queues).map((queue) => queue.flush())]);
  }

  trouble(): StoreTrouble | undefined {
    return this.patience.trouble;
  }

  query(sql: string, options: ReadOptions = {}): Promise<Uint8Array> {
    return this.connection.read(sql, options.format ?? 'JSONEachRow', options.params);
  }

  async rows<T>(sql: string, params?: Record<string, unknown>): Promise<T[]> {
    return parseRows<T>(await this.query(sql, { params }));
  }

  close(): Promise<void> {
    this.patience.end();
    this.closed ??= this.connection.abandon();
    return this.closed;
  }

  private add(table: Exclude<LiveTable, 'ledger'>, row: Record<string, unknown>, version: number): void {
    const text = rowText({ ...row, version: this.versionOf(version) }, columnsWithoutTime(table));
    this.queues[table].add(text, text.length);
  }

  /** The version as it is written: later installations above those before. */
  private versionOf(version: number): number {
    if (this.failure !== undefined) throw this.failure.error;
    const offset = version - LIVE_VERSIONS;
    if (!Number.isSafeInteger(version) || offset < 0 || offset >= VERSIONS_PER_EPOCH)
      throw new Error(`${version} is no version of a live row`);
    return version + this.epoch * VERSIONS_PER_EPOCH;
  }

  private insert(table: LiveTable, rows: readonly string[]): Promise<void> {
    const sql = insertSql(table, columnsWithoutTime(table), [INSERT_LIMIT]);
    return this.patience.until(table, () => this.connection.insertText(sql, rows.join('\n')));
  }

  /** Of each task the last one: it holds all that the others say. One insert: a task's ledger is there as a whole or not at all. */
  private async insertLedgers(items: { task: string; entries: readonly LiveLedgerEntry[]; version: number }[]): Promise<void> {
    const last = new Map<string, (typeof items)[number]>();
    for (const item of items) if (item.version >= (last.get(item.task)?.version ?? 0)) last.set(item.task, item);
    const run = this.epoch === 0 ? LIVE_RUN : `${LIVE_RUN}-${this.epoch}`;
    const columns = columnsWithoutTime('ledger');
    const rows = [...last.values()].flatMap(({ task, entries, version }) =>
      entries.map((entry) => rowText({ ...entry, run, task, version }, columns)),
    );
    if (rows.length > 0) await this.insert('ledger', rows);
  }

  /** Something that must come after all that was given before. */
  private step(body: () => Promise<void>): void {
    this.steps = this.steps.then(async () => {
      if (this.failure !== undefined) return;
      try {
        await body();
      } catch (error) {
        this.failure = { error };
      }
    });
  }

  /** A version above the letter's own, so that its record, given again, does not bring back the letter as it was. */
  private async markRedriven(keys: readonly DeadLetterKey[], version: number): Promise<void> {
    await this.queues.dead_letters.flush();
    const columns = columnsWithoutTime('dead_letters');
    const list = columns.map((column) => `\`${column}\``).join(', ');
    const values = columns.map((column) => (column === 'version' ? 'greatest(version + 1, {version:UInt64})' : `\`${column}\``)).join(', ');
    await this.patience.until('redriven', () =>
      this.connection.command(
        `INSERT INTO dead_letters_raw (${list}, redriven_at) SELECT ${values}, now64(3) FROM dead_letters_raw FINAL
         WHERE redriven_at IS NULL AND (tenant, source, partition, offset, \`index\`) IN JSONExtract({keys:String}, 'Array(Tuple(String, String, String, UInt64, UInt16))')
         SETTINGS ${INSERT_LIMIT}`,
        { version, keys: JSON.stringify(keys.map((key) => [key.tenant, key.source, key.partition, key.offset, key.index])) },
      ),
    );
  }
}

/** Makes requests again for as long as what fails may pass, and tells of it. */
class Patience {
  trouble: StoreTrouble | undefined;
  private readonly options: LiveStoreOptions;
  private readonly failing = new Set<string>();
  private toldAt = 0;
  private readonly ended = new AbortController();
  private readonly signal: AbortSignal;

  constructor(options: LiveStoreOptions) {
    this.options = options;
    this.signal = options.signal === undefined ? this.ended.signal : AbortSignal.any([options.signal, this.ended.signal]);
  }

  /** @param name of what is tried: trouble is over when all that failed have succeeded */
  async until<T>(name: string, body: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    for (let attempt = 0; ; attempt++) {
      this.signal.throwIfAborted();
      try {
        const result = await body();
        this.succeeded(name);
        this.options.meter?.wrote(performance.now() - begun);
        return result;
      } catch (error) {
        if (!(error instanceof Error) || !isTransient(error)) throw error;
        this.options.meter?.failed(error);
        this.failed(name, error);
      }
      const most = Math.min(BACKOFF_MS.first * 2 ** Math.min(attempt, 10), BACKOFF_MS.most);
      await wait(most * (0.5 + Math.random() / 2), undefined, { signal: this.signal, ref: true }).catch(() => this.signal.throwIfAborted());
    }
  }

  /** What is still being tried fails. */
  end(): void {
    this.ended.abort(new WeirError('store_failed', 'the store was closed before everything was acknowledged'));
  }

  private failed(name: string, error: Error): void {
    this.failing.add(name);
    const now = Date.now();
    const known = this.trouble?.error.message === error.message;
    this.trouble = { error, since: this.trouble?.since ?? now, attempts: (this.trouble?.attempts ?? 0) + 1 };
    if (known && now - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = now;
    this.options.onTrouble?.(error, this.trouble.since);
  }

  private succeeded(name: string): void {
    if (!this.failing.delete(name) || this.failing.size > 0 || this.trouble === undefined) return;
    const took = Date.now() - this.trouble.since;
    this.trouble = undefined;
    this.options.onRecovered?.(took);
  }
}
