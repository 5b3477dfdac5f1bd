import type { Brokers } from './client-brokers.ts';
import { kindOf } from './client-errors.ts';
import { type Partitioner, type Producer, produce, roundsOf } from './client-produce.ts';
import type { OutRecord } from './log.ts';

/** ms */
const PATIENCE = 30_000;

/** Writes outside of transactions, one call after the other; what is sent again is recognised by its sequence numbers. */
export class ClientSender {
  private readonly brokers: Brokers;
  private readonly partitioner: Partitioner;
  private producer: Producer | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(brokers: Brokers, partitioner: Partitioner) {
    this.brokers = brokers;
    this.partitioner = partitioner;
  }

  send(records: readonly OutRecord[]): Promise<void> {
    const sending = this.last.then(() => this.now(records));
    this.last = sending.catch(() => {});
    return sending;
  }

  private async now(records: readonly OutRecord[]): Promise<void> {
    if (records.length === 0) return;
    try {
      const rounds = await this.brokers.attempt('write', () => roundsOf(this.brokers, this.partitioner, records), { patience: PATIENCE });
      this.producer ??= await this.brokers.attempt('write', () => this.open(records[0].topic), { patience: PATIENCE });
      for (const round of rounds) await produce(this.brokers, round, { producer: this.producer, patience: PATIENCE });
    } catch (error) {
      // whatever the broker has of it: the numbers of the next one would not follow
      this.producer = undefined;
      if (kindOf(error) !== 'fenced') throw error;
      await this.now(records);
    }
  }

  /** Any broker gives out an id. */
  private async open(topic: string): Promise<Producer> {
    const broker = await this.brokers.leader(topic, 0);
    const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 0 });
    return { producerId, producerEpoch, sequences: new Map() };
  }
}
