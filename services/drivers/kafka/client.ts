import { readFileSync } from 'node:fs';
import kafkajs, {
  AssignerProtocol,
  type KafkaConfig as ClientConfig,
  type Cluster,
  type ConsumerConfig,
  Kafka,
  Partitioners,
  type SASLOptions,
} from 'kafkajs';
import type { KafkaConfig } from '../../../schemas/config.ts';
import { WeirError } from '../../core/errors.ts';
import { assignPartitions } from './client-assigner.ts';
import { Brokers, type ClientCluster } from './client-brokers.ts';
import { lz4, snappy, zstd } from './client-codecs.ts';
import { kafkaFailed, kindOf } from './client-errors.ts';
import { ClientIntake, type GroupConsumer, type MakeConsumer } from './client-intake.ts';
import type { Partitioner } from './client-produce.ts';
import { ClientReader } from './client-reader.ts';
import { ClientSender } from './client-sender.ts';
import { connectSocket } from './client-socket.ts';
import { checkTopics, ensureTopics, partitionCounts, type TopicAdmin, topicConfigs } from './client-topics.ts';
import { ClientWriter } from './client-writer.ts';
import type {
  Committed,
  InRecord,
  Intake,
  IntakeOptions,
  KafkaCluster,
  OutRecord,
  TopicPartition,
  TopicSpec,
  TransactionalWriter,
} from './log.ts';

/** ms for what is asked at the start or at a takeover; after it, brokers that cannot be reached are an error */
const PATIENCE = 30_000;
/** ms; the members of a group hear of each other's coming and going this often */
const HEARTBEAT = 1000;
const CONNECT_TIMEOUT = 5000;
/** ms without an answer: the broker is there and does not get to it */
const REQUEST_TIMEOUT = 30_000;
/** The client repeats little by itself: we do. */
const CLIENT_RETRY = { initialRetryTime: 50, maxRetryTime: 1000, retries: 2 };
/** A member's consumer goes on as the same member for about as long as the group waits for it, then joins anew. */
const CONSUMER_RETRY = { initialRetryTime: 100, maxRetryTime: 1000 };
/** The client logs as an error that a transaction is still being settled, which it is after each. */
const SETTLING = 'while another concurrent operation on the same transaction was ongoing';
const INFO = 4;
const WARN = 2;
/** ms in which the client's warning or error is told once: while a broker is away it says so several times a second */
const SAME_AGAIN = 10_000;
const MOST_SAID = 1000;

/** What of the config the client needs. */
export type ClientSettings = Pick<KafkaConfig, 'brokers' | 'client_id' | 'tls' | 'sasl' | 'prefix' | 'session_timeout'>;

/** A line of the client's log; levels 1 error, 2 warning, 4 info, 5 debug. */
export interface ClientLine {
  namespace: string;
  level: number;
  log: { message: string; [field: string]: unknown };
}

export interface ClientDeps {
  /** left out: silence */
  log?: (line: ClientLine) => void;
  /** where `password_env` is looked up; default: the process's */
  environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * A cluster of brokers through kafkajs 2.2.4; this file alone imports it. Nothing connects before it is asked for.
 * Its consumer and admin are used as they are. Transactions and single reads go by the requests of the protocol, which
 * its cluster object offers (`client-brokers.ts`): the client hides the outcomes that we have to know.
 * @throws WeirError `config` for a TLS file that cannot be read or a password that is not set
 */
export function openKafka(settings: ClientSettings, deps: ClientDeps = {}): KafkaCluster {
  // shippers pack as they like; the client itself knows gzip alone
  const { CompressionCodecs, CompressionTypes } = kafkajs; // Node sees neither as a named export
  Object.assign(CompressionCodecs, { [CompressionTypes.Snappy]: snappy, [CompressionTypes.LZ4]: lz4, [CompressionTypes.ZSTD]: zstd });
  return new Client(settings, deps);
}

class Client implements KafkaCluster {
  private readonly settings: ClientSettings;
  private readonly kafka: Kafka;
  private readonly partitioner = Partitioners.DefaultPartitioner() as unknown as Partitioner;
  private readonly open = new Set<{ close(): Promise<void> }>();
  private readonly intakes = new Set<Intake>();
  private admin: Promise<{ admin: ReturnType<Kafka['admin']>; brokers: Brokers }> | undefined;
  private plain: Brokers | undefined;
  private sender: ClientSender | undefined;
  private closed = false;

  constructor(settings: ClientSettings, { log, environment = process.env }: ClientDeps) {
    this.settings = settings;
    this.kafka = new Kafka({
      clientId: settings.client_id,
      brokers: [...settings.brokers],
      ssl: tlsOf(settings.tls),
      sasl: saslOf(settings.sasl, environment),
      connectionTimeout: CONNECT_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      retry: CLIENT_RETRY,
      socketFactory: connectSocket,
      logLevel: log === undefined ? 0 : INFO,
      logCreator: () => {
        const said = new Map<string, number>();
        return (line) => {
          const { message, error } = line.log;
          if (typeof error === 'string' && error.includes(SETTLING)) return;
          const text = `${line.namespace} ${message} ${error ?? ''}`;
          const now = performance.now();
          if (line.level <= WARN && now - (said.get(text) ?? Number.NEGATIVE_INFINITY) < SAME_AGAIN) return;
          if (said.size > MOST_SAID) said.clear();
          said.set(text, now);
          log?.(line as ClientLine);
        };
      },
    } as ClientConfig);
  }

  async partitions(topics: readonly string[]): Promise<Map<string, number>> {
    return this.asAdmin('list the topics', ({ admin, brokers }) => partitionCounts(admin as unknown as TopicAdmin, brokers, topics));
  }

  async ensure(specs: readonly TopicSpec[]): Promise<{ made: string[] }> {
    return this.asAdmin('make topics', ({ admin, brokers }) => ensureTopics(admin as unknown as TopicAdmin, brokers, specs));
  }

  async check(specs: readonly TopicSpec[]): Promise<{ missing: string[] }> {
    return this.asAdmin('check the topics', ({ admin, brokers }) => checkTopics(admin as unknown as TopicAdmin, brokers, specs));
  }

  async configs(topics: readonly string[]): Promise<Map<string, Record<string, string>>> {
    return this.asAdmin('look at the topics', ({ admin, brokers }) => topicConfigs(admin as unknown as TopicAdmin, brokers, topics));
  }

  /** The brokers answer this without regard to transactions that are still being settled: fence the writer before. */
  async committed(group: string, topic: string, partitions: readonly number[]): Promise<Map<number, Committed>> {
    return this.asked(`read the offsets of ${group}`, async (brokers) => {
      const coordinator = await brokers.coordinator('group', group);
      const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
      const { responses } = await coordinator.offsetFetch({ groupId: group, topics });
      const found = responses.flatMap((response) => (response.topic === topic ? response.partitions : []));
      return new Map(
        found.map(({ partition, offset, metadata }) => [
          partition,
          { offset: Number(offset) < 0 ? undefined : Number(offset), metadata: metadata ?? '' },
        ]),
      );
    });
  }

  /** `end` is the last stable offset: what is behind it belongs to open transactions. */
  async bounds(topic: string): Promise<Map<number, { start: number; end: number }>> {
    return this.asked(`read the bounds of ${topic}`, async (brokers) => {
      const ends = await brokers.offsets(topic, 'end');
      const starts = await brokers.offsets(topic, 'first');
      return new Map([...ends].map(([partition, end]) => [partition, { start: starts.get(partition) ?? 0, end }]));
    });
  }

  writer(transactionalId: string): TransactionalWriter {
    const writer = new ClientWriter(this.connect(), transactionalId, this.partitioner);
    return this.tracked(writer);
  }

  async send(records: readonly OutRecord[]): Promise<void> {
    this.sender ??= new ClientSender(this.tracked(this.connect()), this.partitioner);
    try {
      await this.sender.send(records);
    } catch (error) {
      throw kafkaFailed('write', error);
    }
  }

  async join(options: IntakeOptions): Promise<Intake> {
    const intake = new ClientIntake({ ...options, patience: this.settings.session_timeout }, this.makeConsumer);
    try {
      const { brokers } = await this.adminOf();
      await brokers.attempt(`read ${options.topics.join(', ')}`, () => intake.start(), { patience: PATIENCE, topicPatience: 5000 });
    } catch (error) {
      await intake.stop();
      throw kafkaFailed(`join ${options.group}`, error);
    }
    this.intakes.add(intake);
    const stop = intake.stop.bind(intake);
    intake.stop = async () => {
      this.intakes.delete(intake);
      await stop();
    };
    return intake;
  }

  async recordAt(from: TopicPartition, offset: number): Promise<InRecord | undefined> {
    return this.reading((reader) => reader.recordAt(from, offset));
  }

  async readAll(topic: string, take: (from: TopicPartition, record: InRecord) => void, from?: ReadonlyMap<number, number>): Promise<void> {
    return this.reading((reader) => reader.readAll(topic, take, from));
  }

  async members(group: string): Promise<number> {
    return this.asAdmin(`look at ${group}`, async ({ admin, brokers }) => {
      const found = await brokers.attempt(`look at ${group}`, () => admin.describeGroups([group]), { patience: PATIENCE });
      return found.groups.reduce((sum, { members }) => sum + members.length, 0);
    });
  }

  async describe(): Promise<{ brokers: number; controller: number | undefined; clusterId: string }> {
    return this.asAdmin('reach the brokers', async ({ admin, brokers }) => {
      const found = await brokers.attempt('reach the brokers', () => admin.describeCluster(), { patience: PATIENCE });
      return { brokers: found.brokers.length, controller: found.controller ?? undefined, clusterId: found.clusterId };
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.intakes].map((intake) => intake.stop()));
    await Promise.all([...this.open].map((one) => one.close()));
    await this.admin?.then(({ admin }) => admin.disconnect()).catch(() => {});
  }

  /** Connections of their own: a broker answers one request of a connection at a time. */
  private connect(): Brokers {
    if (this.closed) throw new Error('the Kafka cluster was closed');
    let cluster: ClientCluster | undefined;
    // a consumer that never runs: making it hands over its cluster, which reads committed records
    this.kafka.consumer({
      groupId: `${this.settings.prefix}-none`,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        ({ cluster: own }) => {
          cluster = own as unknown as ClientCluster;
          return { name: 'none', version: 0, assign: async () => [], protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) };
        },
      ],
    });
    return new Brokers(cluster as unknown as ClientCluster);
  }

  private tracked<T extends { close(): Promise<void> }>(one: T): T {
    this.open.add(one);
    const close = one.close.bind(one);
    one.close = async () => {
      this.open.delete(one);
      await close();
    };
    return one;
  }

  /** The connections for single questions and writes. */
  private shared(): Brokers {
    this.plain ??= this.tracked(this.connect());
    return this.plain;
  }

  private async asked<T>(what: string, work: (brokers: Brokers) => Promise<T>): Promise<T> {
    const brokers = this.shared();
    try {
      return await brokers.attempt(what, () => work(brokers), { patience: PATIENCE });
    } catch (error) {
      throw kafkaFailed(what, error);
    }
  }

  private async reading<T>(work: (reader: ClientReader) => Promise<T>): Promise<T> {
    const brokers = this.tracked(this.connect());
    try {
      return await work(new ClientReader(brokers));
    } catch (error) {
      if (kindOf(error) === 'denied') throw kafkaFailed('read', error);
      throw error;
    } finally {
      await brokers.close();
    }
  }

  private adminOf() {
    this.admin ??= this.openAdmin().catch((error: unknown) => {
      this.admin = undefined;
      throw error;
    });
    return this.admin;
  }

  private async openAdmin() {
    const admin = this.kafka.admin();
    const brokers = this.shared();
    await brokers.attempt('reach the brokers', () => admin.connect(), { patience: PATIENCE });
    return { admin, brokers };
  }

  private async asAdmin<T>(what: string, work: (with_: { admin: ReturnType<Kafka['admin']>; brokers: Brokers }) => Promise<T>): Promise<T> {
    try {
      return await work(await this.adminOf());
    } catch (error) {
      throw kafkaFailed(what, error);
    }
  }

  private readonly makeConsumer: MakeConsumer = ({ group, instance, maxWaitTimeInMs, cluster: given, restarts }) => {
    const session = this.settings.session_timeout;
    const config: ConsumerConfig = {
      groupId: group,
      sessionTimeout: session,
      rebalanceTimeout: Math.max(session, 2 * HEARTBEAT),
      heartbeatInterval: Math.min(HEARTBEAT, Math.floor(session / 3)),
      maxWaitTimeInMs,
      allowAutoTopicCreation: false,
      retry: { ...CONSUMER_RETRY, retries: 5 + Math.ceil(session / CONSUMER_RETRY.maxRetryTime), restartOnFailure: async () => restarts() },
      partitionAssigners: [
        ({ cluster }) => {
          given(cluster as unknown as ClientCluster);
          return assigner(cluster, instance);
        },
      ],
    };
    const consumer = this.kafka.consumer(config);
    return Object.assign(consumer as unknown as GroupConsumer, {
      onJoin: (listener: (assignment: Record<string, number[]>) => void) =>
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => listener(payload.memberAssignment)),
      onCrash: (listener: (error: Error, restarts: boolean) => void) =>
        consumer.on(consumer.events.CRASH, ({ payload }) => listener(payload.error, payload.restart)),
    });
  };
}

/** Rendezvous assignment; a member's name travels as its user data. */
function assigner(cluster: Cluster, instance: string) {
  const name = 'weir-rendezvous-1';
  return {
    name,
    version: 1,
    protocol: ({ topics }: { topics: string[] }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(instance) }),
    }),
    async assign({ members, topics }: { members: { memberId: string; memberMetadata: Buffer }[]; topics: string[] }) {
      const partitions = topics.flatMap((topic) =>
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ topic, partition: partitionId })),
      );
      const named = members.map(({ memberId, memberMetadata }) => {
        const userData = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData;
        return { id: memberId, instance: userData === undefined ? memberId : userData.toString() };
      });
      return [...assignPartitions(named, partitions)].map(([memberId, own]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment: byTopic(own), userData: Buffer.alloc(0) }),
      }));
    },
  };
}

function byTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of partitions) {
    topics[topic] ??= [];
    topics[topic].push(partition);
  }
  return topics;
}

function tlsOf(tls: KafkaConfig['tls']): ClientConfig['ssl'] {
  if (typeof tls === 'boolean') return tls;
  const read = (what: 'ca' | 'cert' | 'key') => {
    const path = tls[what];
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new WeirError('config', `kafka.tls.${what}: ${path} cannot be read (${(error as Error).message})`, { cause: error });
    }
  };
  const [ca, cert, key] = [read('ca'), read('cert'), read('key')];
  return { ca, cert, key };
}

function saslOf(sasl: KafkaConfig['sasl'], environment: Readonly<Record<string, string | undefined>>): SASLOptions | undefined {
  if (sasl === undefined) return undefined;
  const password = environment[sasl.password_env];
  if (password === undefined || password === '') {
    throw new WeirError('config', `kafka.sasl.password_env: the environment variable ${sasl.password_env} is not set`);
  }
  return { mechanism: sasl.mechanism, username: sasl.username, password } as SASLOptions;
}
