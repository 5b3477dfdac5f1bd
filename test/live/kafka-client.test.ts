import { Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ClientSettings, openKafka } from '../../services/drivers/kafka/client.ts';
import type { Brokers } from '../../services/drivers/kafka/client-brokers.ts';
import { Fenced, type InRecord, type Intake, type KafkaCluster, type TopicPartition } from '../../services/drivers/kafka/log.ts';
import { contents, member, text, until } from '../support/kafka-member.ts';
import { sharedBroker, uniquePrefix } from '../support/shared-broker.ts';

const prefix = uniquePrefix('client');
let topics = 0;

function settings(bootstrap = sharedBroker()): ClientSettings {
  return { brokers: [bootstrap], client_id: 'weir', tls: false, prefix, session_timeout: 6000 };
}

async function newTopic(kafka: KafkaCluster, partitions = 1, configs: Record<string, string> = {}): Promise<string> {
  const topic = `${prefix}.t${topics++}`;
  await kafka.ensure([{ topic, partitions, replication: 1, configs }]);
  return topic;
}

/** What retention does. */
async function removeBefore(topic: string, partition: number, offset: number): Promise<void> {
  const admin = new Kafka({ brokers: [sharedBroker()], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${offset}` }] });
  await admin.disconnect();
}

describe('transactions', () => {
  let kafka: KafkaCluster;
  beforeAll(() => {
    kafka = openKafka(settings());
  });
  afterAll(() => kafka.close());

  it('writes records and the offset as one thing, with its metadata', async () => {
    const topic = await newTopic(kafka, 2);
    const group = `${prefix}-g${topics}`;
    expect(await kafka.committed(group, topic, [0, 1])).toEqual(
      new Map([
        [0, { offset: undefined, metadata: '' }],
        [1, { offset: undefined, metadata: '' }],
      ]),
    );
    const writer = kafka.writer(`${group}-0`);
    await writer.fence();
    const metadata = JSON.stringify({ snapshot: 'ü'.repeat(1000) });
    await writer.write(
      [
        { topic, partition: 0, key: 'k', value: 'a', headers: { one: '1', two: 'zwei' } },
        { topic, partition: 1, value: new Uint8Array([1, 2, 3]) },
        { topic, partition: 0, value: null, key: 'gone' },
      ],
      { group, topic, partition: 0, offset: 17, metadata },
    );
    await kafka.writer(`${group}-0`).fence();
    expect(await kafka.committed(group, topic, [0, 1])).toEqual(
      new Map([
        [0, { offset: 17, metadata }],
        [1, { offset: undefined, metadata: '' }],
      ]),
    );
    const seen: { from: TopicPartition; record: InRecord }[] = [];
    await kafka.readAll(topic, (from, record) => seen.push({ from, record }));
    expect(
      seen.map(({ from, record: { offset, key, value, headers } }) => [
        from.partition,
        offset,
        key && `${key}`,
        value && [...value],
        headers,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [0, 0, 'k', [97], { one: '1', two: 'zwei' }],
        [0, 1, 'gone', undefined, {}],
        [1, 0, undefined, [1, 2, 3], {}],
      ]),
    );
    expect(seen).toHaveLength(3);
    expect(await kafka.bounds(topic)).toEqual(
      new Map([
        [0, { start: 0, end: 3 }],
        [1, { start: 0, end: 2 }],
      ]),
    );
  });

  it('lets one writer of an id shut out the other', async () => {
    const topic = await newTopic(kafka);
    const id = `${prefix}-fenced-${topics}`;
    const first = kafka.writer(id);
    await first.fence();
    await first.write([{ topic, value: 'first' }]);
    const second = kafka.writer(id);
    await second.fence();
    await expect(first.write([{ topic, value: 'zombie' }])).rejects.toThrow(Fenced);
    await second.write([{ topic, value: 'second' }]);
    await first.fence();
    await first.write([{ topic, value: 'again' }]);
    await expect(second.write([], { group: id, topic, partition: 0, offset: 1, metadata: '' })).rejects.toThrow(Fenced);
    await first.fence();
    expect(await contents(kafka, topic)).toEqual(['first', 'second', 'again']);
    expect((await kafka.committed(id, topic, [0])).get(0)?.offset).toBeUndefined();
  });

  it('commits offsets without records, time and again', async () => {
    const topic = await newTopic(kafka);
    const id = `${prefix}-offsets-${topics}`;
    const writer = kafka.writer(id);
    await writer.fence();
    for (let offset = 1; offset <= 20; offset++) {
      await writer.write([], { group: id, topic, partition: 0, offset, metadata: `m${offset}` });
    }
    await writer.fence();
    expect(await kafka.committed(id, topic, [0])).toEqual(new Map([[0, { offset: 20, metadata: 'm20' }]]));
  });

  it('writes each transaction once when the answers of the broker get lost', async () => {
    const topic = await newTopic(kafka);
    const id = `${prefix}-lossy`;
    const writer = kafka.writer(id);
    await writer.fence();
    const { brokers } = writer as unknown as { brokers: Brokers };
    const broker = (await brokers.leader(topic, 0)) as unknown as Record<string, (request: unknown) => Promise<unknown>>;
    let lost = 0;
    for (const request of ['produce', 'addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn']) {
      const send = broker[request].bind(broker);
      let sent = 0;
      broker[request] = async (what) => {
        const answer = await send(what);
        if (sent++ % 3 === 2) return answer;
        lost++;
        throw Object.assign(new Error('lost'), { name: 'KafkaJSConnectionClosedError' });
      };
    }
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    for (const n of numbers) {
      await writer.write(
        ['a', 'b'].map((name) => ({ topic, value: `${name}${n}` })),
        { group: id, topic, partition: 0, offset: n + 1, metadata: '' },
      );
    }
    expect(lost).toBe(20 * 5 * 2);
    await writer.fence();
    expect(await contents(kafka, topic)).toEqual(numbers.flatMap((n) => [`a${n}`, `b${n}`]));
    expect((await kafka.committed(id, topic, [0])).get(0)?.offset).toBe(20);
  });

  it('splits what is too much for one batch, in order', async () => {
    const topic = await newTopic(kafka, 2);
    const writer = kafka.writer(`${prefix}-large`);
    await writer.fence();
    const value = (n: number) => Buffer.alloc(250_000, n);
    await writer.write(Array.from({ length: 40 }, (_, n) => ({ topic, partition: n % 2, value: value(n) })));
    await writer.fence();
    const seen: number[][] = [[], []];
    await kafka.readAll(topic, ({ partition }, { value: bytes }) => {
      expect(bytes).toHaveLength(250_000);
      seen[partition].push((bytes as Uint8Array)[0]);
    });
    expect(seen).toEqual([0, 1].map((partition) => Array.from({ length: 20 }, (_, n) => 2 * n + partition)));
  });

  it('says which topic refuses a record that is too large, and can go on', async () => {
    const topic = await newTopic(kafka);
    const writer = kafka.writer(`${prefix}-too-large`);
    await writer.fence();
    await expect(
      writer.write([
        { topic, value: 'before' },
        { topic, value: Buffer.alloc(2_000_000) },
      ]),
    ).rejects.toThrow(new RegExp(`20000\\d\\d bytes.*${topic}/0.*max.message.bytes`));
    await writer.write([{ topic, value: 'small' }]);
    await writer.fence();
    expect(await contents(kafka, topic)).toEqual(['small']);
  });

  it('refuses topics and partitions that are not there', async () => {
    const topic = await newTopic(kafka);
    const writer = kafka.writer(`${prefix}-nowhere`);
    await writer.fence();
    await expect(writer.write([{ topic, partition: 1, value: 'x' }])).rejects.toThrow(`${topic} has 1 partitions`);
    await writer.write([{ topic, value: 'x' }]);
  });

  it('puts the same key into the same partition as every other Kafka client', async () => {
    const topic = await newTopic(kafka, 6);
    await kafka.send(['21', 'foobar', 'a-little-bit-long-string'].map((key) => ({ topic, key, value: key })));
    const where: Record<string, number> = {};
    await kafka.readAll(topic, ({ partition }, record) => {
      where[text(record)] = partition;
    });
    // hashes that Kafka's own tests of murmur2 list
    const murmur2 = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 };
    expect(where).toEqual(Object.fromEntries(Object.entries(murmur2).map(([key, hash]) => [key, (hash & 0x7fffffff) % 6])));
  });
});

describe('reading', () => {
  let kafka: KafkaCluster;
  let plain: Kafka;
  beforeAll(() => {
    kafka = openKafka(settings());
    plain = new Kafka({ brokers: [sharedBroker()], logLevel: logLevel.NOTHING });
  });
  afterAll(() => kafka.close());

  async function producer(transactionalId: string): Promise<Producer> {
    const made = plain.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true });
    await made.connect();
    onTestFinished(() => made.disconnect());
    return made;
  }

  it('ends behind trailing control records, aborted and open transactions', async () => {
    const topic = await newTopic(kafka);
    expect(await contents(kafka, topic)).toEqual([]);
    const [one, two] = [await producer(`${topic}-one`), await producer(`${topic}-two`)];
    const aborted = await one.transaction();
    await aborted.send({ topic, messages: [{ value: 'aborted' }] });
    await aborted.abort();
    await until(async () => (await kafka.bounds(topic)).get(0)?.end === 2, 'the abort is settled');
    expect(await contents(kafka, topic)).toEqual([]);
    await kafka.send([{ topic, value: 'plain' }]);
    const committed = await one.transaction();
    await committed.send({ topic, messages: [{ value: 'committed' }] });
    await committed.commit();
    await until(async () => (await kafka.bounds(topic)).get(0)?.end === 5, 'the commit is settled');
    const open = await two.transaction();
    await open.send({ topic, messages: [{ value: 'open' }] });
    await kafka.send([{ topic, value: 'behind the open one' }]);
    expect(await contents(kafka, topic)).toEqual(['plain', 'committed']);
    expect(await kafka.bounds(topic)).toEqual(new Map([[0, { start: 0, end: 5 }]]));
    await open.abort();
    await until(async () => (await contents(kafka, topic)).length === 3, 'the open transaction is settled');
  });

  it('hides aborted transactions that overlap, from wherever it begins', async () => {
    const topic = await newTopic(kafka);
    const ids = ['a', 'b', 'c'].map((name) => `${topic}-${name}`);
    const producers = [await producer(ids[0]), await producer(ids[1]), await producer(ids[2])];
    const [a, b, c] = await Promise.all(producers.map((one) => one.transaction()));
    for (const [n, transaction] of [a, b, c, b, a, c, a, b].entries()) {
      await transaction.send({ topic, messages: [{ value: `${n}${transaction === c ? ' committed' : ''}` }] });
    }
    // the broker lists aborted transactions in the order in which they end
    await b.abort();
    // resolves when its abort marker is written
    await kafka.writer(ids[1]).fence();
    await a.abort();
    await c.commit();
    await until(async () => (await kafka.bounds(topic)).get(0)?.end === 11, 'all are settled');
    expect(await contents(kafka, topic)).toEqual(['2 committed', '5 committed']);
    const at: (string | undefined)[] = [];
    for (let offset = 0; offset < 12; offset++) {
      const record = await kafka.recordAt({ topic, partition: 0 }, offset);
      at.push(record && text(record));
    }
    expect(at).toEqual(at.map((_, n) => (n === 2 || n === 5 ? `${n} committed` : undefined)));
    for (let from = 0; from < 11; from++) {
      const reader = await member(kafka, [topic], `${from}`, ({ resume }) => resume(topic, 0, from));
      await until(() => reader.caughtUp(topic, 0), 'everything is read');
      expect(reader.texts()).toEqual(['2 committed', '5 committed'].slice(from <= 2 ? 0 : from <= 5 ? 1 : 2));
      await reader.intake.stop();
    }
  });

  it('finds the one record at an offset', async () => {
    const topic = await newTopic(kafka, 2);
    await kafka.send(Array.from({ length: 50 }, (_, n) => ({ topic, partition: 1, value: `v${n}`, headers: { n: `${n}` } })));
    expect(text(await kafka.recordAt({ topic, partition: 1 }, 31))).toBe('v31');
    expect((await kafka.recordAt({ topic, partition: 1 }, 31))?.headers).toEqual({ n: '31' });
    expect(await kafka.recordAt({ topic, partition: 1 }, 50)).toBeUndefined();
    expect(await kafka.recordAt({ topic, partition: 0 }, 0)).toBeUndefined();
    await removeBefore(topic, 1, 40);
    expect(await kafka.recordAt({ topic, partition: 1 }, 31)).toBeUndefined();
    expect((await kafka.bounds(topic)).get(1)).toEqual({ start: 40, end: 50 });
    expect(await contents(kafka, topic)).toEqual(Array.from({ length: 10 }, (_, n) => `v${n + 40}`));
  });

  it('reads all of a topic with more than one fetch takes', async () => {
    const topic = await newTopic(kafka, 3);
    for (let round = 0; round < 5; round++) {
      await kafka.send(Array.from({ length: 30 }, (_, n) => ({ topic, partition: n % 3, value: Buffer.alloc(60_000, round * 30 + n) })));
    }
    const seen: number[][] = [[], [], []];
    await kafka.readAll(topic, ({ partition }, { offset, value }) => {
      expect(offset).toBe(seen[partition].length);
      seen[partition].push((value as Uint8Array)[0]);
    });
    expect(seen).toEqual([0, 1, 2].map((partition) => Array.from({ length: 50 }, (_, n) => 3 * n + partition)));
  });
});

describe('topics', () => {
  let kafka: KafkaCluster;
  beforeAll(() => {
    kafka = openKafka(settings());
  });
  afterAll(() => kafka.close());

  it('makes what is missing, once', async () => {
    const specs = [1, 2].map((n) => ({
      topic: `${prefix}.made${n}`,
      partitions: n,
      replication: 1,
      configs: { 'retention.ms': '3600000' },
    }));
    expect(await kafka.ensure(specs)).toEqual({ made: specs.map(({ topic }) => topic) });
    expect(await kafka.ensure(specs)).toEqual({ made: [] });
    expect(await kafka.partitions([...specs.map(({ topic }) => topic), `${prefix}.none`])).toEqual(
      new Map([
        [specs[0].topic, 1],
        [specs[1].topic, 2],
      ]),
    );
  });

  it('tells all differences at once', async () => {
    const configs = { 'cleanup.policy': 'delete', 'retention.ms': '3600000' };
    const [one, two] = [`${prefix}.as-it-is`, `${prefix}.other`];
    await kafka.ensure([one, two].map((topic) => ({ topic, partitions: 2, replication: 1, configs })));
    const failure = kafka.ensure([
      { topic: one, partitions: 3, replication: 1, configs },
      { topic: two, partitions: 2, replication: 1, configs: { 'cleanup.policy': 'compact', 'retention.ms': '7200000' } },
    ]);
    await expect(failure).rejects.toMatchObject({ code: 'topic_mismatch' });
    await expect(failure).rejects.toThrow(`${one} has 2 partitions and should have 3`);
    await expect(failure).rejects.toThrow(`${two} has cleanup.policy=delete and should have cleanup.policy=compact`);
    await expect(failure).rejects.toThrow(`${two} has retention.ms=3600000 and should have retention.ms=7200000`);
  });

  it('says why topics cannot be made', async () => {
    await expect(kafka.ensure([{ topic: `${prefix}.copies`, partitions: 1, replication: 3, configs: {} }])).rejects.toThrow(
      /kafka.replication is 3 and can be at most the number of brokers/,
    );
    await expect(
      kafka.ensure([{ topic: `${prefix}.config`, partitions: 1, replication: 1, configs: { 'retention.ms': 'x' } }]),
    ).rejects.toThrow(/retention.ms/);
  });

  it('describes the cluster', async () => {
    expect(await kafka.describe()).toMatchObject({ brokers: 1, controller: 1 });
  });
});

describe('a consumer group', () => {
  let kafka: KafkaCluster;
  beforeAll(() => {
    kafka = openKafka(settings());
  });
  afterAll(() => kafka.close());

  it('pauses, goes on, and seeks, each partition for itself', async () => {
    const topic = await newTopic(kafka, 2);
    const values = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `${n + from}`);
    const send = (partition: number, from: number, to: number) =>
      kafka.send(values(from, to).map((value) => ({ topic, partition, value })));
    await send(0, 0, 10);
    await send(1, 0, 10);
    const reader = await member(kafka, [topic], 'one');
    await until(() => reader.assignments.length === 1, 'an assignment');
    expect(reader.assignments).toEqual([{ generation: 1, partitions: [`${topic}/0`, `${topic}/1`] }]);
    reader.resume(topic, 0, 4);
    await until(() => reader.caughtUp(topic, 0), 'partition 0 is read');
    expect(reader.texts(0)).toEqual(values(4, 10));
    expect(reader.texts(1)).toEqual([]);
    reader.intake.pause({ topic, partition: 0 });
    await send(0, 10, 20);
    reader.resume(topic, 1, 0);
    await until(() => reader.caughtUp(topic, 1), 'partition 1 is read');
    expect(reader.texts(0)).toEqual(values(4, 10));
    expect(reader.texts(1)).toEqual(values(0, 10));
    reader.intake.goOn({ topic, partition: 0 });
    await until(() => reader.texts(0).length === 16, 'partition 0 is read on');
    expect(reader.texts(0)).toEqual(values(4, 20));
    reader.resume(topic, 1, 8);
    await until(() => reader.texts(1).length === 12, 'the end of partition 1 is read again');
    expect(reader.texts(1)).toEqual([...values(0, 10), '8', '9']);
    await reader.intake.stop();
  });

  it('delivers nothing from before a seek, however often it is told', async () => {
    const topic = await newTopic(kafka, 2);
    const count = 3000;
    for (let from = 0; from < count; from += 500) {
      await kafka.send(
        Array.from({ length: 1000 }, (_, n) => ({ topic, partition: n % 2, value: Buffer.alloc(2000, `${from + (n >> 1)} `) })),
      );
    }
    const strict = [new Set<number>(), new Set<number>()];
    const next = [-1, -1];
    const failures: Error[] = [];
    let intake: Intake | undefined;
    let seeks = 0;
    const seek = (partition: number, offset: number) => {
      next[partition] = offset;
      intake?.resume({ topic, partition }, offset);
    };
    intake = await kafka.join({
      group: `${topic}-group`,
      topics: [topic],
      instance: 'one',
      handlers: {
        assigned: () => [0, 1].map((partition) => seek(partition, 0)),
        records({ partition }, records) {
          for (const { offset } of records) {
            if (offset < next[partition]) continue;
            // without transactions there are no holes
            expect(offset).toBe(next[partition]++);
            strict[partition].add(offset);
          }
          // back a little, at once and from a task of its own, in both partitions
          if (seeks++ < 200) {
            seek(partition, Math.max(0, next[partition] - 200));
            queueMicrotask(() => seek(1 - partition, Math.max(0, next[1 - partition] - 100)));
          }
        },
        failed: (error) => failures.push(error),
      },
    });
    await until(() => strict.every(({ size }) => size === count) && next.every((offset) => offset === count), 'all is read');
    expect(failures).toEqual([]);
    await intake.stop();
  });

  it('says where a partition ends, with nothing to read or control records alone', async () => {
    const topic = await newTopic(kafka);
    const reader = await member(kafka, [topic], 'one', ({ resume }) => resume(topic, 0, 0));
    await until(() => reader.caughtUp(topic, 0), 'the empty partition is read');
    expect(reader.calls).toEqual([{ partition: 0, records: 0, end: 0 }]);
    const writer = kafka.writer(`${prefix}-ends`);
    await writer.fence();
    await writer.write([{ topic, value: 'a' }]);
    await until(() => reader.texts().length === 1 && reader.caughtUp(topic, 0), 'the record is read');
    expect(reader.calls.at(-1)?.end).toBe(1);
    await reader.intake.stop();
    const late = await member(kafka, [topic], 'two', ({ resume }) => resume(topic, 0, 1));
    await until(() => late.caughtUp(topic, 0), 'the control record is passed');
    expect(late.calls).toEqual([{ partition: 0, records: 0, end: 1 }]);
    await late.intake.stop();
  });

  it('moves few partitions when a member comes or goes, and takes them all over from one that is gone', async () => {
    const topic = await newTopic(kafka, 6);
    const group = `${prefix}-moves`;
    const one = await member(kafka, [topic], 'one', undefined, group);
    await until(() => one.mine().length === 6, 'one reads all');
    one.mine().forEach((_, partition) => one.resume(topic, partition, 0));
    await kafka.send(Array.from({ length: 12 }, (_, n) => ({ topic, partition: n % 6, value: `${n}` })));
    await until(() => one.texts().length === 12, 'one has read all');
    const two = await member(kafka, [topic], 'two', undefined, group);
    await until(() => one.mine().length === 3 && two.mine().length === 3, 'each has three');
    expect([...one.mine(), ...two.mine()].sort()).toEqual([0, 1, 2, 3, 4, 5].map((partition) => `${topic}/${partition}`));
    const kept = one.mine();
    // a kept partition goes on where it was
    await kafka.send(Array.from({ length: 6 }, (_, partition) => ({ topic, partition, value: `late ${partition}` })));
    for (const name of kept) one.intake.goOn({ topic, partition: Number(name.split('/').at(-1)) });
    await until(() => one.texts().length === 15, 'one goes on');
    expect(new Set(one.texts().slice(12))).toEqual(new Set(kept.map((name) => `late ${name.split('/').at(-1)}`)));
    const three = await member(kafka, [topic], 'three', undefined, group);
    await until(() => [one, two, three].every((reader) => reader.mine().length === 2), 'each has two');
    await one.intake.stop();
    await until(() => two.mine().length === 3 && three.mine().length === 3, 'the others have taken over');
    // the same names come to the same assignment
    const again = await member(kafka, [topic], 'one', undefined, group);
    await three.intake.stop();
    await until(() => again.mine().length === 3 && two.mine().length === 3, 'one is back');
    expect(again.mine()).toEqual(kept);
    await Promise.all([again.intake.stop(), two.intake.stop()]);
  });

  it('fails when what it is to read was removed, and commits nothing of its own', async () => {
    const topic = await newTopic(kafka);
    const group = `${prefix}-lost`;
    const writer = kafka.writer(group);
    await writer.fence();
    await writer.write(
      Array.from({ length: 10 }, (_, n) => ({ topic, value: `${n}` })),
      { group, topic, partition: 0, offset: 2, metadata: 'kept' },
    );
    await writer.fence();
    await removeBefore(topic, 0, 5);
    const reader = await member(kafka, [topic], 'one', ({ resume }) => resume(topic, 0, 2), group);
    await until(() => reader.failures.length > 0, 'a failure');
    expect(reader.failures[0]).toMatchObject({ code: 'log_lost', message: expect.stringContaining(`${topic}/0 has no offset 2`) });
    expect(await kafka.committed(group, topic, [0])).toEqual(new Map([[0, { offset: 2, metadata: 'kept' }]]));
    await reader.intake.stop();
  });

  it('says that a topic is not there', async () => {
    const failure = member(kafka, [`${prefix}.never`], 'one');
    await expect(failure).rejects.toThrow(`${prefix}.never`);
  });
});
