import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';

/** Columns that hold an alert record, in the record's order. */
export const ALERT_COLUMNS = Object.keys(AlertRecord.shape);
export const INCIDENT_COLUMNS = Object.keys(IncidentRecord.shape);

/** Tables that take rows as objects, with the columns that are written. The windows table has its own way in. */
export const COLUMNS = {
  alerts: [...ALERT_COLUMNS, 'stored_at', 'retracted', 'version'],
  incidents: [...INCIDENT_COLUMNS, 'stored_at', 'retracted', 'version'],
  late: ['tenant', 'source', 'partition', 'offset', 'index', 'at', 'delay', 'account', 'interface', 'stored_at', 'version'],
  dead_letters: ['tenant', 'source', 'partition', 'offset', 'index', 'line', 'reason', 'detail', 'raw', 'stored_at', 'version'],
  ledger: ['run', 'tenant', 'source', 'fate', 'reason', 'task', 'count', 'stored_at', 'version'],
  feedback: ['tenant', 'incident_id', 'mark', 'until', 'author', 'note', 'stored_at', 'retracted', 'version'],
  shadow_scores: [
    'tenant',
    'detector',
    'entity_kind',
    'entity_id',
    'start',
    'end',
    'champion',
    'challenger',
    'champion_evidence',
    'challenger_evidence',
    'stored_at',
    'version',
  ],
  inventory_facts: ['tenant', 'interface', 'hour', 'type', 'masked', 'mask', 'origins', 'classes', 'hashes', 'stored_at'],
  tenants: ['tenant', 'time_zone', 'stored_at', 'version'],
  runs: ['number', 'opened_at', 'closed_at', 'version'],
} as const;

export type StoredTable = keyof typeof COLUMNS;
