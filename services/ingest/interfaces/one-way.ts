import { SLOT } from '../fields.ts';
import type { RecordView } from '../records/record-view.ts';
import { unsignedOf } from '../values/numbers.ts';
import { servesRather } from './flow-service.ts';

/** Slots that change places when a record is turned round. */
const PAIRS = [
  [SLOT.address, SLOT.peer_address],
  [SLOT.port, SLOT.peer_port],
  [SLOT.bytes_in, SLOT.bytes_out],
  [SLOT.local_source, SLOT.local_peer],
] as const;

/**
 * Turns the record of one direction of a connection round where it is an answer: where its source, by the ports, is the service. What
 * logs single directions (NetFlow, sFlow, VPC flow logs) does not say who opened the connection; so a connection's two records
 * are one account's calls of one service, with their bytes in and out.
 */
export function turnAnswer(view: RecordView): void {
  const { starts, ends, workspace } = view;
  const { bytes } = workspace;
  if (!view.has(SLOT.port) || !view.has(SLOT.peer_port)) return;
  const source = unsignedOf(bytes, starts[SLOT.port], ends[SLOT.port]);
  const peer = unsignedOf(bytes, starts[SLOT.peer_port], ends[SLOT.peer_port]);
  if (source < 0 || peer < 0 || !servesRather(source, peer)) return;
  for (const [one, other] of PAIRS) view.swap(one, other);
}
