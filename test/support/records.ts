import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';

/** An id of 32 hex digits made of a number. */
export function idOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

/** A complete alert record; `n` tells it from others. */
export function alertOf(n: number, changes: Partial<AlertRecord> = {}): AlertRecord {
  return {
    schema_version: 1,
    alert_id: idOf(n),
    incident_id: idOf(1000 + n),
    tenant: 'shop',
    detector: 'object_traversal',
    title: 'account u7 walks objects',
    entity: { kind: 'account', id: 'u7' },
    related: [{ kind: 'interface', id: 'GET shop.example/api/orders/{id}' }],
    identity: { origin: 'consumer', confidence: 0.9 },
    window: { start: '2026-04-01T08:00:00.000Z', end: '2026-04-01T09:00:00.000Z', size: '1h' },
    detected_at: '2026-04-01T09:02:00.000Z',
    final: true,
    score: 0.83,
    severity: 'high',
    bias: 0,
    reasons: [
      {
        feature: 'new_objects',
        value: 412,
        expected: { low: 0, high: 9.5 },
        baseline: { scope: 'own', size: 212 },
        contribution: 0.5,
        text: '412 objects never seen before',
      },
      {
        feature: 'other',
        value: 0,
        expected: { low: 0, high: 0 },
        baseline: { scope: 'prior', size: 0 },
        contribution: 0.33,
        text: 'small ones',
      },
    ],
    counterfactual: [{ feature: 'new_objects', from: 412, to: 31, step: 1, score: 0.39 }],
    evidence: [{ source: 'gateway', partition: 'shop-1', offset: 1234, at: '2026-04-01T08:10:00.250Z', summary: 'GET /api/orders/81 200' }],
    model: { name: 'behaviour', version: '1' },
    config_version: '000000000000',
    ...changes,
  };
}

/** A complete incident record about `alertOf(n)`. */
export function incidentOf(n: number, changes: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    schema_version: 1,
    incident_id: idOf(1000 + n),
    revision: 1,
    tenant: 'shop',
    title: 'one account walks orders that are not its own',
    severity: 'high',
    score: 0.83,
    status: 'open',
    entity: { kind: 'interface', id: 'GET shop.example/api/orders/{id}' },
    actors: [{ kind: 'account', id: 'u7', contribution: 0.83 }],
    actor_count: 1,
    detectors: ['object_traversal'],
    alert_ids: [idOf(n)],
    started_at: '2026-04-01T08:00:00.000Z',
    ended_at: '2026-04-01T09:00:00.000Z',
    detected_at: '2026-04-01T09:02:00.000Z',
    final: true,
    summary: 'u7 read 412 orders, nearly all of them for the first time',
    config_version: '000000000000',
    ...changes,
  };
}
