import type { InRecord, Intake, KafkaCluster, TopicPartition } from '../../services/drivers/kafka/log.ts';
import { uniquePrefix } from './shared-broker.ts';

/** Resolves when the condition holds; looks again whenever something may have changed. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, timeout = 120_000): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeout} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A member of a group that notes what it is told. `begin` is called at each assignment. */
export async function member(
  kafka: KafkaCluster,
  of: string[],
  instance: string,
  begin?: (reader: {
    resume(topic: string, partition: number, offset: number): void;
    next(topic: string, partition: number): number;
  }) => void,
  group = uniquePrefix('group'),
) {
  const seen: { from: TopicPartition; record: InRecord }[] = [];
  const calls: { partition: number; records: number; end: number }[] = [];
  const assignments: { generation: number; partitions: string[] }[] = [];
  const failures: Error[] = [];
  const next = new Map<string, number>();
  const ended = new Map<string, boolean>();
  const name = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;
  let intake: Intake | undefined;
  const resume = (topic: string, partition: number, offset: number) => {
    next.set(name({ topic, partition }), offset);
    ended.delete(name({ topic, partition }));
    intake?.resume({ topic, partition }, offset);
  };
  intake = await kafka.join({
    group,
    topics: of,
    instance,
    handlers: {
      assigned(partitions, generation) {
        assignments.push({ generation, partitions: partitions.map(name) });
        begin?.({ resume, next: (topic, partition) => next.get(name({ topic, partition })) ?? 0 });
      },
      records(from, records, end) {
        calls.push({ partition: from.partition, records: records.length, end });
        for (const record of records) {
          if (record.offset < (next.get(name(from)) ?? 0)) continue;
          seen.push({ from, record });
          next.set(name(from), record.offset + 1);
        }
        ended.set(name(from), (next.get(name(from)) ?? 0) >= end);
      },
      failed: (error) => failures.push(error),
    },
  });
  return {
    intake,
    resume,
    seen,
    calls,
    assignments,
    failures,
    mine: () => assignments.at(-1)?.partitions ?? [],
    texts: (partition?: number) =>
      seen.filter(({ from }) => partition === undefined || from.partition === partition).map(({ record }) => text(record)),
    caughtUp: (topic: string, partition: number) => ended.get(name({ topic, partition })) ?? false,
  };
}

/** The value of a record. */
export function text(record: InRecord | undefined): string {
  return Buffer.from(record?.value ?? []).toString();
}

/** Values of all committed records of a topic, or of one of its partitions. */
export async function contents(kafka: KafkaCluster, topic: string, partition?: number): Promise<string[]> {
  const found: string[] = [];
  await kafka.readAll(topic, (from, record) => {
    if (partition === undefined || from.partition === partition) found.push(text(record));
  });
  return found;
}
