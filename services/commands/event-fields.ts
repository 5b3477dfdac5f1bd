import { type EventBatch, FLAG, heapString, IDENTITY_ORIGINS } from '../core/batch.ts';

export type EventFields = Record<string, string | number | string[]>;

/** An event as people read it: only what its record said. Targets, objects and sessions are hashes here as everywhere. */
export function eventFields(batch: EventBatch, row: number): EventFields {
  const { columns, heap } = batch;
  const fields: EventFields = { at: new Date(columns.at[row]).toISOString() };
  const text = (name: 'account' | 'interface' | 'address' | 'target' | 'session'): void => {
    const value = heapString(heap, columns[name][row]);
    if (value !== '') fields[name] = value;
  };
  const number = (name: string, value: number): void => {
    if (value !== 0) fields[name] = value;
  };
  const hash = (name: string, value: number): void => {
    if (value !== 0) fields[name] = value.toString(16).padStart(8, '0');
  };
  text('interface');
  text('account');
  fields.origin = IDENTITY_ORIGINS[columns.origin[row]];
  text('address');
  if (columns.country[row] !== 0) fields.country = letters(columns.country[row]);
  number('asn', columns.asn[row]);
  if (columns.peerCountry[row] !== 0) fields.peerCountry = letters(columns.peerCountry[row]);
  number('status', columns.status[row]);
  number('duration', columns.duration[row]);
  number('bytesIn', columns.bytesIn[row]);
  number('bytesOut', columns.bytesOut[row]);
  number('records', columns.records[row]);
  text('target');
  text('session');
  hash('object', columns.object[row]);
  if (columns.objectNumber[row] >= 0) fields.objectNumber = columns.objectNumber[row];
  hash('path', columns.path[row]);
  hash('device', columns.device[row]);
  const flags = Object.entries(FLAG).flatMap(([name, bit]) => ((columns.flags[row] & bit) !== 0 ? [name] : []));
  if (flags.length > 0) fields.flags = flags;
  fields.offset = columns.offset[row];
  return fields;
}

function letters(packed: number): string {
  return String.fromCharCode(packed >> 8, packed & 0xff);
}
