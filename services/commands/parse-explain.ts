import type { Terminal } from '../console/output.ts';
import { plainText } from '../console/plain-text.ts';
import { renderTable } from '../console/table.ts';
import { FLAG, type IDENTITY_ORIGINS } from '../core/batch.ts';
import type { FieldName } from '../ingest/fields.ts';
import type { RecordTrace } from '../ingest/records/record-trace.ts';
import { CONFIDENCE } from '../scoring/account-keeper.ts';
import { EXPECTED_FIELDS } from './coverage.ts';
import { type EventFields, eventFields } from './event-fields.ts';

/** One field of an event: its value, and where the record says it. */
export interface ExplainedField {
  field: string;
  value: string;
  from: string;
}

/** What was read of one record. */
export interface Explained {
  line: number;
  offset: number;
  index: number;
  raw: string;
  fields: ExplainedField[];
  /** fields that a request should have and this one lacks */
  missing: string[];
  dead?: { reason: string; detail: string };
}

/** Fields whose want is said of each request. Only of a whole log can one tell that it has no paths. */
const EXPECTED = EXPECTED_FIELDS.filter((field) => field !== 'path');

type Found = RecordTrace['found'];

/** Which names of a record gave which field of its event. */
export function explain(trace: RecordTrace): Explained {
  const { line, offset, index, raw, event, found } = trace;
  const base = { line, offset, index, raw };
  if (event === undefined) {
    const seen = (Object.keys(found) as FieldName[]).map((name) => ({
      field: name,
      value: found[name]?.value ?? '',
      from: found[name]?.name ?? '',
    }));
    return { ...base, fields: seen, missing: [], dead: { reason: trace.reason ?? '', detail: trace.detail ?? '' } };
  }
  const fields = eventFields(event, 0);
  const flags = event.columns.flags[0];
  const sources = origins(trace, fields, (flags & FLAG.flow) !== 0);
  const rows = Object.entries(fields)
    .filter(([name]) => name !== 'origin' && name !== 'offset')
    .map(([name, value]) => ({ field: name === 'at' ? 'time' : name, value: shown(name, value, found), from: sources[name] ?? '' }));
  const isMissing = (name: string): boolean => fields[name] === undefined || (name === 'account' && (flags & FLAG.anonymous) !== 0);
  return { ...base, fields: rows, missing: (flags & FLAG.flow) !== 0 ? [] : EXPECTED.filter(isMissing) };
}

function shown(name: string, value: EventFields[string], found: Found): string {
  if (name === 'device' && found.agent !== undefined) return found.agent.value;
  if (name === 'path') return found.path?.value ?? found.request?.value ?? String(value);
  if (name === 'duration') return `${value} ms`;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** Where each field of an event comes from. */
function origins(trace: RecordTrace, fields: EventFields, isFlow: boolean): Record<string, string> {
  const { found, byStart } = trace;
  const names = (...wanted: FieldName[]): string => wanted.flatMap((field) => found[field]?.name ?? []).join(', ');
  const took = found.duration_ms ?? found.duration ?? found.duration_us ?? found.duration_ns;
  const duration = took?.name ?? (found.start === undefined ? '' : `${found.time?.name} - ${found.start.name}`);
  const sampled = found.sampling === undefined ? '' : ` x ${found.sampling.name}`;
  return {
    at: byStart ? [found.start?.name, took?.name].filter((name) => name !== undefined).join(' + ') : names('time'),
    duration,
    account: accountFrom(trace, fields, isFlow),
    address: addressFrom(found, String(fields.address ?? '')),
    country: 'address data',
    asn: 'address data',
    peerCountry: 'address data',
    interface: isFlow ? names('protocol', 'peer_address', 'peer_port') : names('method', 'host', 'path') || names('request', 'host'),
    status: names('status'),
    bytesIn: names('bytes_in') + sampled,
    bytesOut: names('bytes_out') + sampled,
    records: names('records'),
    target: trace.target ?? '',
    session: trace.session ?? '',
    object: isFlow ? names('peer_address') : 'ids in path and query',
    objectNumber: isFlow ? names('peer_port') : 'the last of these',
    path: isFlow ? names('peer_address', 'peer_port') : names('path') || names('request'),
    device: names('agent'),
  };
}

function accountFrom(trace: RecordTrace, fields: EventFields, isFlow: boolean): string {
  const origin = String(fields.origin) as (typeof IDENTITY_ORIGINS)[number];
  const sure = `confidence ${CONFIDENCE[origin]}`;
  if (isFlow) return `the host that opens the connection (${sure})`;
  return trace.account === undefined ? `nobody is named: the address stands in (${sure})` : `${trace.account} (${origin}, ${sure})`;
}

/** Reports of a client's address besides the peer. */
const REPORTS = ['forwarded', 'forwarded_header', 'x_real_ip', 'cf_connecting_ip', 'true_client_ip', 'proxy_protocol_addr'] as const;

function addressFrom(found: Found, address: string): string {
  const peer = found.address;
  const report = REPORTS.find((name) => found[name]?.value.includes(address));
  if (peer?.value.includes(address) || report === undefined) return peer === undefined ? '' : `${peer.name} (the peer)`;
  return `${found[report]?.name} (reported by the proxy ${peer?.value ?? 'in front'})`;
}

/** A record and its fields, for people. */
export function renderExplained({ line, offset, raw, fields, missing, dead }: Explained, { style, width }: Terminal): string {
  const place = line > 0 ? `line ${line}, byte ${offset}` : `byte ${offset}`;
  const head = dead === undefined ? style.bold(place) : `${style.red(dead.reason)}  ${place}: ${plainText(dead.detail)}`;
  const rows = fields.map(({ field, value, from }) => [field, value, from]);
  if (missing.length > 0) rows.push(['missing', missing.join(', '), '']);
  const table = renderTable([{ title: 'field' }, { title: 'value', shrinkTo: 24 }, { title: 'from', shrinkTo: 16 }], rows, {
    style,
    width,
    indent: '  ',
  });
  const text = plainText(raw);
  const most = Math.max(40, (width ?? 202) - 2);
  return `\n${head}\n  ${style.dim(text.length > most ? `${text.slice(0, most - 1)}…` : text)}\n${rows.length === 0 ? '' : table}`;
}
