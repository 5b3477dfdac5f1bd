import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { KafkaCluster } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { type Broker, startBroker } from '../support/broker.ts';
import { type ChildProgram, startProgram } from '../support/child-program.ts';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';
import { freePorts } from '../support/free-ports.ts';
import { atRest, clusterOf } from '../support/kafka-runs.ts';

/** Clock ticks of /proc/PID/stat in a second: 100 on every Linux that Node runs on. */
const TICKS = 100;
const LAUNCHER = fileURLToPath(new URL('../../services/launcher.cjs', import.meta.url));
/** ms between two looks at how far everything is */
const LOOK_EVERY = 250;
/** Without change for so long, ms, it may be at rest. */
const CALM = 1500;

/** CPU seconds that a process has used, all its threads included. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Highest resident bytes of a process so far. */
export function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

/** A source on a topic of its own, the only one of its tenant; the topic has the source's name behind the prefix. */
export interface BenchSource {
  tenant: string;
  partitions: number;
  lateness?: string;
}

export interface Installation {
  prefix: string;
  config: string;
  sources: readonly BenchSource[];
  tenants: string[];
  /** by tenant */
  topics: Map<string, string>;
  database: string;
  state: string;
  cluster: KafkaCluster;
}

/** A process of `weir serve`. */
export interface Served {
  program: ChildProgram;
  pid: number;
  /** host:port of its metrics */
  listen: string;
}

/** What each process of a stand has used, CPU seconds. */
export interface Used {
  weir: number[];
  broker: number;
  clickhouse: number;
}

/** One broker, one ClickHouse server and a folder; everything on it goes with `close`. */
export class Stand {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-bench-kafka-'));
  readonly broker: Broker;
  readonly clickhouse: ClickHouse;
  private readonly processes = new Set<ChildProgram>();
  private readonly clusters = new Set<KafkaCluster>();
  private count = 0;

  private constructor(broker: Broker, clickhouse: ClickHouse) {
    this.broker = broker;
    this.clickhouse = clickhouse;
  }

  static async open(): Promise<Stand> {
    const broker = await startBroker({ tiered: true, heap: 1024 });
    try {
      return new Stand(broker, await startClickHouse());
    } catch (error) {
      await broker.remove();
      throw error;
    }
  }

  /** A prefix, a config, a database and a state folder of their own. `kafka`: more of its keys. */
  installation(sources: readonly BenchSource[], kafka: Record<string, unknown> = {}): Installation {
    const prefix = `bench-${++this.count}`;
    const database = prefix.replace('-', '_');
    const topics = new Map(sources.map(({ tenant }) => [tenant, `${prefix}-${tenant}`]));
    const tenants = [...new Set(sources.map(({ tenant }) => tenant))].sort();
    const state = join(this.folder, `${prefix}-state`);
    const config = join(this.folder, `${prefix}.yaml`);
    const text = stringify({
      tenants: Object.fromEntries(tenants.map((tenant) => [tenant, { alert_budget: 1000 }])),
      sources: sources.map(({ tenant, lateness }) => ({
        name: tenant,
        tenant,
        format: 'nginx-json',
        kafka: { topic: topics.get(tenant) },
        ...(lateness === undefined ? {} : { lateness }),
      })),
      store: { url: this.clickhouse.url, database },
      serve: { listen: '127.0.0.1:0' },
      kafka: { brokers: [this.broker.bootstrap], prefix, state, ...kafka },
    });
    writeFileSync(config, text);
    const cluster = clusterOf(this.broker.bootstrap, prefix);
    this.clusters.add(cluster);
    return { prefix, config, sources, tenants, topics, database, state, cluster };
  }

  async makeTopics({ cluster, sources, topics }: Installation): Promise<void> {
    await cluster.ensure(
      sources.map(({ tenant, partitions }) => ({ topic: topics.get(tenant) as string, partitions, replication: 1, configs: {} })),
    );
  }

  /** Starts `weir serve` and resolves when it has joined its groups. `profile`: a folder for V8's CPU profile. */
  async serve({ config }: Installation, name: string, profile?: string): Promise<Served> {
    const [port] = await freePorts(1);
    const listen = `127.0.0.1:${port}`;
    const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profile}`];
    const words = [...profiling, LAUNCHER, 'serve', '--config', config, '--name', name, '--listen', listen];
    const env = { ...process.env, WEIR_KEY: 'a master key for the bench', UV_THREADPOOL_SIZE: '8' };
    const log = join(this.folder, `${name}-${port}.log`);
    const program = startProgram(process.execPath, words, log, env);
    this.processes.add(program);
    await program.until((printed) => printed.includes('running '), 120_000);
    return { program, pid: program.pid, listen };
  }

  async stop(served: readonly Served[]): Promise<void> {
    await Promise.all(served.map(({ program }) => program.stop()));
    for (const { program } of served) this.processes.delete(program);
  }

  used(served: readonly Served[]): Used {
    return { weir: served.map(({ pid }) => cpuOf(pid)), broker: cpuOf(this.broker.pid), clickhouse: cpuOf(this.clickhouse.pid) };
  }

  /**
   * Waits until everything that was written is through all stages and stored, and gives the seconds between the first
   * look that saw progress and the last. Throws when a process ends before.
   */
  async untilAtRest({ cluster, prefix, tenants, topics }: Installation, served: readonly Served[]): Promise<number> {
    const names = new Names(prefix);
    const sources = [...topics.values()];
    let begun: number | undefined;
    let changed = performance.now();
    let before = await this.progress(cluster, names, sources);
    for (;;) {
      const asked = performance.now();
      const now = await this.progress(cluster, names, sources);
      if (now !== before) {
        begun ??= changed;
        changed = asked;
        before = now;
      } else if (begun === undefined) changed = asked;
      else if (asked - changed > CALM && (await atRest(cluster, prefix, sources, tenants))) return (changed - begun) / 1000;
      const ended = served.find(({ program }) => !program.running);
      if (ended !== undefined) throw new Error(`weir has ended: ${ended.program.printed().slice(-2000)}`);
      await wait(LOOK_EVERY);
    }
  }

  /** How far the groups are, as text. */
  private async progress(cluster: KafkaCluster, names: Names, sources: readonly string[]): Promise<string> {
    const read = [
      ...sources.map((topic) => ({ group: names.group('normalise'), topic })),
      { group: names.group('account'), topic: names.events },
      { group: names.group('merge'), topic: names.partials },
      { group: names.group('alert'), topic: names.candidates },
      { group: names.group('store'), topic: names.windows },
    ];
    const sizes = await cluster.partitions(read.map(({ topic }) => topic));
    const all = await Promise.all(
      read.map(async ({ group, topic }) => {
        const size = sizes.get(topic) ?? 0;
        const committed = await cluster.committed(
          group,
          topic,
          Array.from({ length: size }, (_, partition) => partition),
        );
        return [...committed].map(([partition, { offset }]) => `${partition}:${offset ?? '-'}`).join();
      }),
    );
    return all.join(' ');
  }

  /** Bytes of the records of each topic on the broker's disk, all partitions together. */
  topicBytes(prefix: string): Map<string, number> {
    const data = join(this.broker.folder, 'data');
    const bytes = new Map<string, number>();
    for (const entry of readdirSync(data)) {
      const topic = entry.slice(0, entry.lastIndexOf('-'));
      if (!topic.startsWith(`${prefix}.`) && !topic.startsWith(`${prefix}-`)) continue;
      for (const file of readdirSync(join(data, entry))) {
        if (!file.endsWith('.log')) continue;
        bytes.set(topic, (bytes.get(topic) ?? 0) + statSync(join(data, entry, file)).size);
      }
    }
    return bytes;
  }

  /** Answers a query with lines of tab-separated fields. */
  async query(sql: string): Promise<string[][]> {
    const answer = await fetch(this.clickhouse.url, { method: 'POST', body: `${sql} FORMAT TSV` });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  /** Rows and bytes on disk of a database, as they lie after all merges. */
  async storedBytes(database: string): Promise<{ bytes: number; rows: number }> {
    await this.query(`OPTIMIZE TABLE ${database}.windows_raw FINAL`).catch(() => undefined);
    const [[bytes, rows]] = await this.query(
      `SELECT sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active AND database = '${database}'`,
    );
    return { bytes: Number(bytes), rows: Number(rows) };
  }

  folderBytes(folder: string): number {
    let sum = 0;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      sum += entry.isDirectory() ? this.folderBytes(path) : statSync(path).size;
    }
    return sum;
  }

  /** An empty folder. */
  fresh(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Drops what an installation has on broker and server, so that the next one finds the same machine. */
  async discard({ database, cluster, state }: Installation): Promise<void> {
    await this.query(`DROP DATABASE IF EXISTS ${database}`).catch(() => undefined);
    rmSync(state, { recursive: true, force: true });
    this.clusters.delete(cluster);
    await cluster.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes].map((program) => program.kill()));
    await Promise.allSettled([...this.clusters].map((cluster) => cluster.close()));
    await this.clickhouse.remove();
    await this.broker.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Sum of a metric over the processes and all its labels that match. */
export async function metric(served: readonly Served[], name: string, labels = ''): Promise<number> {
  let sum = 0;
  for (const { listen } of served) {
    const text = await (await fetch(`http://${listen}/metrics`)).text();
    for (const line of text.split('\n')) {
      if ((line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
        sum += Number(line.slice(line.lastIndexOf(' ') + 1));
    }
  }
  return sum;
}
