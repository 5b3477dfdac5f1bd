import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import type { InventoryFact } from '../core/inventory.ts';
import type { DeadLetterKey, LedgerEntry, Sink } from '../core/sink.ts';
import type { DeadLetter, LateEvent, ShadowScore } from '../core/stage.ts';
import { BatchQueue } from './batch-queue.ts';
import type { StoredTable } from './columns.ts';
import { COLUMNS } from './columns.ts';
import type { Params, StoreConfig } from './connection.ts';
import { StoreConnection } from './connection.ts';
import type { Retention } from './declared.ts';
import { prepareStore } from './prepare.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { parseRows } from './reader.ts';
import { insertSql, inventoryRows, iso, lateRow, quoted, rowText, shadowRow } from './row-text.ts';
import { claimRun, newestRun } from './run-number.ts';
import { WindowLoader } from './window-loader.ts';

export type { StoreConfig } from './connection.ts';

export interface StoreOptions {
  /** days that rows are kept, counted from when they were stored; 60 by default */
  retentionDays?: number | Retention;
  /** clock of `stored_at`, ms */
  now?: () => number;
  /** opened only to read: no run is recorded */
  readOnly?: boolean;
  /** opened to add marks while no run is on: what the last run says of itself (`runs`) stays */
  marksOnly?: boolean;
}

export interface FeedbackRow {
  tenant: string;
  incident_id: string;
  mark: 'attack' | 'benign' | 'expected';
  /** ms since the epoch; null: for ever */
  until: number | null;
  author: string;
  note: string;
  /** number of the mark in its data folder: a later mark of an incident replaces an earlier one, however often each is written */
  version: number;
}

/** Bytes of a batch that are worth an insert of their own. */
const BATCH_BYTES = { windows: 8 << 20, rows: 4 << 20 };
/** A row is written after this at the latest, so that readers of a live run see it. */
const LINGER_MS = 1000;
/** Versions of one run: run number x this + a counter; stays below 2^53 for two million runs. */
const VERSIONS_PER_RUN = 2 ** 32;
/** Objects turned into text in one go, before the event loop is let in. */
const ROWS_PER_SLICE = 5000;

/**
 * The store of one run: a sink for the driver, a reader for commands. Sink calls only collect; `pending` says how much
 * waits and `flush` resolves when all of it is acknowledged. Every row has a key, and a row written later replaces an
 * earlier one of the same key, so whatever is written again after a crash shows once. One process writes at a time.
 */
export class Store implements Sink, Reader {
  /** number of this run, growing with every writer that opens the store; 0 for readers */
  readonly number: number;
  readonly schemaVersion: number;
  private readonly connection: StoreConnection;
  private readonly now: () => number;
  private run = 'main';
  private readonly openedAt: number;
  private readonly loader: WindowLoader | undefined;
  private readonly marksOnly: boolean;
  private readonly queues: Record<StoredTable, BatchQueue<object>>;
  private readonly windowQueue: BatchQueue<{ run: string; rows: Uint8Array }>;
  private closed = false;
  private sequence = 0;
  private steps: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | undefined;

  /** Use `openStore`. */
  constructor(
    connection: StoreConnection,
    state: { number: number; schemaVersion: number; dataFolder: string | undefined },
    options: StoreOptions,
  ) {
    this.connection = connection;
    this.number = state.number;
    this.schemaVersion = state.schemaVersion;
    this.now = options.now ?? Date.now;
    this.openedAt = this.now();
    this.marksOnly = options.marksOnly ?? false;
    this.loader = options.readOnly ? undefined : new WindowLoader(connection, state.dataFolder);
    const queue = (table: StoredTable) => new BatchQueue<object>((rows) => this.insert(table, rows), BATCH_BYTES.rows, LINGER_MS);
    this.queues = {
      alerts: queue('alerts'),
      incidents: queue('incidents'),
      late: queue('late'),
      dead_letters: queue('dead_letters'),
      ledger: queue('ledger'),
      feedback: queue('feedback'),
      shadow_scores: queue('shadow_scores'),
      inventory_facts: queue('inventory_facts'),
      tenants: queue('tenants'),
      runs: queue('runs'),
    };
    this.windowQueue = new BatchQueue((items) => this.load(items), BATCH_BYTES.windows, LINGER_MS);
  }

  /** The sink of a named run (`main` or a backfill). What is given from now on belongs to it: runs follow each other. */
  forRun(run: string): Sink {
    this.run = run;
    return this;
  }

  alerts(records: AlertRecord[]): void {
    for (const record of records) this.add('alerts', { ...record, retracted: false }, 1000);
  }

  incidents(records: IncidentRecord[]): void {
    for (const record of records) this.add('incidents', { ...record, retracted: false }, 1000);
  }

  /** Rows as schemas/window-row writes them. */
  windows(rows: Uint8Array): void {
    this.check();
    if (rows.length > 0) this.windowQueue.add({ run: this.run, rows }, rows.length);
  }

  late(events: LateEvent[]): void {
    for (const event of events) this.add('late', lateRow(event), 250);
  }

  dead(letters: DeadLetter[]): void {
    for (const letter of letters) this.add('dead_letters', { index: 0, ...letter }, 250 + letter.raw.length);
  }

  /** The whole ledger of a run at a cut: replaces what that run said before. */
  ledger(entries: LedgerEntry[]): void {
    const version = this.nextVersion();
    for (const entry of entries) this.add('ledger', { ...entry, version }, 100);
  }

  /** Takes provisional alerts and incidents back: the views no longer show them, until they are written again. */
  retract(tenant: string, alertIds: string[], incidentIds: string[]): void {
    if (alertIds.length > 0) this.step(() => this.markRetracted('alerts', 'alert_id', tenant, alertIds));
    if (incidentIds.length > 0) this.step(() => this.markRetracted('incidents', 'incident_id', tenant, incidentIds));
  }

  /** Deletes dead letters of a provisional end; one that is given again afterwards is there again. */
  takeBack(letters: readonly DeadLetterKey[]): void {
    if (letters.length > 0) this.step(() => this.deleteDead(letters));
  }

  shadow(tenant: string, scores: ShadowScore[]): void {
    for (const score of scores) this.add('shadow_scores', shadowRow(tenant, score), 300);
  }

  inventory(tenant: string, facts: InventoryFact[]): void {
    for (const fact of facts) for (const row of inventoryRows(tenant, fact)) this.add('inventory_facts', row, 250);
  }

  feedback(rows: FeedbackRow[]): void {
    for (const row of rows) this.add('feedback', { ...row, until: row.until === null ? null : iso(row.until), retracted: false }, 200);
  }

  /** What commands have to know of a tenant to print its records. */
  setTenant(tenant: string, settings: { time_zone: string }): void {
    this.add('tenants', { tenant, time_zone: settings.time_zone }, 100);
  }

  /** Bytes (of row text, roughly) that are given but not acknowledged. */
  pending(): number {
    return Object.values(this.queues).reduce((sum, queue) => sum + queue.pending, this.windowQueue.pending);
  }

  /** Resolves when everything given before is acknowledged by the database; rejects with the first failure. */
  async flush(): Promise<void> {
    await this.steps;
    this.check();
    await Promise.all([this.windowQueue.flush(), ...Object.values(this.queues).map((queue) => queue.flush())]);
  }

  async query(sql: string, options: ReadOptions = {}): Promise<Uint8Array> {
    return this.connection.read(sql, options.format ?? 'JSONEachRow', options.params);
  }

  async rows<T>(sql: string, params?: Params): Promise<T[]> {
    return parseRows<T>(await this.query(sql, { params }));
  }

  /**
   * Writes what waits, then closes. `clean`: the run came to its end, so the ledger and the tables agree (`weir reconcile`
   * compares them only then); pass false after a failure, which also drops what waits.
   */
  async close(clean = true): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      if (this.loader !== undefined && clean) {
        await this.flush();
        if (this.marksOnly) return;
        this.add('runs', this.runRow(this.now()), 100);
        await this.flush();
      }
    } finally {
      await this.connection.close();
    }
  }

  /** For `openStore`: records that this run has begun. */
  async begin(): Promise<void> {
    this.add('runs', this.runRow(null), 100);
    await this.flush();
  }

  private runRow(closedAt: number | null): object {
    return { number: this.number, opened_at: iso(this.openedAt), closed_at: closedAt === null ? null : iso(closedAt) };
  }

  private writer(): WindowLoader {
    if (this.loader === undefined) throw new Error('this store was opened to read');
    return this.loader;
  }

  private add(table: StoredTable, row: object, bytes: number): void {
    this.check();
    this.writer();
    this.queues[table].add(row, bytes);
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  private nextVersion(): number {
    return this.number * VERSIONS_PER_RUN + ++this.sequence;
  }

  /** Something that must come after all that was given before, and before what is given later is acknowledged. */
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

  private async load(items: { run: string; rows: Uint8Array }[]): Promise<void> {
    for (const run of new Set(items.map((item) => item.run))) {
      await this.writer().load(
        items.filter((item) => item.run === run).map((item) => item.rows),
        run,
        this.nextVersion(),
      );
    }
  }

  private async insert(table: StoredTable, rows: object[]): Promise<void> {
    const sql = insertSql(table, COLUMNS[table]);
    const stamp = { stored_at: iso(this.now()), version: this.nextVersion() };
    for (let from = 0; from < rows.length; from += ROWS_PER_SLICE) {
      const text = rows
        .slice(from, from + ROWS_PER_SLICE)
        .map((row) => rowText(row as Readonly<Record<string, unknown>>, COLUMNS[table], stamp));
      await this.connection.insertText(sql, text.join('\n'));
      await yieldToOthers();
    }
  }

  private async deleteDead(letters: readonly DeadLetterKey[]): Promise<void> {
    await this.queues.dead_letters.flush();
    for (const { tenant, source, partition, offset, index } of letters) {
      await this.connection.command(
        'DELETE FROM dead_letters_raw WHERE tenant = {tenant:String} AND source = {source:String} AND partition = {partition:String} AND offset = {offset:UInt64} AND `index` = {index:UInt16}',
        { tenant, source, partition, offset, index },
      );
    }
  }

  private async markRetracted(table: 'alerts' | 'incidents', key: string, tenant: string, ids: string[]): Promise<void> {
    await this.queues[table].flush();
    const columns = quoted(COLUMNS[table]);
    const changed = COLUMNS[table].map((column) => {
      if (column === 'retracted') return 'true';
      if (column === 'version') return '{version:UInt64}';
      if (column === 'stored_at') return "parseDateTime64BestEffort({now:String}, 3, 'UTC')";
      return `\`${column}\``;
    });
    await this.connection.command(
      `INSERT INTO ${table}_raw (${columns}) SELECT ${changed.join(', ')} FROM ${table}_raw FINAL WHERE tenant = {tenant:String} AND ${key} IN {ids:Array(String)}
       SETTINGS max_partitions_per_insert_block = 0`,
      { tenant, ids, version: this.nextVersion(), now: iso(this.now()) },
    );
  }
}

/**
 * Opens a store and brings it up to date: embedded (a data folder, made when missing; lock it first, see data-folder.ts)
 * or a server.
 * @throws WeirError `store_newer` for a store of a newer program, `data_folder_in_use`, `disk`, `store_failed`
 */
export async function openStore(config: StoreConfig, options: StoreOptions = {}): Promise<Store> {
  const connection = new StoreConnection(config);
  try {
    const schemaVersion = await prepareStore(connection, {
      retention: options.readOnly || options.marksOnly ? 'keep' : options.retentionDays,
    });
    const number = options.readOnly ? 0 : options.marksOnly ? await newestRun(connection) : await claimRun(connection);
    const store = new Store(connection, { number, schemaVersion, dataFolder: 'path' in config ? config.path : undefined }, options);
    if (!options.readOnly && !options.marksOnly) await store.begin();
    return store;
  } catch (cause) {
    await connection.close();
    throw cause;
  }
}
