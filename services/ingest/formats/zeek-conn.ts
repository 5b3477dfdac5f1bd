import { type FieldName, type JsonFormat, SLOT } from '../fields.ts';

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

/** Zeek conn.log as JSON; complete at ts + duration. */
export const zeekConn: JsonFormat = { kind: 'json', startFirst: true, fields: ZEEK_FIELDS, identity: [], targets: [], flows: true };

/** Columns of a conn.log whose header was not seen (Zeek 3 and later, without extensions). */
export const DEFAULT_COLUMNS = [
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

const decoder = new TextDecoder();

/** What a conn.log's comment lines said: kept per input, since reading may go on in the middle of a file. */
export class ZeekHeader {
  separator = 0x09;
  unset = '-';
  empty = '(empty)';
  columns: readonly string[] = DEFAULT_COLUMNS;
  /** slot of each column, -1 unused */
  slots = slotsOf(DEFAULT_COLUMNS);
  /** a #fields line was read since the beginning, or since `forget` */
  named = false;

  /** Back to what holds without a header. */
  forget(): void {
    this.separator = 0x09;
    this.unset = '-';
    this.empty = '(empty)';
    if (this.named) this.setColumns(DEFAULT_COLUMNS);
    this.named = false;
  }

  /** Takes a comment line, bytes[start, end) without its line feed. */
  read(bytes: Uint8Array, start: number, end: number): void {
    const line = decoder.decode(bytes.subarray(start, end));
    if (line.startsWith('#separator ')) {
      const text = line.slice('#separator '.length).trim();
      const hex = /^\\x([0-9a-fA-F]{2})$/.exec(text);
      this.separator = hex ? Number.parseInt(hex[1], 16) : text.charCodeAt(0) || 0x09;
      return;
    }
    const parts = line.split(String.fromCharCode(this.separator));
    if (parts[0] === '#fields' && parts.length > 1) {
      this.setColumns(parts.slice(1));
      this.named = true;
    }
    if (parts[0] === '#unset_field' && parts.length > 1) this.unset = parts[1];
    if (parts[0] === '#empty_field' && parts.length > 1) this.empty = parts[1];
  }

  setColumns(columns: readonly string[]): void {
    this.columns = columns;
    this.slots = slotsOf(columns);
  }
}

function slotsOf(columns: readonly string[]): Int16Array {
  const byName = new Map<string, number>();
  for (const [field, names] of Object.entries(ZEEK_FIELDS)) for (const name of names) byName.set(name, SLOT[field as FieldName]);
  return Int16Array.from(columns, (column) => byName.get(column) ?? -1);
}
