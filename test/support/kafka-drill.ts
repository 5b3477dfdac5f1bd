import { readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { writeCanonical } from '../../services/commands/canonical.ts';
import { loadConfig } from '../../services/commands/config.ts';
import { runDetect } from '../../services/commands/run-detect.ts';
import { unpackCheckpoint } from '../../services/drivers/kafka/checkpoint.ts';
import type { KafkaCluster, OutRecord } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import type { Reader } from '../../services/storage/reader.ts';
import { type Reconciliation, reconcile } from '../../services/storage/reconcile.ts';
import { type Member, until } from './kafka-fleet.ts';
import { endMarks, untilAtRest } from './kafka-runs.ts';

/** What a drill writes to one topic of a tenant's. */
export interface DrillSource {
  tenant: string;
  name: string;
  topic: string;
  partitions: number;
  lines: readonly string[];
  /** what else the config says of it */
  options?: Readonly<Record<string, unknown>>;
}

/** Records of one request while feeding. */
const BATCH = 1000;

/** Puts unreadable lines among the lines, at seeded places. @returns the lines and the places */
export function spoiled(lines: readonly string[], share: number, next: () => number): { lines: string[]; bad: number[] } {
  const all: string[] = [];
  const bad: number[] = [];
  for (const line of lines) {
    if (next() < share) {
      bad.push(all.length);
      all.push(`{"time_iso8601":"2026-03-02T00:00:00+00:00","remote_addr":${Math.floor(next() * 1e6)},`);
    }
    all.push(line);
  }
  return { lines: all, bad };
}

/** Where a line of a source lies on its topic: they are written in turn over its partitions. */
export function placeOfLine({ topic, partitions }: DrillSource, index: number): { partition: string; offset: number } {
  return { partition: `${topic}/${index % partitions}`, offset: Math.floor(index / partitions) };
}

/** Writes the sources' lines bit by bit, and says how far the installation is with them. */
export class Drill {
  readonly cluster: KafkaCluster;
  readonly prefix: string;
  readonly sources: readonly DrillSource[];
  readonly names: Names;
  private readonly fed = new Map<DrillSource, number>();

  constructor(cluster: KafkaCluster, prefix: string, sources: readonly DrillSource[]) {
    this.cluster = cluster;
    this.prefix = prefix;
    this.sources = sources;
    this.names = new Names(prefix);
  }

  get events(): number {
    return this.sources.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  async begin(): Promise<void> {
    await this.cluster.ensure(this.sources.map(({ topic, partitions }) => ({ topic, partitions, replication: 1, configs: {} })));
  }

  /** Writes on, until this share of each source's lines is there. @returns how many records are there now */
  async feed(share: number): Promise<number> {
    for (const source of this.sources) {
      const { lines, topic, partitions } = source;
      const to = Math.floor(lines.length * Math.min(1, share));
      for (let from = this.fed.get(source) ?? 0; from < to; from += BATCH) {
        await this.cluster.send(
          lines
            .slice(from, Math.min(to, from + BATCH))
            .map((value, i): OutRecord => ({ topic, partition: (from + i) % partitions, value })),
        );
      }
      this.fed.set(source, to);
    }
    return [...this.fed.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Ends every partition of every source. */
  async end(): Promise<void> {
    await this.cluster.send(this.sources.flatMap(({ topic, partitions }) => endMarks(topic, partitions)));
  }

  /** How many records of the sources are settled: normalised, and their outcome in the log. */
  async taken(): Promise<number> {
    let sum = 0;
    for (const { topic, partitions } of this.sources) {
      const numbers = Array.from({ length: partitions }, (_, partition) => partition);
      const committed = await this.cluster.committed(this.names.group('normalise'), topic, numbers);
      for (const { offset } of committed.values()) sum += offset ?? 0;
    }
    return sum;
  }

  /** Waits until so many are settled. */
  async untilTaken(records: number, patience = 240_000): Promise<void> {
    let last = 0;
    await until(
      async () => {
        last = await this.taken();
        return last >= records;
      },
      () => `${records} records are taken; it were ${last}`,
      patience,
    );
  }

  /** Waits until nothing is under way. */
  async untilAtRest(patience = 240_000): Promise<void> {
    const { cluster, prefix, sources } = this;
    const given = new AbortController();
    const gaveUp = wait(patience, undefined, { signal: given.signal }).then(() => {
      throw new Error(`waited ${patience} ms in vain: all groups of ${prefix} have committed all that there is`);
    });
    gaveUp.catch(() => undefined);
    const topics = sources.map(({ topic }) => topic);
    await untilAtRest(cluster, prefix, topics, [...new Set(sources.map(({ tenant }) => tenant))], gaveUp);
    given.abort();
  }

  /** Snapshots, by name, that committed offsets name. */
  async namedSnapshots(): Promise<Set<string>> {
    const { names, cluster } = this;
    const inputs = [
      ...this.sources.map(({ topic }) => ({ group: names.group('normalise'), topic })),
      { group: names.group('account'), topic: names.events },
      { group: names.group('merge'), topic: names.partials },
      { group: names.group('alert'), topic: names.candidates },
    ];
    const named = new Set<string>();
    for (const { group, topic } of inputs) {
      const bounds = await cluster.bounds(topic);
      for (const [partition, { metadata }] of await cluster.committed(group, topic, [...bounds.keys()])) {
        const snapshot = unpackCheckpoint(metadata)?.snapshot ?? '';
        if (snapshot !== '') named.add(`${group}-${topic}-${partition}/${snapshot}`);
      }
    }
    return named;
  }
}

/**
 * Kills a process between a snapshot, which lies on the disk, and the commit that would have named it. It is frozen as soon
 * as a snapshot appears; when the commit was quicker, it goes on and the next snapshot is tried.
 * @param state the state folder; no other process may write into it meanwhile
 * @returns the snapshot that nothing names
 */
export async function killAfterSnapshot(drill: Drill, member: Member, state: string): Promise<string> {
  const folder = join(state, 'snapshots');
  for (let attempt = 0; attempt < 40; attempt++) {
    const before = new Set(snapshotsIn(folder));
    await new Promise<void>((resolve) => {
      const watcher = watch(folder, { recursive: true }, (_, file) => {
        if (file === null || !file.endsWith('.json') || before.has(file.slice(0, -'.json'.length))) return;
        member.freeze();
        watcher.close();
        resolve();
      });
    });
    const named = await drill.namedSnapshots();
    const stray = snapshotsIn(folder).find((snapshot) => !before.has(snapshot) && !named.has(snapshot));
    if (stray !== undefined) {
      await member.kill();
      if (!(await drill.namedSnapshots()).has(stray)) return stray;
      throw new Error(`${stray} was named after its process was frozen`);
    }
    member.thaw();
  }
  throw new Error('each snapshot was named before its process could be stopped');
}

/** `task/offset/unique` of every snapshot that is whole. */
function snapshotsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

export interface Canonical {
  alerts: string;
  windows: string;
  inventory: string;
}

export async function canonicalOf(reader: Reader, folder: string): Promise<Canonical> {
  await writeCanonical(reader, folder);
  return readCanonical(folder);
}

export function readCanonical(folder: string): Canonical {
  const file = (name: string): string => readFileSync(join(folder, `${name}.ndjson`), 'utf8');
  return { alerts: file('alerts'), windows: file('windows'), inventory: file('inventory') };
}

/** Alerts without the version of the config they were raised under. */
export function anyVersion({ alerts, ...rest }: Canonical): Canonical {
  return { ...rest, alerts: alerts.replaceAll(/"config_version":"[0-9a-f]*"/g, '"config_version":""') };
}

/** Where a drill runs. */
export interface DrillPlace {
  bootstrap: string;
  store: { url: string; database: string };
  /** the config's tenants */
  tenants: Readonly<Record<string, unknown>>;
  /** what else the config says under `kafka` */
  kafka: Readonly<Record<string, unknown>>;
}

/** Writes the config of a drill's processes. */
export function writeDrillConfig(path: string, { prefix, sources }: Drill, { bootstrap, store, tenants, kafka }: DrillPlace): string {
  const entries = sources.map(({ name, tenant, topic, options }) => ({ ...options, name, tenant, format: 'nginx-json', kafka: { topic } }));
  const brokers = [bootstrap];
  writeFileSync(path, stringify({ tenants, sources: entries, store, kafka: { brokers, prefix, state: 'state', ...kafka } }));
  return path;
}

/** The same lines through the embedded driver, undisturbed. */
export async function embeddedRun(
  folder: string,
  sources: readonly DrillSource[],
  tenants: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv,
): Promise<Canonical> {
  const entries = sources.map(({ name, tenant, lines, options }) => {
    const file = join(folder, `${name}.log`);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    return { ...options, name, tenant, format: 'nginx-json', files: [file] };
  });
  const path = join(folder, 'embedded.yaml');
  writeFileSync(path, stringify({ tenants, sources: entries }));
  const canonical = join(folder, 'embedded');
  await runDetect({ files: [], config: loadConfig(path), data: join(folder, 'embedded-data'), canonical, environment });
  return readCanonical(canonical);
}

/** What a drill ends with. */
export interface Findings {
  balance: Reconciliation;
  canonical: Canonical;
  late: number;
  /** `partition@offset reason`, sorted */
  dead: string[];
  /** how often each alert id stands on the alert topics, for readers of committed records */
  said: Map<string, number>;
}

export async function findings(drill: Drill, reader: Reader, folder: string): Promise<Findings> {
  const said = new Map<string, number>();
  for (const tenant of new Set(drill.sources.map((source) => source.tenant))) {
    await drill.cluster.readAll(drill.names.alerts(tenant), (_, { headers }) => {
      said.set(headers.alert_id, (said.get(headers.alert_id) ?? 0) + 1);
    });
  }
  const dead = await reader.rows<{ partition: string; offset: number; reason: string }>(
    'SELECT partition, offset, reason FROM dead_letters',
  );
  const [late] = await reader.rows<{ n: number }>('SELECT count() AS n FROM late');
  return {
    balance: await reconcile(reader, Date.now()),
    canonical: await canonicalOf(reader, folder),
    late: late.n,
    dead: dead.map(({ partition, offset, reason }) => `${partition}@${offset} ${reason}`).sort(),
    said,
  };
}

/** The alert ids of a canonical form, each once. */
export function alertIds({ alerts }: Canonical): Map<string, number> {
  const lines = alerts.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [(JSON.parse(line) as { alert_id: string }).alert_id, 1]));
}
