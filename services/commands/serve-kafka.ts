import { hostname } from 'node:os';
import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { openKafka } from '../drivers/kafka/client.ts';
import { type KafkaRun, runKafka, type TopicSource } from '../drivers/kafka/driver.ts';
import { ROLES, type Role } from '../drivers/kafka/names.ts';
import type { LiveSink } from '../drivers/kafka/store-role.ts';
import { versionWithLists } from '../ingest/addresses/address-list-loader.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { defaultLateness } from '../ingest/formats/registry.ts';
import { documentsOf, versionWithDocuments } from '../ingest/interfaces/openapi-loader.ts';
import { makeFolder } from '../state/make-folder.ts';
import { lockDataFolder } from '../storage/data-folder.ts';
import { createLiveStore, type LiveStore, liveVersion } from '../storage/live-store.ts';
import { gauge } from '../telemetry/catalogue.ts';
import { diskSamples } from '../telemetry/disk-space.ts';
import { startTelemetry, type Telemetry } from '../telemetry/endpoint.ts';
import type { ServeLog } from '../telemetry/serve-log.ts';
import { StoreMeter } from '../telemetry/store-meter.ts';
import { type LoadedConfig, tenantConfig } from './config.ts';
import { ListWatch, readLists } from './list-watch.ts';
import { masterKey } from './master-key.ts';
import { retentionOf } from './retention.ts';
import { RunVersions } from './run-versions.ts';
import { storeConfigOf } from './store-config.ts';
import { versions } from './version.ts';

export interface ServeKafkaOptions {
  config: LoadedConfig;
  /** left out: all */
  only?: readonly string[];
  /** name of this process; left out: host and process id */
  name?: string;
  /** where /metrics, /healthz and /readyz are answered; left out: the config says */
  listen?: string;
  log: ServeLog;
  /** stop: drain, then return */
  signal: AbortSignal;
  environment?: NodeJS.ProcessEnv;
  /** all roles have joined their groups */
  onStarted?: (run: KafkaRun, how: { roles: readonly Role[]; telemetry: string }) => void;
  /** What `/readyz` says has changed: at once when it turns, reasons that follow each other at most every few seconds. */
  onStatus?: (status: Status) => void;
}

/** What a process says of itself, as `/readyz` does. */
export interface Status {
  ready: boolean;
  /** why it is not ready; empty when it is */
  reasons: readonly string[];
}

/** ms between two looks at whether the process is ready */
const LOOK = 1000;
/** ms for which other reasons for the same answer are not told */
const REASONS_EVERY = 15_000;

/**
 * `weir serve` on Kafka: runs stages of the topology as members of their groups until the signal says stop.
 * The caller bounds how long the drain may take.
 * @throws WeirError `config` and `usage` for what the user can put right, else what failed around us
 */
export async function serveKafka(options: ServeKafkaOptions): Promise<void> {
  const { log, signal, environment = process.env } = options;
  const { config } = options.config;
  const roles = rolesOf(options.only);
  const sources = sourcesOf(config);
  const key = keyOf(config, environment);
  const { state, client_id } = config.kafka;
  inStateFolder(state, () => makeFolder(state));
  const addresses = roles.includes('normalise') ? await loadAddressTables({ csv: config.address_data?.csv }) : undefined;
  const problem = (reason: string): void => log.say('list_problem', { reason });
  const lists = await readLists(config, problem);
  const documents = documentsOf(config.tenants);
  const version = versionWithDocuments(versionWithLists(options.config.version, lists), documents);
  const runVersions = new RunVersions(state, key, addresses, lists, documents);
  const watch = new ListWatch({
    config,
    lists,
    onProblem: problem,
    // a run version is for the life of a process: another content is another one, as another config is
    onChanged: async (_, names) => log.say('lists_changed', { lists: names }),
  });
  inStateFolder(state, () => runVersions.checkKey(config.values.key_env));
  const instance = options.name ?? `${hostname()}-${process.pid}`;
  const tenants = [...new Set([...Object.keys(config.tenants), ...sources.map(({ tenant }) => tenant)])].sort();
  const cluster = openKafka({ ...config.kafka, client_id: `${client_id}-${instance}` }, { environment, log: (line) => log.kafka(line) });
  const begun = performance.now();
  let store: OpenStore | undefined;
  let run: KafkaRun | undefined;
  let telemetry: Telemetry | undefined;
  const tell = statusTeller((status) => options.onStatus?.(status));
  const looking = setInterval(() => tell(readiness(run, store), performance.now()), LOOK);
  try {
    telemetry = await startTelemetry({
      listen: options.listen ?? config.serve.listen,
      samples: () => [
        gauge('weir_config_info', { version }, 1),
        ...diskSamples({ state, ...('path' in config.store ? { data: config.store.path } : {}) }),
        ...(store === undefined ? [] : store.meter.samples(store.live.trouble()?.since, Date.now())),
        ...(run?.samples() ?? []),
      ],
      health: () => ({ reasons: run?.stuck() ?? [] }),
      ready: () => ({ reasons: readiness(run, store) }),
      build: versions(),
      log,
    });
    run = await runKafka({
      kafka: config.kafka,
      cluster,
      roles,
      sources,
      tenants,
      nameVersion: (upstreams) => inStateFolder(state, () => runVersions.name({ ...options.config, version }, upstreams)),
      readVersion: (name) => runVersions.read(name),
      instance,
      sink: async (ending) => {
        store = await openStore(config, tenants, environment, log, AbortSignal.any([signal, ending]));
        return store.sink;
      },
      say: (event, fields) => log.say(event, fields),
    });
    log.say('started', { ...versions(), config: version, stages: roles, telemetry: telemetry.address });
    options.onStarted?.(run, { roles, telemetry: telemetry.address });
    await Promise.race([run.failed, aborted(signal)]);
    clearInterval(looking);
    await run.stop();
    log.say('stopped', { took: Math.round(performance.now() - begun) });
  } catch (error) {
    // told to stop before it had begun: what it waited for, it no longer waits for
    if (error !== signal.reason) throw error;
    log.say('stopped', { took: Math.round(performance.now() - begun) });
  } finally {
    clearInterval(looking);
    await Promise.allSettled([watch.close(), store?.close(), telemetry?.close(), cluster.close()]);
  }
}

/** Tells of a status what is new: see `onStatus`. */
export function statusTeller(onStatus: (status: Status) => void): (reasons: readonly string[], now: number) => void {
  let told: { text: string; at: number } | undefined;
  return (reasons, now) => {
    const text = reasons.join('; ');
    const turned = told === undefined || (told.text === '') !== (text === '');
    if (!turned && (told?.text === text || now - (told?.at ?? now) < REASONS_EVERY)) return;
    told = { text, at: now };
    onStatus({ ready: reasons.length === 0, reasons });
  };
}

function readiness(run: KafkaRun | undefined, store: OpenStore | undefined): string[] {
  if (run === undefined) return ['starting: topics, groups and the store are being looked at'];
  const trouble = store?.live.trouble();
  return [
    ...run.waitsFor(),
    ...(trouble === undefined
      ? []
      : [`the store has not been writable since ${new Date(trouble.since).toISOString()}: ${trouble.error.message}`]),
  ];
}

function rolesOf(only: readonly string[] | undefined): Role[] {
  if (only === undefined || only.length === 0) return [...ROLES];
  const unknown = only.filter((role) => !(ROLES as readonly string[]).includes(role));
  if (unknown.length > 0) throw new WeirError('usage', `--only names ${unknown.join(', ')}; there are ${ROLES.join(', ')}`);
  return ROLES.filter((role) => only.includes(role));
}

function sourcesOf(config: Config): TopicSource[] {
  const others = config.sources.filter((source) => source.kafka === undefined);
  if (others.length > 0) {
    throw new WeirError(
      'config',
      `weir serve reads either Kafka or files and posts, and this config has both (${others.map(({ name }) => name).join(', ')} beside Kafka topics): let a shipper write these to a topic, or give them a config of their own`,
    );
  }
  return config.sources.flatMap(({ name, tenant, kafka, format, lateness }) =>
    kafka === undefined || format === undefined
      ? []
      : [{ tenant, source: name, topic: kafka.topic, from: kafka.from, format, lateness: lateness ?? defaultLateness(format) }],
  );
}

/** @throws WeirError `disk` where the folder of snapshots cannot be made, read or written */
function inStateFolder<T>(state: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (cause instanceof WeirError || typeof code !== 'string') throw cause;
    const text = `kafka.state is ${state}: it cannot be made, read or written (${(cause as Error).message}); name a folder that this user may write to and that every process shares`;
    throw new WeirError('disk', text, { cause });
  }
}

/** On Kafka all processes need the same key: none is made up. */
function keyOf(config: Config, environment: NodeJS.ProcessEnv): Uint8Array {
  const name = config.values.key_env;
  if (environment[name] === undefined) {
    throw new WeirError(
      'config',
      `${name} is not set in the environment: on Kafka every process needs the same master key for hashed ids, at least 16 characters (openssl rand -hex 32), kept for good`,
    );
  }
  return masterKey(config, config.kafka.state, environment).key;
}

interface OpenStore {
  live: LiveStore;
  meter: StoreMeter;
  sink: LiveSink;
  close(): Promise<void>;
}

/** The store of the store role: a server, or the embedded one of a data folder, which this process then holds. */
async function openStore(
  config: Config,
  tenants: readonly string[],
  environment: NodeJS.ProcessEnv,
  log: ServeLog,
  signal: AbortSignal,
): Promise<OpenStore> {
  const place = storeConfigOf(config.store, environment);
  const lock = 'path' in place ? await lockDataFolder(place.path) : undefined;
  try {
    const meter = new StoreMeter();
    // asked for before it is there: a store that is away when we start is told of too
    let opened: LiveStore | undefined;
    const live = await createLiveStore(place, {
      meter,
      origin: config.kafka.prefix,
      retention: retentionOf(config),
      signal,
      onTrouble: (error, since) => log.say('store_away', { reason: error.message, since, pending: opened?.pending() ?? 0 }),
      onRecovered: (took) => log.say('store_back', { outage: took }),
    });
    opened = live;
    lock?.serve((sql, readOptions) => live.query(sql, readOptions));
    for (const tenant of tenants) live.setTenant(tenant, { time_zone: tenantConfig(config, tenant).time_zone });
    return {
      live,
      meter,
      sink: sinkOf(live),
      close: async () => {
        await lock?.drain();
        await live.close();
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

function sinkOf(live: LiveStore): LiveSink {
  return {
    alerts: (records, offset) => live.alerts(records, liveVersion(offset)),
    incidents: (records, offset) => live.incidents(records, liveVersion(offset)),
    windows: (rows, offset) => live.windows(rows, liveVersion(offset)),
    late: (events, offset) => live.late(events, liveVersion(offset)),
    dead: (letters, offset) => live.dead(letters, liveVersion(offset)),
    redriven: (keys, offset) => live.redriven(keys, liveVersion(offset)),
    shadow: (tenant, scores, offset) => live.shadow(tenant, scores, liveVersion(offset)),
    inventory: (tenant, facts) => live.inventory(tenant, facts),
    ledger: (task, entries, offset) => live.ledger(task, entries, liveVersion(offset)),
    pending: () => live.pending(),
    flush: () => live.flush(),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
