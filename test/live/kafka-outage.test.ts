import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../services/drivers/kafka/client.ts';
import { Fenced, type KafkaCluster, type TransactionalWriter } from '../../services/drivers/kafka/log.ts';
import { type Broker, startBroker } from '../support/broker.ts';
import { contents, member, until } from '../support/kafka-member.ts';
import { uniquePrefix } from '../support/shared-broker.ts';

const prefix = uniquePrefix('outage');

describe('when the broker goes and comes back', () => {
  let broker: Broker;
  let kafka: KafkaCluster;
  beforeAll(async () => {
    broker = await startBroker();
    kafka = openKafka({ brokers: [broker.bootstrap], client_id: 'weir', tls: false, prefix, session_timeout: 6000 });
  });
  afterAll(async () => {
    await kafka.close();
    await broker.remove();
  });

  /** Counts into a topic, one transaction a number, as a task does: the number is the offset that is committed with it. */
  async function count(writer: TransactionalWriter, group: string, topic: string, to: number, done: (n: number) => void): Promise<number> {
    let fenced = 0;
    for (let n = await begin(); n < to; ) {
      try {
        await writer.write(
          [
            { topic, partition: 0, value: `${n}` },
            { topic, partition: 1, value: `${n}` },
          ],
          { group, topic, partition: 0, offset: n + 1, metadata: `${n}` },
        );
        n++;
        done(n);
      } catch (error) {
        if (!(error instanceof Fenced)) throw error;
        fenced++;
        n = await begin();
      }
    }
    return fenced;

    async function begin(): Promise<number> {
      await writer.fence();
      return (await kafka.committed(group, topic, [0])).get(0)?.offset ?? 0;
    }
  }

  it.each([
    ['is killed', async () => broker.kill()],
    ['stops', async () => broker.stop()],
  ])('writes each transaction once when it %s', async (how, end) => {
    const topic = `${prefix}.write-${how.replace(' ', '-')}`;
    await kafka.ensure([{ topic, partitions: 2, replication: 1, configs: {} }]);
    const group = `${topic}-group`;
    const writer = kafka.writer(group);
    let written = 0;
    const counting = count(writer, group, topic, 400, (n) => {
      written = n;
    });
    for (const at of [100, 250]) {
      await until(() => written >= at, `${at} are written`);
      await end();
      await broker.restart();
    }
    await counting;
    await writer.fence();
    await writer.close();
    const numbers = Array.from({ length: 400 }, (_, n) => `${n}`);
    expect(await contents(kafka, topic, 0)).toEqual(numbers);
    expect(await contents(kafka, topic, 1)).toEqual(numbers);
    expect(await kafka.committed(group, topic, [0])).toEqual(new Map([[0, { offset: 400, metadata: '399' }]]));
  });

  it('waits while it does not answer', async () => {
    const topic = `${prefix}.frozen`;
    await kafka.ensure([{ topic, partitions: 2, replication: 1, configs: {} }]);
    const writer = kafka.writer(topic);
    let written = 0;
    const counting = count(writer, topic, topic, 100, (n) => {
      written = n;
    });
    await until(() => written >= 30, '30 are written');
    broker.freeze();
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(written - before).toBeLessThanOrEqual(1);
    broker.thaw();
    await counting;
    await writer.fence();
    expect(await contents(kafka, topic, 0)).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
  });

  it('reads on by itself', async () => {
    const topic = `${prefix}.read`;
    await kafka.ensure([{ topic, partitions: 2, replication: 1, configs: {} }]);
    const reader = await member(kafka, [topic], 'one', ({ resume, next }) => {
      for (const partition of [0, 1]) resume(topic, partition, next(topic, partition));
    });
    for (let round = 1; round <= 3; round++) {
      await kafka.send(Array.from({ length: 10 }, (_, n) => ({ topic, partition: n % 2, value: `${round}-${n}` })));
      await until(() => reader.texts().length === 10 * round, `round ${round} is read`);
      if (round === 3) break;
      await broker.kill();
      await broker.restart();
    }
    expect(reader.failures).toEqual([]);
    expect(reader.texts(1)).toEqual([1, 2, 3].flatMap((round) => [1, 3, 5, 7, 9].map((n) => `${round}-${n}`)));
    await reader.intake.stop();
  });

  it('joins and asks as soon as it is there', async () => {
    const topic = `${prefix}.asks`;
    await kafka.ensure([{ topic, partitions: 1, replication: 1, configs: {} }]);
    await kafka.send([{ topic, value: 'a' }]);
    await broker.kill();
    const joining = member(kafka, [topic], 'one', ({ resume }) => resume(topic, 0, 0));
    const asking = kafka.bounds(topic);
    const reading = contents(kafka, topic);
    const fresh = openKafka({ brokers: [broker.bootstrap], client_id: 'weir', tls: false, prefix, session_timeout: 6000 });
    const describing = fresh.describe();
    await broker.restart();
    expect(await asking).toEqual(new Map([[0, { start: 0, end: 1 }]]));
    expect(await reading).toEqual(['a']);
    expect((await describing).brokers).toBe(1);
    await fresh.close();
    const reader = await joining;
    await until(() => reader.texts().length === 1, 'the record is read');
    await reader.intake.stop();
  });

  it('can be closed while it is away', async () => {
    const topic = `${prefix}.close`;
    await kafka.ensure([{ topic, partitions: 1, replication: 1, configs: {} }]);
    const other = openKafka({ brokers: [broker.bootstrap], client_id: 'weir', tls: false, prefix, session_timeout: 6000 });
    const reader = await member(other, [topic], 'one', ({ resume }) => resume(topic, 0, 0));
    await until(() => reader.caughtUp(topic, 0), 'it reads');
    const writer = other.writer(topic);
    await writer.fence();
    await broker.kill();
    const writing = writer.write([{ topic, value: 'a' }]);
    const failed = expect(writing).rejects.toMatchObject({ code: 'kafka_failed' });
    await other.close();
    await failed;
    await broker.restart();
    expect(await contents(kafka, topic)).toEqual([]);
  });
});
