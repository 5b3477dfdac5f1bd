import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPartitions, type Member } from '../../services/drivers/kafka/client-assigner.ts';
import type { TopicPartition } from '../../services/drivers/kafka/log.ts';

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 });
const topics = fc.uniqueArray(fc.record({ topic: fc.stringMatching(/^[a-z.]{1,10}$/), partitions: fc.integer({ min: 1, max: 40 }) }), {
  minLength: 1,
  maxLength: 4,
  selector: ({ topic }) => topic,
});

function membersOf(instances: readonly string[], restart = ''): Member[] {
  return instances.map((instance, n) => ({ id: `${instance}-${n}-${restart}`, instance }));
}

function partitionsOf(of: readonly { topic: string; partitions: number }[]): TopicPartition[] {
  return of.flatMap(({ topic, partitions }) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
}

/** Instance by partition. */
function owners(members: readonly Member[], partitions: readonly TopicPartition[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [id, own] of assignPartitions(members, partitions)) {
    const instance = members.find((member) => member.id === id)?.instance as string;
    for (const { topic, partition } of own) {
      expect(found.has(`${topic}/${partition}`)).toBe(false);
      found.set(`${topic}/${partition}`, instance);
    }
  }
  return found;
}

describe('the assignment of partitions', () => {
  it('gives each partition to one member, and no member two more than another', () => {
    fc.assert(
      fc.property(names, topics, (instances, of) => {
        const partitions = partitionsOf(of);
        const members = membersOf(instances);
        expect(owners(members, partitions).size).toBe(partitions.length);
        const loads = [...assignPartitions(members, partitions).values()].map(({ length }) => length);
        expect(loads).toHaveLength(members.length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('depends on the names alone: not on the order of members, nor on their ids', () => {
    fc.assert(
      fc.property(names, topics, (instances, of) => {
        const partitions = partitionsOf(of);
        const before = owners(membersOf(instances), partitions);
        expect(owners(membersOf([...instances].reverse(), 'restarted'), [...partitions].reverse())).toEqual(before);
      }),
    );
  });

  it('shares out between members of the same name', () => {
    const members = membersOf(['a', 'a', 'a']);
    const given = assignPartitions(members, partitionsOf([{ topic: 't', partitions: 7 }]));
    expect([...given.values()].map(({ length }) => length).sort()).toEqual([2, 2, 3]);
  });

  it('moves few partitions between those that stay when one comes or goes', () => {
    // of the partitions that need not move (what the one that comes takes, or the one that goes leaves)
    const rates: number[] = [];
    for (let members = 1; members <= 8; members++) {
      let moved = 0;
      let stay = 0;
      for (let round = 0; round < 60; round++) {
        const instances = Array.from({ length: members }, (_, n) => `worker-${round}-${n}`);
        const partitions = partitionsOf([{ topic: `t${round}`, partitions: 24 }]);
        const before = owners(membersOf(instances), partitions);
        const after = owners(membersOf([...instances, `new-${round}`]), partitions);
        for (const [partition, owner] of after) {
          if (owner.startsWith('new-')) continue;
          stay++;
          if (before.get(partition) !== owner) moved++;
        }
      }
      rates.push(moved / stay);
    }
    expect(rates[0]).toBe(0);
    expect(Math.max(...rates)).toBeLessThan(0.25);
  });
});
