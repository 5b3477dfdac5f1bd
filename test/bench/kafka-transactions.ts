import { clusterOf, uniqueName } from '../support/kafka-runs.ts';
import type { TransactOptions } from './kafka-jobs.ts';
import type { Stand } from './kafka-stand.ts';
import { JOBS } from './kafka-throughput.ts';
import { measured } from './measured.ts';

export interface TransactionCost {
  bytes: number;
  partitions: number;
  /** ms that one takes */
  took: number;
  /** CPU ms of one */
  client: number;
  broker: number;
}

/** What one transaction of the driver's writer costs, by its size and by how many partitions it touches. */
export async function transactionCosts(stand: Stand, transactions: number): Promise<TransactionCost[]> {
  const prefix = uniqueName('cost');
  const topic = `${prefix}.events`;
  const cluster = clusterOf(stand.broker.bootstrap, prefix);
  await cluster.ensure([{ topic, partitions: 12, replication: 1, configs: { 'max.message.bytes': String(8 << 20) } }]);
  const costs: TransactionCost[] = [];
  for (const partitions of [1, 6, 12]) {
    for (const bytes of [1 << 10, 100 << 10, 1 << 20]) {
      const before = stand.used([]).broker;
      const job: TransactOptions = { bootstrap: stand.broker.bootstrap, prefix, topic, partitions, bytes, transactions };
      const { result } = await measured<{ took: number; cpu: number }>('transact', job, JOBS);
      const broker = (stand.used([]).broker - before) / (transactions + 20);
      costs.push({
        bytes,
        partitions,
        took: (result.took / transactions) * 1e3,
        client: (result.cpu / transactions) * 1e3,
        broker: broker * 1e3,
      });
    }
  }
  await cluster.close();
  return costs;
}
