import { WeirError } from '../../core/errors.ts';
import type { Brokers } from './client-brokers.ts';
import { kafkaFailed, kindOf, rootOf } from './client-errors.ts';
import { type Partitioner, type Producer, produce, roundsOf } from './client-produce.ts';
import { Fenced, type OffsetCommit, type OutRecord, type TransactionalWriter } from './log.ts';

/** ms after which the broker aborts a transaction whose writer is silent: readers of committed records wait for so long */
const TRANSACTION_TIMEOUT = 10_000;

type TransactionalProducer = Producer & { transactionalId: string };

/**
 * Writes transactions by the requests of the protocol, one by one, instead of through the client's producer: a request
 * whose outcome is unknown (connection lost, time out) is sent again as it was until the broker has answered it. All of
 * them may be repeated: a batch carries its sequence number, and ending a transaction that has ended the same way is
 * no error. So the outcome of a commit is always known here, and nothing is ever written again under new numbers.
 *
 * What the broker has ended for us (another process opened the id, the transaction timed out and was aborted, the id
 * was forgotten) is `Fenced`: the writer can be fenced again, and whoever writes has to begin from what is committed.
 */
export class ClientWriter implements TransactionalWriter {
  private readonly brokers: Brokers;
  private readonly id: string;
  private readonly partitioner: Partitioner;
  private producer: TransactionalProducer | undefined;
  private writing = false;

  constructor(brokers: Brokers, id: string, partitioner: Partitioner) {
    this.brokers = brokers;
    this.id = id;
    this.partitioner = partitioner;
  }

  /** Takes a new epoch of the id: the broker aborts what was open under an older one before it answers. */
  async fence(): Promise<void> {
    await this.alone(async () => {
      this.producer = undefined;
      const opened = await this.ask('open', (coordinator) =>
        coordinator.initProducerId({ transactionalId: this.id, transactionTimeout: TRANSACTION_TIMEOUT }),
      );
      const { producerId, producerEpoch } = opened;
      this.producer = { transactionalId: this.id, producerId, producerEpoch, sequences: new Map() };
    });
  }

  async write(records: readonly OutRecord[], commit?: OffsetCommit): Promise<void> {
    if (records.length === 0 && commit === undefined) return;
    await this.alone(async () => {
      const { producer } = this;
      if (producer === undefined) throw new Error(`${this.id} writes before it was fenced`);
      const rounds = await this.attempt('write', () => roundsOf(this.brokers, this.partitioner, records));
      let open = false;
      try {
        const topics = partitionsOf(rounds.flat());
        if (topics.length > 0) {
          await this.ask('begin', (coordinator) => coordinator.addPartitionsToTxn({ ...ids(producer), topics }));
          open = true;
        }
        for (const round of rounds) await this.guard('write', () => produce(this.brokers, round, { producer }));
        if (commit !== undefined) {
          await this.ask('begin', (coordinator) => coordinator.addOffsetsToTxn({ ...ids(producer), groupId: commit.group }));
          open = true;
          await this.sendOffset(producer, commit);
        }
      } catch (error) {
        if (open && !(error instanceof Fenced)) await this.abort(producer);
        throw error;
      }
      await this.ask('commit', (coordinator) => coordinator.endTxn({ ...ids(producer), transactionResult: true }));
    });
  }

  async close(): Promise<void> {
    this.producer = undefined;
    await this.brokers.close();
  }

  private async sendOffset(producer: TransactionalProducer, { group, topic, partition, offset, metadata }: OffsetCommit): Promise<void> {
    const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }];
    await this.attempt(`commit the offset of ${group} in ${topic}/${partition}`, async () => {
      const coordinator = await this.brokers.coordinator('group', group);
      await coordinator.txnOffsetCommit({ ...ids(producer), groupId: group, topics });
    });
  }

  /** So that readers need not wait for the time out. Whatever comes of it, the error before it is the one to tell. */
  private async abort(producer: TransactionalProducer): Promise<void> {
    try {
      await this.ask('abort', (coordinator) => coordinator.endTxn({ ...ids(producer), transactionResult: false }));
    } catch {
      this.producer = undefined;
    }
  }

  private ask<T>(what: string, request: (coordinator: Awaited<ReturnType<Brokers['coordinator']>>) => Promise<T>): Promise<T> {
    return this.attempt(what, async () => request(await this.brokers.coordinator('transaction', this.id)));
  }

  private attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.guard(what, () => this.brokers.attempt(`${what} (${this.id})`, work));
  }

  /** Errors as the contract has them; the programs' own come through as they are. */
  private async guard<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WeirError) throw error;
      const kind = kindOf(error);
      // the coordinator stumbles (code -1) when two open and end the same id at once: what came of it, only a new start can tell
      if (kind === 'fenced' || rootOf(error).type === 'UNKNOWN') {
        this.producer = undefined;
        throw new Fenced(this.id, { cause: error });
      }
      if (kind === 'denied' || isClients(error)) throw kafkaFailed(`${what} (${this.id})`, error);
      throw error;
    }
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.writing) throw new Error(`${this.id} writes two things at once`);
    this.writing = true;
    try {
      return await work();
    } finally {
      this.writing = false;
    }
  }
}

function ids({ transactionalId, producerId, producerEpoch }: TransactionalProducer) {
  return { transactionalId, producerId, producerEpoch };
}

function partitionsOf(batches: readonly { topic: string; partition: number }[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, Set<number>>();
  for (const { topic, partition } of batches) topics.set(topic, (topics.get(topic) ?? new Set()).add(partition));
  return [...topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }));
}

function isClients(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('KafkaJS');
}
