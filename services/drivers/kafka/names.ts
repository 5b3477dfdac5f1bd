import type { KafkaConfig } from '../../../schemas/config.ts';
import type { StageName } from '../../core/stage.ts';
import type { TopicSpec } from './log.ts';

/** What a process of `weir serve` can do: run a stage, or copy the output topics into the store. */
export const ROLES = ['normalise', 'identify', 'account', 'merge', 'alert', 'store'] as const satisfies readonly (StageName | 'store')[];
export type Role = (typeof ROLES)[number];

/** Largest record that our topics take, bytes: an entry of a packet is never split. */
const LARGEST_RECORD = 8 << 20;

/** The names of everything that an installation has on the brokers, made from its prefix. */
export class Names {
  readonly sessions: string;
  readonly events: string;
  readonly partials: string;
  readonly candidates: string;
  readonly windows: string;
  readonly late: string;
  readonly dead: string;
  readonly shadow: string;
  readonly inventory: string;
  readonly ledger: string;
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.sessions = `${prefix}.sessions`;
    this.events = `${prefix}.events`;
    this.partials = `${prefix}.partials`;
    this.candidates = `${prefix}.candidates`;
    this.windows = `${prefix}.windows`;
    this.late = `${prefix}.late`;
    this.dead = `${prefix}.dead-letters`;
    this.shadow = `${prefix}.shadow`;
    this.inventory = `${prefix}.inventory`;
    this.ledger = `${prefix}.ledger`;
  }

  alerts(tenant: string): string {
    return `${this.prefix}.alerts.${tenant}`;
  }

  incidents(tenant: string): string {
    return `${this.prefix}.incidents.${tenant}`;
  }

  group(role: Role): string {
    return `${this.prefix}-${role}`;
  }

  /** The transactional id of whoever reads a partition for a stage: bound to the partition, so that a new reader shuts out the old one. */
  transactionalId(role: Role, topic: string, partition: number): string {
    return `${this.group(role)}-${topic}-${partition}`;
  }

  /** What a stage reads; undefined for normalise (the users' own topics) and store (all outputs). */
  inputOf(role: Role): string | undefined {
    switch (role) {
      case 'identify':
        return this.sessions;
      case 'account':
        return this.events;
      case 'merge':
        return this.partials;
      case 'alert':
        return this.candidates;
      default:
        return undefined;
    }
  }

  /** Topics that the store role copies. */
  outputs(tenants: readonly string[]): string[] {
    const { windows, late, dead, shadow, inventory, ledger } = this;
    return [windows, late, dead, shadow, inventory, ledger, ...tenants.flatMap((tenant) => [this.alerts(tenant), this.incidents(tenant)])];
  }
}

/** Our own topics, as they have to be. @param identifies whether there is an identify stage, which has a topic of its own */
export function ownTopics(names: Names, kafka: KafkaConfig, tenants: readonly string[], identifies = false): TopicSpec[] {
  const spec = (topic: string, partitions: number, configs: Record<string, string>): TopicSpec => ({
    topic,
    partitions,
    replication: kafka.replication,
    configs: { 'max.message.bytes': String(LARGEST_RECORD), ...configs },
  });
  const inner = { 'cleanup.policy': 'delete', 'retention.ms': String(kafka.retention) };
  const outer = { 'cleanup.policy': 'delete', 'retention.ms': String(kafka.alert_retention) };
  return [
    ...[...(identifies ? [names.sessions] : []), names.events, names.partials, names.candidates].map((topic) =>
      spec(topic, kafka.partitions, inner),
    ),
    ...[names.windows, names.shadow, names.inventory].map((topic) => spec(topic, kafka.partitions, inner)),
    ...[names.late, names.dead].map((topic) => spec(topic, kafka.partitions, outer)),
    spec(names.ledger, 1, { 'cleanup.policy': 'compact' }),
    ...tenants.flatMap((tenant) =>
      [names.alerts(tenant), names.incidents(tenant)].map((topic) => spec(topic, kafka.alert_partitions, outer)),
    ),
  ];
}
