import type { FieldName } from '../fields.ts';
import type { JsonFormat } from '../format.ts';
import { columnSyntax } from '../records/columns.ts';

/** Zeek's names of a connection record. */
const ZEEK_FIELDS: Partial<Record<FieldName, readonly string[]>> = {
  start: ['ts'],
  duration: ['duration'],
  address: ['id.orig_h'],
  port: ['id.orig_p'],
  peer_address: ['id.resp_h'],
  peer_port: ['id.resp_p'],
  protocol: ['proto'],
  state: ['conn_state'],
  bytes_in: ['orig_bytes'],
  bytes_out: ['resp_bytes'],
  local_source: ['local_orig'],
  local_peer: ['local_resp'],
};

/** Columns of a conn.log whose header was not seen (Zeek 3 and later, without extensions). */
const DEFAULT_COLUMNS = [
  'ts',
  'uid',
  'id.orig_h',
  'id.orig_p',
  'id.resp_h',
  'id.resp_p',
  'proto',
  'service',
  'duration',
  'orig_bytes',
  'resp_bytes',
  'conn_state',
  'local_orig',
  'local_resp',
  'missed_bytes',
  'history',
  'orig_pkts',
  'orig_ip_bytes',
  'resp_pkts',
  'resp_ip_bytes',
  'tunnel_parents',
] as const;

/** How late Zeek writes long connections, even by their end. */
const HOUR = 3_600_000;

/** Zeek conn.log as JSON or in columns; complete at ts + duration. */
export const zeekConn: JsonFormat = {
  kind: 'json',
  startFirst: true,
  fields: ZEEK_FIELDS,
  identity: [],
  targets: [],
  flows: true,
  select: { field: ['_path'], flows: ['conn'], absent: 'flow', what: 'log' },
  lateness: HOUR,
  syntax: () =>
    columnSyntax({
      columns: DEFAULT_COLUMNS,
      separator: 0x09,
      header: 'zeek',
      grows: true,
      headlessAdvice:
        "columns without a #fields line in the same record: nothing says what they are; have Zeek write JSON ('redef LogAscii::use_json = T;')",
    }),
  mark: ({ has, text }) => (has(/"conn_state"\s*:|"_path"\s*:\s*"conn"/) || /^#path\tconn$|^#fields\t.*\tconn_state/m.test(text) ? 1 : 0),
};
