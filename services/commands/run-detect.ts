import { join, resolve } from 'node:path';
import { openBackend } from '../../models/autoencoder/backend.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { WeirError } from '../core/errors.ts';
import type { LedgerEntry, Sink } from '../core/sink.ts';
import { AlertFile, AlertStream } from '../drivers/embedded/alert-file.ts';
import { type EmbeddedOptions, type EmbeddedResult, type Notice, runEmbedded } from '../drivers/embedded/driver.ts';
import { RunInbox } from '../drivers/embedded/inbox.ts';
import type { FollowOptions } from '../drivers/embedded/quiet.ts';
import type { Progress } from '../drivers/embedded/run-contract.ts';
import { takeStdin } from '../drivers/embedded/stdin.ts';
import { listTables, versionWithLists } from '../ingest/addresses/address-list-loader.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { detectFormat } from '../ingest/detect.ts';
import { defaultLateness } from '../ingest/formats/registry.ts';
import { documentsOf, versionWithDocuments } from '../ingest/interfaces/openapi-loader.ts';
import type { FormatName } from '../ingest/normalise-config.ts';
import { MarkJournal } from '../state/mark-journal.ts';
import { SwitchJournal } from '../state/model-switches.ts';
import { lockDataFolder } from '../storage/data-folder.ts';
import { openStore, type Store } from '../storage/store.ts';
import { writeCanonical } from './canonical.ts';
import { defaultConfig, type LoadedConfig, tenantConfig } from './config.ts';
import { detectInputs, liveInputs } from './detect-inputs.ts';
import { DetectTally } from './detect-tally.ts';
import { storeMarks } from './incident-marking.ts';
import { ListWatch, readLists } from './list-watch.ts';
import { masterKey } from './master-key.ts';
import { judgedUntil, modelsInForce, settleShipped } from './model-switching.ts';
import { retentionOf } from './retention.ts';
import { createRunRequests } from './run-requests.ts';
import { storeConfigOf } from './store-config.ts';
import { topologyConfigOf } from './topology-config.ts';
import { programVersion } from './version.ts';
import { withoutEffect } from './without-effect.ts';

export interface DetectOptions {
  /** paths; `-` is standard input; none: the files of the config */
  files: readonly string[];
  /** undefined: the defaults */
  config?: LoadedConfig;
  tenant?: string;
  /** undefined: detected per file */
  format?: string;
  /** data folder; undefined: the config's store path */
  data?: string;
  /** file for alert records, `-` for standard output */
  alerts?: string;
  /** folder for the canonical form of all that the store holds */
  canonical?: string;
  /** threads, 1 to the number of cores; default 2 */
  workers?: number;
  follow?: Partial<FollowOptions>;
  /** what `weir serve` adds: all sources with files are followed, and no summary is kept */
  live?: LiveParts;
  /** ms of work between cuts; default 30 s */
  cutEvery?: number;
  /** ms between looks at the files of address lists, where files are followed; default 10 s */
  listsEvery?: number;
  /** more places for the outcomes to go to */
  sinks?: readonly Sink[];
  /** stop reading, save the state, return */
  signal?: AbortSignal;
  environment?: NodeJS.ProcessEnv;
  onProgress?: (progress: Progress) => void;
  /** one sentence each: detected formats, resumed files, backfills */
  onNotice?: Notice;
}

/** What a live run has beside files. */
export interface LiveParts {
  /** called once the data folder is ours, before anything is read */
  open(dataFolder: string): Promise<Pick<EmbeddedOptions, 'inlets' | 'onCut' | 'onRun'>>;
  /** called last, before the data folder is given back */
  close(): Promise<void>;
}

export interface DetectResult extends EmbeddedResult {
  /** absolute path */
  dataFolder: string;
  tally: DetectTally;
  /** the ledger of every run that had something to do, at its end */
  ledger: LedgerEntry[];
  /** what cut inputs short; the rest of them was processed */
  problems: string[];
  /** ms of the wall clock */
  took: number;
}

/** Looks this long for news of followed files, ms; and how long a quiet input is waited for. */
const POLL_EVERY = 500;
const IDLE_AFTER = 30_000;

/**
 * The main job: files through the whole topology into the store of a data folder. What `weir detect`, `weir demo`, the
 * tests and the benches run.
 * @throws WeirError for what the user can put right (inputs, config, folder in use) and for what failed around us
 */
export async function runDetect(options: DetectOptions): Promise<DetectResult> {
  const begun = performance.now();
  const { config, version } = options.config ?? defaultConfig(process.cwd());
  const { inputs, sources } = options.live === undefined ? detectInputs(options.files, config, options) : liveInputs(config);
  const stdin = inputs.some((input) => input.path === '-') ? takeStdin() : undefined;
  const dataFolder = resolve(options.data ?? ('path' in config.store ? config.store.path : './weir-data'));
  const notice = options.onNotice ?? (() => undefined);
  for (const part of withoutEffect(config, options.live !== undefined)) notice(`no effect: ${part}`);
  // another backend than the one that was asked for is said, not used silently
  if (config.models.backend !== 'auto') {
    const { warning } = await openBackend(config.models.backend);
    if (warning !== undefined) notice(warning);
  }
  const lock = await lockDataFolder(dataFolder);
  const tally = new DetectTally();
  const inbox = new RunInbox();
  let watch: ListWatch | undefined;
  let store: Store | undefined;
  let clean = false;
  const alertFile = options.alerts === undefined || options.alerts === '-' ? undefined : new AlertFile(options.alerts);
  const others: Sink[] = [...(options.live === undefined ? [tally] : []), ...(options.sinks ?? [])];
  if (alertFile !== undefined) others.push(alertFile);
  if (options.alerts === '-') others.push(new AlertStream(process.stdout));
  try {
    const { key } = masterKey(config, dataFolder, options.environment);
    const addresses = await loadAddressTables({ csv: config.address_data?.csv });
    const problem = (reason: string): void => notice(reason, { event: 'list_problem', fields: { reason } });
    let lists = await readLists(config, problem);
    const documents = documentsOf(config.tenants);
    const versionNow = (): string => versionWithDocuments(versionWithLists(version, lists), documents);
    const opened = await openStore('path' in config.store ? { path: dataFolder } : storeConfigOf(config.store, options.environment), {
      retentionDays: retentionOf(config),
    });
    store = opened;
    lock.serve((sql, readOptions) => opened.query(sql, readOptions), createRunRequests({ dataFolder, store: opened, inbox }));
    settleShipped(new SwitchJournal(dataFolder), new BundleCatalogue(dataFolder), await judgedUntil(dataFolder, opened));
    storeMarks(opened, new MarkJournal(dataFolder).marks);
    for (const tenant of new Set([...inputs, ...(options.live === undefined ? [] : sources)].map((input) => input.tenant)))
      opened.setTenant(tenant, { time_zone: tenantConfig(config, tenant).time_zone });
    const live = await options.live?.open(dataFolder);
    if (options.follow !== undefined) {
      watch = new ListWatch({
        config,
        lists,
        every: options.listsEvery,
        onProblem: problem,
        // at a cut: what comes before it was judged by the lists as they were, what comes after it by the new ones
        onChanged: async (changed, names) => {
          await inbox.ask({
            kind: 'change',
            act: () => {
              lists = [...changed];
            },
          });
          const text = `read again, and in force: ${names.map((name) => `list ${name}`).join(', ')}`;
          notice(text, { event: 'lists_read', fields: { lists: names } });
        },
      });
    }
    const result = await runEmbedded({
      ...live,
      inputs,
      folder: join(dataFolder, 'snapshots'),
      topologyConfig: (known) =>
        topologyConfigOf({
          config,
          version: versionNow(),
          sources,
          inputs: known,
          key,
          addresses,
          lists: listTables(lists),
          documents,
          models: modelsInForce(dataFolder),
        }),
      // asked again with the topology, when a list has changed
      get configVersion() {
        return versionNow();
      },
      program: programVersion(),
      workers: options.workers,
      sinks: (run) => [opened.forRun(run), ...others],
      alertFile,
      detect: (head, path) => named(head, path, notice),
      latenessOf: (format) => defaultLateness(format as FormatName),
      cutEvery: options.cutEvery,
      stdin,
      follow: options.follow === undefined ? undefined : { pollEvery: POLL_EVERY, idleAfter: IDLE_AFTER, now: Date.now, ...options.follow },
      signal: options.signal,
      inbox,
      onProgress: options.onProgress,
      onNotice: notice,
    });
    await opened.flush();
    if (options.canonical !== undefined && !result.stopped) await writeCanonical(opened, options.canonical);
    clean = !result.stopped; // what is in open panes is counted as windowed, and stored only when they close
    return {
      ...result,
      dataFolder,
      tally,
      ledger: result.runs.flatMap((run) => run.ledger),
      problems: result.runs.flatMap((run) => run.problems),
      took: performance.now() - begun,
    };
  } finally {
    inbox.fail(new WeirError('data_folder_in_use', `process ${process.pid} is leaving ${dataFolder}: give the command again`));
    await watch?.close();
    stdin?.destroy();
    alertFile?.close();
    await options.live?.close();
    await lock.drain();
    try {
      await store?.close(clean);
    } finally {
      await lock.release();
    }
  }
}

/** Throws what the ledger of a finished run calls for: `nothing_parsed`, `ledger_unbalanced`, `input_unreadable` for inputs cut short. */
export function judgeResult(result: DetectResult): void {
  const sum = (entries: LedgerEntry[], ...fates: string[]): number =>
    entries.filter((entry) => fates.includes(entry.fate)).reduce((total, entry) => total + entry.count, 0);
  const busy = result.runs.filter((run) => !run.nothingNew);
  const read = sum(result.ledger, 'read');
  if (busy.length > 0 && read > 0 && sum(result.ledger, 'windowed', 'late', 'held', 'dropped') === 0) {
    const formats = [...new Set(result.inputs.map((input) => input.format))].join(', ');
    throw new WeirError(
      'nothing_parsed',
      `none of ${read} records could be read as ${formats}: wrong --format? (weir parse FILE --explain shows what is read of each line)`,
    );
  }
  for (const run of result.runs) {
    const fates = sum(run.ledger, 'windowed', 'late', 'dead', 'held', 'dropped');
    if (sum(run.ledger, 'read') !== fates)
      throw new WeirError(
        'ledger_unbalanced',
        `the ledger of run ${run.name} does not balance: ${sum(run.ledger, 'read')} events read, ${fates} accounted for (weir reconcile shows each source)`,
      );
  }
  if (result.problems.length > 0)
    throw new WeirError('input_unreadable', `${result.problems.join('; ')}. What could be read was processed`);
}

function named(head: Uint8Array, path: string, notice: (text: string) => void): string {
  const detection = detectFormat(head);
  const name = path === '-' ? 'standard input' : path;
  if (detection.format === undefined) throw new WeirError('input_format', `${name}: ${detection.reason}; name the format with --format`);
  notice(`${name}: format ${detection.format}, detected (${detection.reason})`);
  return detection.format;
}
