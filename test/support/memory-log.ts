import type { Emit, StageName, StageSnapshot } from '../../services/core/stage.ts';
import type { Topology } from '../../services/core/topology-contract.ts';
import { packetStage, sourceStage } from '../../services/drivers/kafka/build-stage.ts';
import { CONTROL_HEADER } from '../../services/drivers/kafka/feed.ts';
import { type InRecord, type OutRecord, partitionName, type TopicPartition } from '../../services/drivers/kafka/log.ts';
import { Names } from '../../services/drivers/kafka/names.ts';
import { Outputs } from '../../services/drivers/kafka/outputs.ts';
import type { BuiltStage } from '../../services/drivers/kafka/task.ts';
import { numbers } from './driver-runs.ts';

const encoder = new TextEncoder();

/** A record of a log that was not read from a broker. */
export function recordAt(offset: number, value: Uint8Array | string | null, headers: Readonly<Record<string, string>> = {}): InRecord {
  const bytes = typeof value === 'string' ? encoder.encode(value) : (value ?? undefined);
  return { offset, key: undefined, value: bytes, headers, timestamp: 0 };
}

/** What an in-memory installation is made of. */
export interface MemorySource {
  tenant: string;
  source: string;
  topic: string;
  format: string;
  /** values of each partition's records */
  partitions: readonly (readonly string[])[];
  /** input partitions of its tenant; left out: these are all */
  upstreams?: number;
}

/** One task: what it reads, and how to make what reads it. */
export interface LoggedTask {
  stage: StageName;
  input: TopicPartition;
  /** all that it has been given, in order */
  log: InRecord[];
  build(): Promise<BuiltStage>;
}

/** Tasks start anew from a snapshot of themselves, one in `every` times that they are about to take something. */
export interface Restarts {
  every: number;
  seed: number;
}

/** The partitions of a log, in memory. */
class MemoryLog {
  private readonly partitions = new Map<string, InRecord[]>();

  of({ topic, partition }: TopicPartition): InRecord[] {
    const key = `${topic}/${partition}`;
    let records = this.partitions.get(key);
    if (records === undefined) {
      records = [];
      this.partitions.set(key, records);
    }
    return records;
  }

  append({ topic, partition = 0, value, headers }: OutRecord): void {
    const records = this.of({ topic, partition });
    // transactions leave marks: offsets have gaps
    const offset = (records.at(-1)?.offset ?? -1) + (records.length % 3 === 2 ? 2 : 1);
    records.push(recordAt(offset, value, headers));
  }
}

/**
 * Runs a topology over sources until nothing is left to take, each stage connected to the next by packets in a log in
 * memory. Which task takes how much when, and when it publishes, is drawn: shared knowledge comes late, some partitions
 * lie far behind others, quiet sources say that they are idle.
 * @returns every task with the log that it has read
 */
export async function runInMemory(
  topology: Topology,
  sources: readonly MemorySource[],
  { partitions, seed, group = 40, restarts }: { partitions: number; seed: number; group?: number; restarts?: Restarts },
): Promise<LoggedTask[]> {
  const names = new Names('weir');
  const log = new MemoryLog();
  const next = numbers(seed);
  const chance = numbers(restarts?.seed ?? 0);
  const tasks: LoggedTask[] = [];
  for (const { tenant, source, topic, format, partitions: values, upstreams = values.length } of sources) {
    values.forEach((lines, partition) => {
      const input = { topic, partition };
      for (const line of lines) log.append({ topic, partition, value: line });
      log.append({ topic, partition, value: '', headers: { [CONTROL_HEADER]: 'end' } });
      const of = { tenant, source, partition: partitionName(input), format, upstreams };
      tasks.push({
        stage: 'normalise',
        input,
        log: log.of(input),
        build: () => sourceStage(topology, of, partitions),
      });
    });
  }
  for (const stage of [...(topology.joins === undefined ? [] : ['identify' as const]), 'account', 'merge', 'alert'] as const) {
    for (let partition = 0; partition < partitions; partition++) {
      const input = { topic: names.inputOf(stage) as string, partition };
      tasks.push({ stage, input, log: log.of(input), build: () => packetStage(topology, stage, partition, partitions) });
    }
  }
  const running: Running[] = [];
  for (const task of tasks) {
    const tenant = sources.find(({ topic }) => topic === task.input.topic)?.tenant;
    const outputs = new Outputs(names, task.stage, task.input.partition, partitions, topology.joins);
    running.push({ task, tenant, outputs, ...(await task.build()), at: 0 });
  }
  for (;;) {
    const ready = running.filter(({ task, outputs, at }) => at < task.log.length || !outputs.empty);
    if (ready.length === 0) return tasks;
    const one = ready[Math.floor(next() * ready.length)];
    if (restarts !== undefined && chance() * restarts.every < 1) {
      const snapshot = one.stage.snapshot();
      Object.assign(one, await one.task.build());
      one.stage.restore(snapshot);
    }
    const size = 1 + Math.floor(next() ** 2 * group);
    for (const emit of one.feed.take(one.task.log.slice(one.at, one.at + size))) one.outputs.add(emit);
    one.at = Math.min(one.task.log.length, one.at + size);
    if (one.tenant !== undefined && one.at < one.task.log.length && next() < 0.01) {
      const { topic, partition } = one.task.input;
      const value = { kind: 'idle' as const, tenant: one.tenant, upstream: `${topic}/${partition}` };
      one.outputs.add({ output: 'control', tenant: one.tenant, value });
    }
    if (next() < 0.5) for (const record of one.outputs.take()) log.append(record);
  }
}

interface Running extends BuiltStage {
  task: LoggedTask;
  tenant: string | undefined;
  outputs: Outputs;
  at: number;
}

/** Text of what a task emitted, byte for byte as it would be written to the log. */
export function writtenBy({ stage, input }: LoggedTask, emits: readonly Emit[], partitions: number): string[] {
  const outputs = new Outputs(new Names('weir'), stage, input.partition, partitions);
  for (const emit of emits) outputs.add(emit);
  return outputs.take().map(({ topic, partition, key, value, headers }) => {
    const bytes = typeof value === 'string' ? value : Buffer.from(value ?? []).toString('base64');
    return `${topic}/${partition ?? ''} ${key ?? ''} ${JSON.stringify(headers)} ${bytes}`;
  });
}

/** Text of a snapshot; two states with the same text are the same. */
export function snapshotText({ stage, version, groups, common }: StageSnapshot): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const sorted = [...groups].sort(([a], [b]) => a - b).map(([group, bytes]) => [group, hex(bytes)]);
  return JSON.stringify({ stage, version, groups: sorted, common: hex(common) });
}
