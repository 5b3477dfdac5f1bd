import type { PlainEvent } from '../../models/comparators/contract.ts';
import type { SimulatedEvent } from '../simulation/event.ts';
import { targetId } from '../simulation/labels.ts';

/** States of connections that were refused or found nobody. */
const REFUSED: readonly string[] = ['REJ', 'S0', 'RSTO', 'RSTR', 'RSTOS0'];

/** A simulated event as a plain rule sees it: what the tenant's gateway logs of it. */
export function plainEvent(event: SimulatedEvent, interfaceId: string, key: Uint32Array): PlainEvent {
  const { at, tenant, account, address, target, bytesOut } = event;
  const flow = event.kind === 'flow';
  return {
    time: at,
    tenant,
    account,
    source: address,
    interface: interfaceId,
    path: flow ? '' : event.path,
    status: flow ? 0 : event.status,
    failed: flow ? REFUSED.includes(event.state) : event.status === 401 || event.status === 403 || (event.status < 400 && event.code > 0),
    value: target === '' ? '' : targetId(key, target),
    bytes: bytesOut,
  };
}
