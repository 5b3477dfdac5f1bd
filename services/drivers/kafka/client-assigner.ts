import { createHash } from 'node:crypto';
import type { TopicPartition } from './log.ts';

export interface Member {
  /** unique */
  id: string;
  /** name of the process, the same after a restart; two members may have the same by mistake */
  instance: string;
}

/**
 * Shares partitions out: each to one member, so that no member has two more than another. The pairs of partition and
 * member are taken in the order of a hash of their names (rendezvous hashing with a bound on the load): the outcome
 * depends on the names alone, and a member that comes or goes moves few partitions of the others.
 * @returns by member id; members without partitions have an empty list
 */
export function assignPartitions(members: readonly Member[], partitions: readonly TopicPartition[]): Map<string, TopicPartition[]> {
  const given = new Map<string, TopicPartition[]>(members.map(({ id }) => [id, []]));
  if (members.length === 0) return given;
  const namesakes = countNames(members);
  const pairs = partitions.flatMap((of) =>
    members.map(({ id, instance }) => {
      const name = (namesakes.get(instance) ?? 0) > 1 ? `${instance}\n${id}` : instance;
      return { of, id, weight: createHash('sha256').update(`${name}\n${of.topic}\n${of.partition}`).digest() };
    }),
  );
  pairs.sort((a, b) => Buffer.compare(a.weight, b.weight));
  const least = Math.floor(partitions.length / members.length);
  let extra = partitions.length % members.length;
  const taken = new Set<TopicPartition>();
  for (const { of, id } of pairs) {
    const own = given.get(id) as TopicPartition[];
    if (taken.has(of) || own.length > least || (own.length === least && extra === 0)) continue;
    if (own.length === least) extra--;
    own.push(of);
    taken.add(of);
  }
  return given;
}

function countNames(members: readonly Member[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { instance } of members) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  return counts;
}
