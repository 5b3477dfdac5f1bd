import type { AlertRecord, IncidentRecord, Severity } from '../../schemas/alert.ts';
import { WeirError } from '../core/errors.ts';
import { ALERT_COLUMNS, INCIDENT_COLUMNS } from './columns.ts';
import type { Params } from './connection.ts';
import type { Reader } from './reader.ts';

/** Which alerts or incidents; every part that is given has to hold. */
export interface RecordFilter {
  tenant?: string;
  /** this severity or a higher one */
  severity?: Severity;
  /** those that reach into [since, until), ms since the epoch */
  since?: number;
  until?: number;
  detector?: string;
  limit?: number;
}

const ALERT_LIST = ALERT_COLUMNS.join(', ');
const INCIDENT_LIST = INCIDENT_COLUMNS.join(', ');

/** Newest first. */
export function listAlerts(reader: Reader, filter: RecordFilter = {}): Promise<AlertRecord[]> {
  const { where, params } = conditions(filter, { start: 'window.start', end: 'window.end', detector: 'detector = {detector:String}' });
  return reader.rows<AlertRecord>(
    `SELECT ${ALERT_LIST} FROM alerts ${where} ORDER BY window.end DESC, score DESC, alert_id ${limit(filter)}`,
    params,
  );
}

/** The worst first. */
export function listIncidents(reader: Reader, filter: RecordFilter = {}): Promise<IncidentRecord[]> {
  const { where, params } = conditions(filter, { start: 'started_at', end: 'ended_at', detector: 'has(detectors, {detector:String})' });
  return reader.rows<IncidentRecord>(
    `SELECT ${INCIDENT_LIST} FROM incidents ${where} ORDER BY severity DESC, score DESC, started_at DESC, incident_id ${limit(filter)}`,
    params,
  );
}

/** The alert whose id is or begins with `id`. @throws WeirError `usage` when there is none, or several. */
export async function findAlert(reader: Reader, id: string): Promise<AlertRecord> {
  return one(
    id,
    'alert',
    await reader.rows<AlertRecord>(`SELECT ${ALERT_LIST} FROM alerts WHERE startsWith(alert_id, {id:String}) LIMIT 3`, { id: checkId(id) }),
  );
}

/** The incident whose id is or begins with `id`. @throws WeirError `usage` when there is none, or several. */
export async function findIncident(reader: Reader, id: string): Promise<IncidentRecord> {
  return one(
    id,
    'incident',
    await reader.rows<IncidentRecord>(`SELECT ${INCIDENT_LIST} FROM incidents WHERE startsWith(incident_id, {id:String}) LIMIT 3`, {
      id: checkId(id),
    }),
  );
}

/** The alerts that an incident groups, the strongest first. */
export function alertsOf(reader: Reader, incident: IncidentRecord): Promise<AlertRecord[]> {
  return reader.rows<AlertRecord>(
    `SELECT ${ALERT_LIST} FROM alerts WHERE tenant = {tenant:String} AND (incident_id = {incident:String} OR has({ids:Array(String)}, alert_id)) ORDER BY score DESC, alert_id`,
    { tenant: incident.tenant, incident: incident.incident_id, ids: incident.alert_ids },
  );
}

/** Time zones of the tenants that runs have named. */
export async function tenantZones(reader: Reader): Promise<Map<string, string>> {
  const rows = await reader.rows<{ tenant: string; time_zone: string }>('SELECT tenant, time_zone FROM tenants');
  return new Map(rows.map(({ tenant, time_zone }) => [tenant, time_zone]));
}

/** How many records there are and the span of event time that they cover (empty: no span). */
export async function recordSpan(reader: Reader, table: 'alerts' | 'incidents'): Promise<{ count: number; from: string; to: string }> {
  const [from, to] = table === 'alerts' ? ['window.start', 'window.end'] : ['started_at', 'ended_at'];
  const [row] = await reader.rows<{ count: number; from: string; to: string }>(
    `SELECT count() AS count, min(${from}) AS from, max(${to}) AS to FROM ${table}`,
  );
  return row;
}

function conditions(filter: RecordFilter, names: { start: string; end: string; detector: string }): { where: string; params: Params } {
  const parts: string[] = [];
  const params: Params = {};
  if (filter.tenant !== undefined) {
    parts.push('tenant = {tenant:String}');
    params.tenant = filter.tenant;
  }
  if (filter.severity !== undefined) {
    parts.push('severity >= {severity:String}');
    params.severity = filter.severity;
  }
  if (filter.detector !== undefined) {
    parts.push(names.detector);
    params.detector = filter.detector;
  }
  if (filter.since !== undefined) {
    parts.push(`${names.end} > fromUnixTimestamp64Milli({since:Int64})`);
    params.since = filter.since;
  }
  if (filter.until !== undefined) {
    parts.push(`${names.start} < fromUnixTimestamp64Milli({until:Int64})`);
    params.until = filter.until;
  }
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, params };
}

function limit(filter: RecordFilter): string {
  return filter.limit === undefined ? '' : `LIMIT ${Math.trunc(filter.limit)}`;
}

function checkId(id: string): string {
  if (!/^[0-9a-f]{4,32}$/.test(id)) throw new WeirError('usage', `${id} is not an id: it takes 32 hex digits, or at least the first 4`);
  return id;
}

function one<T>(id: string, what: string, found: T[]): T {
  if (found.length === 1) return found[0];
  if (found.length === 0) throw new WeirError('usage', `no ${what} has an id that begins with ${id}; weir ${what}s lists them`);
  throw new WeirError('usage', `several ${what}s have ids that begin with ${id}: give more digits`);
}
