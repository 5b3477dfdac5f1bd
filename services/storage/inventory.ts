import { IDENTITY_ORIGINS } from '../core/batch.ts';
import { CALLER_SAMPLE, DATA_SAMPLE, STATUS_CLASSES } from '../core/inventory.ts';
import type { Params } from './connection.ts';
import type { Reader } from './reader.ts';

/** From when to when a tenant's interfaces were seen, ms. */
export interface TenantSpan {
  tenant: string;
  first: number;
  last: number;
}

/** Which part of what is stored is counted; states look at all of it. ms; `lately`: from when on something is of late. */
export interface InventorySpan {
  since: number;
  until: number;
  lately: number;
}

/** What is stored of one interface id, as normalise made it: counts of the hour panes (exact), and what normalise saw. */
export interface StoredInterface {
  interface: string;
  first: number;
  last: number;
  /** days since 1970, UTC, on which it was called, ascending */
  days: number[];
  /** hours in which it was called */
  hours: number;
  /** accounts in its busiest hour */
  most_callers: number;
  /** requests that were answered (2xx, 3xx; refused logins too), ever */
  answered: number;
  /** of the span */
  requests: number;
  refused: number;
  missing: number;
  client_errors: number;
  server_errors: number;
  anonymous: number;
  anonymous_ok: number;
  bytes_out: number;
  /** hours of the span in which it was called */
  span_hours: number;
  /** requests and bytes of late, and before */
  late: { requests: number; bytes: number; server_errors: number; anonymous_ok: number };
  before: { requests: number; bytes: number; server_errors: number; anonymous_ok: number };
}

/** What normalise saw of one interface. */
export interface StoredFacts {
  interface: string;
  /** names of IDENTITY_ORIGINS */
  origins: string[];
  origins_before: string[];
  /** names of STATUS_CLASSES */
  answers: string[];
  answers_before: string[];
  /** smallest hashes of callers */
  callers: number[];
}

/** Sensitive data of one type and form. */
export interface StoredData {
  interface: string;
  type: string;
  masked: boolean;
  mask: string;
  /** smallest hashes of the data */
  hashes: number[];
  first: number;
  last: number;
}

/** Tenants that have interfaces, with the time that they cover. */
export function inventorySpans(reader: Reader, tenant?: string): Promise<TenantSpan[]> {
  return reader.rows<TenantSpan>(
    `SELECT tenant, ${ms('min(start)')} AS first, ${ms('max(end)')} AS last FROM interface_windows
     ${tenant === undefined ? '' : 'WHERE tenant = {tenant:String}'} GROUP BY tenant ORDER BY tenant`,
    tenant === undefined ? {} : { tenant },
  );
}

/** What the hour panes of a tenant's interfaces hold. @param flows services of network flows instead of interfaces */
export function storedInterfaces(reader: Reader, tenant: string, span: InventorySpan, flows: boolean): Promise<StoredInterface[]> {
  const counted = ['requests', 'refused', 'missing', 'client_errors', 'server_errors', 'anonymous', 'anonymous_ok', 'bytes_out'];
  const inSpan = 'end > fromUnixTimestamp64Milli({since:Int64}) AND start < fromUnixTimestamp64Milli({until:Int64})';
  const late = 'start >= fromUnixTimestamp64Milli({lately:Int64})';
  const part = (when: string) =>
    `tuple(sumIf(w.requests, ${when}), sumIf(w.bytes_out, ${when}), sumIf(w.server_errors, ${when}), sumIf(w.anonymous_ok, ${when}))::Tuple(requests Float64, bytes Float64, server_errors Float64, anonymous_ok Float64)`;
  return reader.rows<StoredInterface>(
    `SELECT key AS interface, ${ms('min(start)')} AS first, ${ms('max(end)')} AS last,
       arraySort(groupUniqArray(toUInt32(toDate(start)))) AS days, uniqExact(start) AS hours, max(w.callers) AS most_callers,
       sum(w.requests - w.refused - w.missing - w.client_errors - w.server_errors) AS answered,
       ${counted.map((name) => `sumIf(w.${name}, ${inSpan}) AS ${name}`).join(', ')},
       uniqExactIf(start, ${inSpan}) AS span_hours, ${part(late)} AS late, ${part(`NOT (${late})`)} AS before
     FROM interface_windows AS w WHERE tenant = {tenant:String} AND ${flows ? 'NOT ' : ''}match(key, '^[A-Z]')
     GROUP BY key ORDER BY key`,
    { ...paramsOf(tenant, span) },
  );
}

/** What normalise saw of a tenant's interfaces. */
export function storedFacts(reader: Reader, tenant: string, { lately }: Pick<InventorySpan, 'lately'>): Promise<StoredFacts[]> {
  const before = 'hour < fromUnixTimestamp64Milli({lately:Int64})';
  return reader.rows<StoredFacts>(
    `SELECT interface, ${bits('groupBitOr(r.origins)', IDENTITY_ORIGINS)} AS origins, ${bits(`groupBitOrIf(r.origins, ${before})`, IDENTITY_ORIGINS)} AS origins_before,
       ${bits('groupBitOr(r.classes)', STATUS_CLASSES)} AS answers, ${bits(`groupBitOrIf(r.classes, ${before})`, STATUS_CLASSES)} AS answers_before,
       arraySlice(arraySort(groupUniqArrayArray(r.hashes)), 1, ${CALLER_SAMPLE}) AS callers
     FROM inventory_facts_raw AS r WHERE tenant = {tenant:String} AND type = '' GROUP BY interface ORDER BY interface`,
    { tenant, lately },
  );
}

/** Sensitive data in requests to a tenant's interfaces. */
export function storedData(reader: Reader, tenant: string): Promise<StoredData[]> {
  return reader.rows<StoredData>(
    `SELECT interface, type, masked, mask, arraySlice(arraySort(groupUniqArrayArray(r.hashes)), 1, ${DATA_SAMPLE}) AS hashes,
       ${ms('min(hour)')} AS first, ${ms('max(hour)')} + 3600000 AS last
     FROM inventory_facts_raw AS r WHERE tenant = {tenant:String} AND type != '' GROUP BY interface, type, masked, mask
     ORDER BY interface, type, masked, mask`,
    { tenant },
  );
}

function ms(time: string): string {
  return `toUnixTimestamp64Milli(${time})`;
}

function bits(value: string, names: readonly string[]): string {
  return `arrayMap(bit -> [${names.map((name) => `'${name}'`).join(', ')}][bit + 1], bitPositionsToArray(${value}))`;
}

function paramsOf(tenant: string, span: InventorySpan): Params {
  return { tenant, ...span };
}
