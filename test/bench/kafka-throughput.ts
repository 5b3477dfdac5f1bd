import { type BenchFile, writeBench } from '../../services/simulation/bench.ts';
import { endMarks } from '../support/kafka-runs.ts';
import { type ProfileSums, sumProfiles } from './kafka-profile.ts';
import { type Installation, metric, peakOf, type Stand } from './kafka-stand.ts';
import { measured } from './measured.ts';

/** Partitions of each source's topic. */
const SOURCE_PARTITIONS = 2;
/** jobs of the bench on Kafka */
export const JOBS = './kafka-jobs.js';

/** A client or another driver on the same lines. */
export interface Yardstick {
  name: string;
  /** seconds */
  took: number;
  /** CPU seconds of the process itself, and of the broker beside it */
  cpu: number;
  broker: number;
}

export interface Throughput {
  processes: number;
  partitions: number;
  events: number;
  /** seconds from the first progress to rest */
  took: number;
  /** CPU seconds, from before the start of the processes until rest */
  weir: number[];
  broker: number;
  clickhouse: number;
  /** bytes at most, of each process */
  peak: number[];
  transactions: number;
  /** bytes that its records have on the broker, by topic without the prefix */
  topics: Record<string, number>;
  /** bytes of the state folder */
  state: number;
  stored: { bytes: number; rows: number };
  profile: ProfileSums | undefined;
}

/** Files of traffic, and what else runs on them. */
export function benchFiles(stand: Stand, events: number, accounts: number, hours: number): BenchFile[] {
  return writeBench(stand.fresh(`logs-${events}-${accounts}-${hours}`), { events, accounts, hours });
}

/** The lines of the files through all stages, by so many processes, until nothing moves any more. */
export async function throughput(
  stand: Stand,
  files: readonly BenchFile[],
  options: {
    processes: number;
    profile?: boolean;
    partitions?: number;
    onFilled?: (yardstick: Yardstick) => void;
    onInstalled?: (of: Installation) => Promise<void>;
  },
): Promise<Throughput> {
  const { processes, profile = false, partitions = 6 } = options;
  const sources = files.map(({ tenant }) => ({ tenant, partitions: SOURCE_PARTITIONS }));
  const installation = stand.installation(sources, { partitions });
  const filled = await fill(stand, installation, files);
  options.onFilled?.(filled);
  await options.onInstalled?.(installation);
  const before = stand.used([]);
  const folder = profile ? stand.fresh(`${installation.prefix}-profile`) : undefined;
  const served = await Promise.all(Array.from({ length: processes }, (_, i) => stand.serve(installation, `weir-${i + 1}`, folder)));
  const took = await stand.untilAtRest(installation, served);
  const after = stand.used(served);
  const peak = served.map(({ pid }) => peakOf(pid));
  const transactions = await metric(served, 'weir_transactions_total');
  await stand.stop(served);
  const stored = await stand.storedBytes(installation.database);
  const bytes = stand.topicBytes(installation.prefix);
  const found: Throughput = {
    processes,
    partitions,
    events: files.reduce((sum, file) => sum + file.events, 0),
    took,
    weir: after.weir,
    broker: after.broker - before.broker,
    clickhouse: after.clickhouse - before.clickhouse,
    peak,
    transactions,
    topics: Object.fromEntries([...bytes].map(([topic, size]) => [topic.slice(installation.prefix.length + 1), size])),
    state: stand.folderBytes(installation.state),
    stored,
    profile: folder === undefined ? undefined : sumProfiles(folder),
  };
  await stand.discard(installation);
  return found;
}

/** Writes the files into the topics; that is the client alone, producing. */
async function fill(stand: Stand, installation: Installation, files: readonly BenchFile[]): Promise<Yardstick> {
  await stand.makeTopics(installation);
  const topicOf = (tenant: string): string => installation.topics.get(tenant) as string;
  const before = stand.used([]).broker;
  const { cpu, result } = await measured<{ took: number }>(
    'produce',
    {
      bootstrap: stand.broker.bootstrap,
      files: files.map(({ path, tenant }) => ({ path, topic: topicOf(tenant), partitions: SOURCE_PARTITIONS })),
    },
    JOBS,
  );
  const broker = stand.used([]).broker - before;
  for (const { tenant } of files) await installation.cluster.send(endMarks(topicOf(tenant), SOURCE_PARTITIONS));
  return { name: 'kafkajs alone, producing', took: result.took, cpu, broker };
}

/** The client alone, consuming what was filled in. */
export async function consuming(stand: Stand, { topics }: Installation, events: number): Promise<Yardstick> {
  const before = stand.used([]).broker;
  const { cpu, result } = await measured<{ took: number }>(
    'consume',
    { bootstrap: stand.broker.bootstrap, topics: [...topics.values()], events },
    JOBS,
  );
  return { name: 'kafkajs alone, consuming', took: result.took, cpu, broker: stand.used([]).broker - before };
}

/** The same lines through the embedded driver, with its worker threads and the embedded store. */
export async function embedded(stand: Stand, files: readonly BenchFile[]): Promise<Yardstick> {
  const folder = files[0].path.slice(0, files[0].path.lastIndexOf('/'));
  const { wall, cpu } = await measured('weir', { folder, data: stand.fresh(`embedded-${Date.now()}`) });
  return { name: 'embedded driver (weir detect)', took: wall, cpu, broker: 0 };
}
