import { WeirError } from '../../core/errors.ts';
import type { Brokers } from './client-brokers.ts';
import { kafkaFailed } from './client-errors.ts';
import type { TopicSpec } from './log.ts';

/** ms */
const PATIENCE = 30_000;
const CREATE_TIMEOUT = 10_000;
const TOPIC = 2;

/** What is needed of the client's admin. */
export interface TopicAdmin {
  listTopics(): Promise<string[]>;
  createTopics(request: {
    timeout: number;
    waitForLeaders: boolean;
    validateOnly?: boolean;
    topics: {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: { name: string; value: string }[];
    }[];
  }): Promise<boolean>;
  describeConfigs(request: {
    includeSynonyms: boolean;
    resources: { type: number; name: string; configNames?: string[] }[];
  }): Promise<{ resources: { resourceName: string; configEntries: { configName: string; configValue: string }[] }[] }>;
}

/** Partition counts of the topics that exist. */
export async function partitionCounts(admin: TopicAdmin, brokers: Brokers, topics: readonly string[]): Promise<Map<string, number>> {
  const listed = new Set(await brokers.attempt('list the topics', () => admin.listTopics(), { patience: PATIENCE }));
  const counts = new Map<string, number>();
  for (const topic of topics) {
    if (!listed.has(topic)) continue;
    const partitions = await brokers.attempt(`look at ${topic}`, () => brokers.partitionsOf(topic), { patience: PATIENCE });
    counts.set(topic, partitions.length);
  }
  return counts;
}

/** All configs of topics that exist. */
export async function topicConfigs(
  admin: TopicAdmin,
  brokers: Brokers,
  topics: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  if (topics.length === 0) return new Map();
  const resources = topics.map((name) => ({ type: TOPIC, name }));
  const described = await brokers.attempt('look at the topics', () => admin.describeConfigs({ includeSynonyms: false, resources }), {
    patience: PATIENCE,
  });
  return new Map(
    described.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

/**
 * Makes missing topics and compares the others.
 * @throws WeirError `topic_mismatch` with every difference, one a line; `kafka_failed`
 */
export async function ensureTopics(admin: TopicAdmin, brokers: Brokers, specs: readonly TopicSpec[]): Promise<{ made: string[] }> {
  const missing = await missingOf(admin, brokers, specs);
  if (missing.length === 0) return { made: [] };
  await create(admin, brokers, missing);
  for (const { topic } of missing) {
    await brokers.attempt(`wait for ${topic}`, () => brokers.offsets(topic, 'end'), { patience: PATIENCE });
  }
  return { made: missing.map(({ topic }) => topic) };
}

/**
 * Compares topics, and has the broker check what `ensureTopics` would make.
 * @throws as `ensureTopics` does
 */
export async function checkTopics(admin: TopicAdmin, brokers: Brokers, specs: readonly TopicSpec[]): Promise<{ missing: string[] }> {
  const missing = await missingOf(admin, brokers, specs);
  if (missing.length > 0) await create(admin, brokers, missing, true);
  return { missing: missing.map(({ topic }) => topic) };
}

/** Compares the topics that are there, and gives those that are not. Throws `topic_mismatch`. */
async function missingOf(admin: TopicAdmin, brokers: Brokers, specs: readonly TopicSpec[]): Promise<TopicSpec[]> {
  const there = await partitionCounts(
    admin,
    brokers,
    specs.map(({ topic }) => topic),
  );
  const differences = await compare(admin, brokers, specs, there);
  if (differences.length > 0) {
    const what = `${differences.length === 1 ? 'a topic is' : 'topics are'} not as the config says`;
    throw new WeirError('topic_mismatch', `Kafka: ${what}:\n${differences.map((line) => `  ${line}`).join('\n')}`);
  }
  return specs.filter(({ topic }) => !there.has(topic));
}

async function create(admin: TopicAdmin, brokers: Brokers, specs: readonly TopicSpec[], validateOnly = false): Promise<void> {
  const topics = specs.map(({ topic, partitions, replication, configs }) => ({
    topic,
    numPartitions: partitions,
    replicationFactor: replication,
    configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }));
  await brokers.attempt(
    'make topics',
    async () => {
      try {
        await admin.createTopics({ timeout: CREATE_TIMEOUT, waitForLeaders: false, validateOnly, topics });
      } catch (error) {
        throw refusal(error, specs);
      }
    },
    { patience: PATIENCE },
  );
}

/** The client gathers what was refused; a topic that another process has made meanwhile is none of it. */
function refusal(error: unknown, specs: readonly TopicSpec[]): unknown {
  const all = ((error as { errors?: { type?: string; topic?: string; message: string }[] }).errors ?? []).filter(
    ({ type }) => type !== 'TOPIC_ALREADY_EXISTS',
  );
  if (all.length === 0) return error;
  const passing = all.find(({ type }) => type === 'NOT_CONTROLLER' || type === 'REQUEST_TIMED_OUT');
  if (passing !== undefined) return passing;
  const [first] = all;
  const spec = specs.find(({ topic }) => topic === first.topic);
  const asked = Object.entries(spec?.configs ?? {}).map(([name, value]) => `${name}=${value}`);
  const details: Record<string, string> = {
    INVALID_REPLICATION_FACTOR: `; kafka.replication is ${spec?.replication} and can be at most the number of brokers`,
    INVALID_CONFIG: `; it was asked for with ${asked.join(', ')}`,
  };
  const said = Object.assign(new Error(`${first.message}${details[first.type ?? ''] ?? ''}`), { type: first.type });
  return kafkaFailed(`make ${all.map(({ topic }) => topic).join(', ')}`, said);
}

async function compare(admin: TopicAdmin, brokers: Brokers, specs: readonly TopicSpec[], there: Map<string, number>): Promise<string[]> {
  const existing = specs.filter(({ topic }) => there.has(topic));
  if (existing.length === 0) return [];
  const resources = existing
    .map(({ topic, configs }) => ({ type: TOPIC, name: topic, configNames: Object.keys(configs) }))
    .filter(({ configNames }) => configNames.length > 0);
  const described =
    resources.length === 0
      ? []
      : (
          await brokers.attempt('look at the topics', () => admin.describeConfigs({ includeSynonyms: false, resources }), {
            patience: PATIENCE,
          })
        ).resources;
  const differences: string[] = [];
  for (const { topic, partitions, configs } of existing) {
    const count = there.get(topic);
    if (count !== partitions) differences.push(`${topic} has ${count} partitions and should have ${partitions}`);
    const entries = described.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    for (const [name, wanted] of Object.entries(configs)) {
      const is = entries.find(({ configName }) => configName === name)?.configValue;
      if (is !== wanted) differences.push(`${topic} has ${name}=${is ?? '(none)'} and should have ${name}=${wanted}`);
    }
  }
  return differences;
}
