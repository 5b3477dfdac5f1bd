import type { Comparator, ComparatorAlert, PlainEvent } from '../../models/comparators/contract.ts';
import type { SimulatedEvent } from '../simulation/event.ts';
import { targetId } from '../simulation/labels.ts';

/** Alerts of a comparator and tenant that are kept, the strongest ones: more would never be within a budget. */
const MOST_ALERTS = 20_000;
/** Share of their published thresholds from which comparators keep alerts, for the sweep. */
export const SWEEP_FLOOR = 0.5;

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

/** Alerts of comparators by their names, the strongest of each. */
export function strongestAlerts(comparators: readonly Comparator[]): Map<string, ComparatorAlert[]> {
  return new Map(
    comparators.map((comparator) => {
      const alerts = comparator.end();
      if (alerts.length <= MOST_ALERTS) return [comparator.name, alerts];
      return [comparator.name, alerts.sort((a, b) => b.score - a.score || a.start - b.start).slice(0, MOST_ALERTS)];
    }),
  );
}
