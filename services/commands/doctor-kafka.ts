import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { neededFrom, unpackCheckpoint } from '../drivers/kafka/checkpoint.ts';
import { kafkaFailed } from '../drivers/kafka/client-errors.ts';
import type { InRecord, KafkaCluster } from '../drivers/kafka/log.ts';
import { Names, ownTopics, ROLES, type Role } from '../drivers/kafka/names.ts';
import { joinedTenants } from '../topology.ts';
import { probeBroker } from './doctor-broker-probe.ts';
import { type Check, fail, failed, ok, PATIENCE_MS, spanText, warn, within } from './doctor-check.ts';

/** Partitions of a source's topic, and records of each, that are looked at: enough to know the format by. */
const SAMPLED = { partitions: 4, records: 8 };
/** ms that connections may take to close. */
const CLOSING_MS = 1000;
/** Share of a topic's retention that may lie behind before somebody should know. */
const RETENTION_USED = 0.5;

export interface KafkaFindings {
  checks: Check[];
  /** newest records by source name, by partition; only of sources that could be read */
  records: Map<string, InRecord[][]>;
}

/**
 * Asks the brokers all that can be asked without changing anything but an empty transaction under an id of our own. What
 * does not answer in time is said to be away; nothing more is asked of brokers that are. @param now ms
 */
export async function checkKafka(config: Config, open: () => KafkaCluster, now: number): Promise<KafkaFindings> {
  const { kafka } = config;
  let cluster: KafkaCluster;
  try {
    cluster = open();
  } catch (error) {
    return { checks: [failed('brokers', error)], records: new Map() };
  }
  try {
    const [first, ...rest] = await checkBrokers(config, cluster);
    if (first.level === 'fail') return { checks: [first, ...rest], records: new Map() };
    const records = new Map<string, InRecord[][]>();
    const later = await Promise.all([
      guarded('topics', () => checkOwnTopics(config, cluster)),
      guarded('groups', () => checkGroups(config, cluster, now)),
      guarded('transactions', () => checkTransactions(kafka.prefix, cluster)),
      ...config.sources.flatMap((source) => {
        const topic = source.kafka?.topic;
        if (topic === undefined) return [];
        return [guarded(`source ${source.name}`, () => checkSource(source.name, topic, cluster, records))];
      }),
    ]);
    return { checks: [first, ...rest, ...later.flat()], records };
  } finally {
    // brokers that hang would hang this too
    await within(
      () => cluster.close(),
      () => new Error(''),
      CLOSING_MS,
    ).catch(() => undefined);
  }
}

/** Brokers that answer the first question and not the others usually name themselves by addresses that lead nowhere from here. */
function away(what: string): WeirError {
  return new WeirError(
    'kafka_failed',
    `${what}: no answer in ${PATIENCE_MS / 1000} s, though the brokers can be reached; they name each other by addresses (advertised.listeners) that have to be reachable from here too`,
  );
}

async function guarded(name: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await within(check, () => away(name));
  } catch (error) {
    return [failed(name, kafkaFailed('read', error))];
  }
}

async function checkBrokers({ kafka }: Config, cluster: KafkaCluster): Promise<Check[]> {
  const probing = Promise.all(kafka.brokers.map((address) => probeBroker(address, kafka.tls, PATIENCE_MS / 2)));
  // the client has patience with brokers that nothing leads to; here nobody has to wait for it
  const unreachable = probing.then((probes) => {
    if (probes.every(({ reachable }) => !reachable)) throw new WeirError('kafka_failed', 'none of the brokers can be reached');
    return new Promise<never>(() => undefined);
  });
  unreachable.catch(() => undefined);
  try {
    const { brokers, clusterId } = await within(
      () => Promise.race([cluster.describe(), unreachable]),
      () => new WeirError('kafka_failed', `no answer in ${PATIENCE_MS / 1000} s`),
    );
    const security = `${kafka.tls === false ? 'not encrypted' : 'TLS'}, ${kafka.sasl === undefined ? 'no login' : `login as ${kafka.sasl.username} (${kafka.sasl.mechanism})`}`;
    const checks = [ok('brokers', `${brokers} at ${kafka.brokers.join(', ')}, cluster ${clusterId}; ${security}`)];
    if (kafka.replication > brokers)
      checks.push(
        fail(
          'brokers',
          'config',
          `kafka.replication is ${kafka.replication}, there ${brokers === 1 ? 'is 1 broker' : `are ${brokers} brokers`}`,
          'lower kafka.replication, or add brokers',
        ),
      );
    else if (brokers >= 3 && kafka.replication < 3)
      checks.push(
        warn(
          'brokers',
          `kafka.replication is ${kafka.replication}: what a lost disk holds is gone`,
          'set it to 3, with min.insync.replicas 2, before the topics are made',
        ),
      );
    return checks;
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    if (/SASL|authenticat/i.test(error.message))
      return [fail('brokers', 'config', error.message, 'correct kafka.sasl or the password that its variable holds')];
    const cannot = (await probing).filter(({ reachable }) => !reachable);
    const found = cannot.length === 0 ? error.message : cannot.map(({ address, found: what }) => `${address}: ${what}`).join('; ');
    const remedy =
      cannot.length === 0
        ? 'look at the brokers: connections are taken and not answered (kafka.sasl missing? still starting?)'
        : 'start the brokers, or correct kafka.brokers and kafka.tls';
    return [fail('brokers', 'environment', found, remedy)];
  }
}

/** Our own topics: as the config says, or to be made. */
async function checkOwnTopics(config: Config, cluster: KafkaCluster): Promise<Check[]> {
  const names = new Names(config.kafka.prefix);
  const tenants = [...new Set(config.sources.map(({ tenant }) => tenant))].sort();
  const specs = ownTopics(names, config.kafka, tenants, joinedTenants(config).length > 0);
  try {
    const { missing } = await cluster.check(specs);
    if (missing.length === 0) return [ok('topics', `all ${specs.length} of ours are there, as the config says`)];
    if (missing.length === specs.length)
      return [ok('topics', `none of our ${specs.length} is there; the first weir serve makes them, and may`)];
    return [
      ok(
        'topics',
        `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing; the next weir serve makes what is missing, and may`,
      ),
    ];
  } catch (error) {
    const isMismatch = error instanceof WeirError && error.code === 'topic_mismatch';
    return [
      failed(
        'topics',
        error,
        isMismatch
          ? 'alter the topics (kafka-configs, kafka-topics), or the config; partition counts are fixed for their life: take another kafka.prefix'
          : '',
      ),
    ];
  }
}

/** Where each stage has got to, and whether what it would read again after a takeover is still there. */
async function checkGroups(config: Config, cluster: KafkaCluster, now: number): Promise<Check[]> {
  const names = new Names(config.kafka.prefix);
  const inputs = ROLES.flatMap((role) => topicsOf(role, config, names).map((topic) => ({ role, topic })));
  const counts = await cluster.partitions([...new Set(inputs.map(({ topic }) => topic))]);
  const present = inputs.filter(({ topic }) => counts.has(topic));
  const configs = await cluster.configs([...counts.keys()]).catch((error: unknown) => {
    // needs a right of its own (DESCRIBE_CONFIGS) that nothing else needs
    if (error instanceof WeirError) return new Map<string, Record<string, string>>();
    throw error;
  });
  const checks = await Promise.all(
    present.map(({ role, topic }) =>
      checkPlace(names.group(role), topic, counts.get(topic) as number, configs.get(topic)?.['retention.ms'], cluster, now),
    ),
  );
  const found = checks.flat();
  return found.length > 0 ? found : [ok('groups', 'nothing has been read yet')];
}

/** What a role reads. */
function topicsOf(role: Role, { sources }: Config, names: Names): string[] {
  if (role === 'normalise') return sources.flatMap(({ kafka }) => (kafka === undefined ? [] : [kafka.topic]));
  if (role === 'store') return names.outputs([...new Set(sources.map(({ tenant }) => tenant))]);
  return [names.inputOf(role) as string];
}

async function checkPlace(
  group: string,
  topic: string,
  partitions: number,
  retention: string | undefined,
  cluster: KafkaCluster,
  now: number,
): Promise<Check[]> {
  const numbers = Array.from({ length: partitions }, (_, i) => i);
  const [committed, bounds] = await Promise.all([cluster.committed(group, topic, numbers), cluster.bounds(topic)]);
  let lag = 0;
  let read = 0;
  let nearest: { partition: number; from: number; room: number } | undefined;
  const name = `group ${group}`;
  for (const [partition, { offset, metadata }] of committed) {
    const bound = bounds.get(partition);
    if (bound === undefined) continue;
    lag += bound.end - (offset ?? bound.start);
    if (offset === undefined) continue;
    read++;
    const checkpoint = unpackCheckpoint(metadata);
    const from = checkpoint === undefined ? offset : neededFrom(checkpoint, offset);
    if (from < bound.start)
      return [
        fail(
          name,
          'config',
          `${topic}/${partition} begins at ${bound.start}, and the task there has to read again from ${from}: its records are gone`,
          "the topic's retention is shorter than the outage was; docs/runbook.md, log_lost",
        ),
      ];
    if (nearest === undefined || from - bound.start < nearest.room) nearest = { partition, from, room: from - bound.start };
  }
  if (read === 0 || nearest === undefined) return [];
  const found = `${topic}: ${read} of ${partitions} partitions begun, ${lag} records behind`;
  const ms = Number(retention ?? -1);
  const oldest = ms > 0 ? await cluster.recordAt({ topic, partition: nearest.partition }, nearest.from) : undefined;
  if (oldest !== undefined && now - oldest.timestamp > ms * RETENTION_USED)
    return [
      warn(
        name,
        `${found}; the oldest record that is needed is ${spanText(now - oldest.timestamp)} old, the topic keeps ${spanText(ms)}`,
        'let weir serve catch up soon, or raise the retention.ms of the topic',
      ),
    ];
  return [ok(name, found)];
}

/** Opens and aborts an empty transaction under an id that nothing else uses. */
async function checkTransactions(prefix: string, cluster: KafkaCluster): Promise<Check[]> {
  const writer = cluster.writer(`${prefix}-doctor`);
  try {
    await within(
      () => writer.fence(),
      () =>
        new WeirError(
          'kafka_failed',
          `no transaction can be opened in ${PATIENCE_MS / 1000} s: are there brokers enough for transaction.state.log.replication.factor and its min.isr?`,
        ),
      PATIENCE_MS - 500,
    );
    return [ok('transactions', `an empty one under ${prefix}-doctor was opened and aborted`)];
  } finally {
    writer.close().catch(() => undefined);
  }
}

/** The topic of a source: there, how long, and its newest records, put into `records`. */
async function checkSource(source: string, topic: string, cluster: KafkaCluster, records: Map<string, InRecord[][]>): Promise<Check[]> {
  const name = `source ${source}`;
  const count = (await cluster.partitions([topic])).get(topic);
  if (count === undefined)
    return [
      fail(
        name,
        'config',
        `there is no topic ${topic}, or this user may not see it`,
        'correct the name, make the topic, or grant READ and DESCRIBE on it; weir serve makes no topic of yours',
      ),
    ];
  const bounds = [...(await cluster.bounds(topic))].sort(([a], [b]) => a - b);
  const total = bounds.reduce((sum, [, { start, end }]) => sum + end - start, 0);
  if (total === 0) {
    const end = Math.max(...bounds.map(([, bound]) => bound.end));
    return [
      warn(
        name,
        `${topic} has ${partitionsText(count)} and no records${end > 0 ? ` any more (${end} were there)` : ''}`,
        'does the gateway or its shipper write there?',
      ),
    ];
  }
  const filled = bounds.filter(([, { start, end }]) => end > start).sort(([, a], [, b]) => b.end - b.start - (a.end - a.start));
  const sample = await Promise.all(
    filled.slice(0, SAMPLED.partitions).map(async ([partition, { start, end }]) => {
      const first = Math.max(start, end - SAMPLED.records);
      const found = await Promise.all(Array.from({ length: end - first }, (_, i) => cluster.recordAt({ topic, partition }, first + i)));
      return found.filter((record) => record !== undefined && record.value !== undefined) as InRecord[];
    }),
  );
  records.set(source, sample);
  const first = Math.min(...bounds.map(([, { start }]) => start));
  const last = Math.max(...bounds.map(([, { end }]) => end));
  return [
    ok(
      name,
      `${topic} has ${partitionsText(count)}, offsets ${first} to ${last}, about ${total} records; ${filled.length === count ? 'all' : filled.length} with records`,
    ),
  ];
}

function partitionsText(count: number): string {
  return `${count} partition${count === 1 ? '' : 's'}`;
}
