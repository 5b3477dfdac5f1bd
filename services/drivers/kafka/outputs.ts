import type { AlertRecord, IncidentRecord } from '../../../schemas/alert.ts';
import type { ControlRecord } from '../../core/control.ts';
import { keyGroupOf, partitionOf } from '../../core/key-groups.ts';
import type { DeadLetter, Emit, StageName } from '../../core/stage.ts';
import { splitByAccount } from '../split-by-account.ts';
import { type OutRecord, partitionName } from './log.ts';
import type { Names } from './names.ts';
import { PacketWriter } from './packet.ts';

/** A packet is closed when it has grown to this, bytes; one entry may be larger. */
const PACKET_BYTES = 512 * 1024;
/** Facts of interfaces in one record: with all the samples that each may have they stay well below what a topic takes. */
const FACTS_PER_RECORD = 200;

/** The alert task of a tenant. */
export function alertPartition(tenant: string, partitions: number): number {
  return partitionOf(keyGroupOf(tenant), partitions);
}

/**
 * Outcomes of one task on their way into the next transaction: each goes to the topic and partition that the topology
 * says, packed with what else goes there. What a stage emits to one partition keeps its order.
 */
export class Outputs {
  private readonly names: Names;
  private readonly stage: StageName;
  /** of the task's own input: windows and the like go to the partition of the same number */
  private readonly task: number;
  private readonly partitions: number;
  private readonly open = new Map<string, { topic: string; partition: number; writer: PacketWriter }>();
  private records: OutRecord[] = [];
  /** bytes taken since `take`, roughly */
  bytes = 0;
  private readonly joins: (tenant: string) => boolean;
  readonly counts = { alerts: 0, incidents: 0, dead: 0, late: 0 };

  /** @param joins whether what normalise says of a tenant goes to the identify stage; left out: nobody's does */
  constructor(names: Names, stage: StageName, task: number, partitions: number, joins: (tenant: string) => boolean = () => false) {
    this.names = names;
    this.stage = stage;
    this.task = task % partitions;
    this.partitions = partitions;
    this.joins = joins;
  }

  get empty(): boolean {
    return this.open.size === 0 && this.records.length === 0;
  }

  /** All that was added since the last call. */
  take(): OutRecord[] {
    for (const key of [...this.open.keys()]) this.close(key);
    const { records } = this;
    this.records = [];
    this.bytes = 0;
    return records;
  }

  add(emit: Emit): void {
    const { names, partitions } = this;
    switch (emit.output) {
      case 'events': {
        const topic = this.eventsOf(emit.tenant);
        const parts = emit.partition === undefined ? splitByAccount(emit.value, partitions) : undefined;
        if (parts === undefined) this.pack(topic, emit.partition as number, (writer) => writer.events(emit.value));
        parts?.forEach((part, task) => {
          if (part !== undefined) this.pack(topic, task, (writer) => writer.events(part));
        });
        return;
      }
      case 'partials':
        return this.pack(names.partials, emit.partition ?? 0, (writer) => writer.bytes(emit.value));
      case 'candidates':
        return this.pack(names.candidates, alertPartition(emit.tenant, partitions), (writer) => writer.bytes(emit.value));
      case 'control':
        return this.control(emit.tenant, emit.value);
      case 'shared':
        return this.everywhere([names.events, names.partials], { kind: 'shared', tenant: emit.tenant, ...emit.value });
      case 'windows':
        return this.push({ topic: names.windows, partition: this.task, value: emit.value, headers: this.headers(emit.tenant) });
      case 'late':
        this.counts.late += emit.value.length;
        for (const event of emit.value) this.json(names.late, this.task, emit.tenant, event);
        return;
      case 'dead':
        this.counts.dead += emit.value.length;
        for (const letter of emit.value) this.letter(letter);
        return;
      case 'shadow':
        return this.json(names.shadow, this.task, emit.tenant, emit.value);
      case 'inventory':
        for (let from = 0; from < emit.value.length; from += FACTS_PER_RECORD)
          this.json(names.inventory, this.task, emit.tenant, emit.value.slice(from, from + FACTS_PER_RECORD));
        return;
      case 'alerts':
        this.counts.alerts += emit.value.length;
        for (const alert of emit.value) this.alert(alert);
        return;
      case 'incidents':
        this.counts.incidents += emit.value.length;
        for (const incident of emit.value) this.incident(incident);
        return;
    }
  }

  /** A control record for one tenant's tasks, from this stage to those that it concerns. */
  private control(tenant: string, record: ControlRecord): void {
    const { names } = this;
    if (this.stage === 'normalise' || this.stage === 'identify') return this.everywhere([this.eventsOf(tenant)], record);
    if (this.stage === 'account') this.everywhere([names.partials], record);
    this.pack(names.candidates, alertPartition(tenant, this.partitions), (writer) => writer.control(record));
  }

  /** Where this stage's events go, and what it says of time. */
  private eventsOf(tenant: string): string {
    return this.stage === 'normalise' && this.joins(tenant) ? this.names.sessions : this.names.events;
  }

  private everywhere(topics: readonly string[], record: ControlRecord): void {
    for (const topic of topics)
      for (let partition = 0; partition < this.partitions; partition++) this.pack(topic, partition, (writer) => writer.control(record));
  }

  private pack(topic: string, partition: number, write: (writer: PacketWriter) => void): void {
    const key = partitionName({ topic, partition });
    let entry = this.open.get(key);
    if (entry === undefined) {
      entry = { topic, partition, writer: new PacketWriter() };
      this.open.set(key, entry);
    }
    const before = entry.writer.length;
    write(entry.writer);
    this.bytes += entry.writer.length - before;
    if (entry.writer.length >= PACKET_BYTES) this.close(key);
  }

  private close(key: string): void {
    const entry = this.open.get(key);
    if (entry === undefined) return;
    this.open.delete(key);
    this.records.push({ topic: entry.topic, partition: entry.partition, value: entry.writer.finish(), headers: { stage: this.stage } });
  }

  private push(record: OutRecord): void {
    this.bytes += record.value?.length ?? 0;
    this.records.push(record);
  }

  private headers(tenant: string): Record<string, string> {
    return { tenant, stage: this.stage };
  }

  private json(topic: string, partition: number, tenant: string, value: unknown): void {
    this.push({ topic, partition, value: JSON.stringify(value), headers: this.headers(tenant) });
  }

  /** Keyed by where it came from: what is said of it later meets it again. */
  private letter(letter: DeadLetter): void {
    const index = letter.index ?? 0;
    const key = deadLetterKey({ ...letter, index });
    this.push({
      topic: this.names.dead,
      partition: partitionOf(keyGroupOf(key), this.partitions),
      key,
      value: JSON.stringify({ ...letter, index }),
      headers: {
        ...this.headers(letter.tenant),
        reason: letter.reason,
        source: letter.source,
        origin: `${letter.partition}@${letter.offset}`,
      },
    });
  }

  private alert(alert: AlertRecord): void {
    this.push({
      topic: this.names.alerts(alert.tenant),
      key: `${alert.entity.kind}:${alert.entity.id}`,
      value: JSON.stringify(alert),
      headers: { schema_version: String(alert.schema_version), tenant: alert.tenant, alert_id: alert.alert_id, detector: alert.detector },
    });
  }

  private incident(incident: IncidentRecord): void {
    this.push({
      topic: this.names.incidents(incident.tenant),
      key: incident.incident_id,
      value: JSON.stringify(incident),
      headers: {
        schema_version: String(incident.schema_version),
        tenant: incident.tenant,
        incident_id: incident.incident_id,
        revision: String(incident.revision),
      },
    });
  }
}

/** What a dead letter is kept under, and what is put back under. */
export function deadLetterKey({
  tenant,
  source,
  partition,
  offset,
  index,
}: Required<Pick<DeadLetter, 'tenant' | 'source' | 'partition' | 'offset' | 'index'>>): string {
  return [tenant, source, partition, offset, index].join('/');
}
