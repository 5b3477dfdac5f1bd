import type { Config } from '../../schemas/config.ts';
import type { MarkDraft, MarkRecord } from '../../schemas/marks.ts';
import { openKafka } from '../drivers/kafka/client.ts';
import { Names } from '../drivers/kafka/names.ts';
import { tellAlertStage } from '../drivers/kafka/tell-alert-stage.ts';
import { openStore, type Store } from '../storage/store.ts';
import { performMark } from './incident-marking.ts';
import { storeConfigOf } from './store-config.ts';

/**
 * Has a mark written down for an installation on Kafka: in its state folder, in the log of the tenant's alert task, and
 * in the store where that is a server (a data folder belongs to the process that copies into it).
 */
export async function requestMarkOnKafka(config: Config, mark: MarkDraft): Promise<MarkRecord> {
  const { kafka } = config;
  const cluster = openKafka({ ...kafka, client_id: `${kafka.client_id}-mark` });
  const place = storeConfigOf(config.store);
  let store: Store | undefined;
  try {
    if ('url' in place) store = await openStore(place, { marksOnly: true });
    const written = await performMark(kafka.state, mark, store ?? NO_TABLE, (record) =>
      tellAlertStage(cluster, new Names(kafka.prefix), kafka.partitions, record),
    );
    await store?.close(true);
    return written;
  } catch (error) {
    await store?.close(false);
    throw error;
  } finally {
    await cluster.close();
  }
}

const NO_TABLE: Pick<Store, 'feedback' | 'flush'> = { feedback: () => undefined, flush: async () => undefined };
