import type { ControlRecord } from '../../core/control.ts';
import type { KafkaCluster } from './log.ts';
import type { Names } from './names.ts';
import { alertPartition } from './outputs.ts';
import { PacketWriter } from './packet.ts';

/** Writes a control record into the log of the alert task that has its tenant: what people say travels as data. */
export async function tellAlertStage(
  cluster: KafkaCluster,
  names: Names,
  partitions: number,
  record: Extract<ControlRecord, { kind: 'feedback' }>,
): Promise<void> {
  const packet = new PacketWriter();
  packet.control(record);
  const partition = alertPartition(record.tenant, partitions);
  await cluster.send([{ topic: names.candidates, partition, value: packet.finish(), headers: { stage: 'feedback' } }]);
}
