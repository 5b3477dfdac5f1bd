import type { InventoryFact } from '../core/inventory.ts';
import type { LateEvent, ShadowScore } from '../core/stage.ts';
import type { StoredTable } from './columns.ts';
import { COLUMNS } from './columns.ts';

/** Insert settings, in the SQL because settings of a request stay on an embedded connection. */
const INSERT_SETTINGS = [
  'precise_float_parsing = 1',
  "date_time_input_format = 'best_effort'",
  'input_format_skip_unknown_fields = 0',
  'max_partitions_per_insert_block = 0',
  'async_insert = 0',
];

type Row = Readonly<Record<string, unknown>>;
const NOTHING: Row = {};

/** `INSERT … FORMAT JSONEachRow` for these columns of a table. @param settings further ones, `name = value` */
export function insertSql(table: StoredTable, columns: readonly string[], settings: readonly string[] = []): string {
  return `INSERT INTO ${table}_raw (${quoted(columns)}) SETTINGS ${[...INSERT_SETTINGS, ...settings].join(', ')} FORMAT JSONEachRow`;
}

/**
 * A row as JSONEachRow takes it: the given columns, those that the row lacks left out.
 * @param stamp columns that rows have in common; one that the row has itself stands
 */
export function rowText(row: Row, columns: readonly string[], stamp: Row = NOTHING): string {
  const picked: Record<string, unknown> = {};
  for (const column of columns) picked[column] = Object.hasOwn(row, column) ? row[column] : stamp[column];
  return wellFormed(JSON.stringify(picked));
}

/** Columns of a table that the caller gives; the database itself says when it stored the row. */
export function columnsWithoutTime(table: StoredTable): readonly string[] {
  return COLUMNS[table].filter((column) => column !== 'stored_at');
}

export function quoted(columns: readonly string[]): string {
  return columns.map((column) => `\`${column}\``).join(', ');
}

/** Time as the tables take it. @param ms since the epoch */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function lateRow(event: LateEvent): Record<string, unknown> {
  return { ...event, at: iso(event.at) };
}

export function shadowRow(tenant: string, score: ShadowScore): Record<string, unknown> {
  return {
    tenant,
    detector: score.detector,
    entity_kind: score.entity.kind,
    entity_id: score.entity.id,
    start: iso(score.start),
    end: iso(score.end),
    champion: score.champion,
    challenger: score.challenger,
    champion_evidence: score.championEvidence,
    challenger_evidence: score.challengerEvidence,
  };
}

/** Rows of what was seen of an interface: one for its requests, one for each type and form of sensitive data in them. */
export function inventoryRows(tenant: string, fact: InventoryFact): Record<string, unknown>[] {
  const key = { tenant, interface: fact.interface, hour: iso(fact.hour) };
  return [
    { ...key, type: '', masked: false, mask: '', origins: fact.origins, classes: fact.classes, hashes: fact.callers },
    ...fact.sensitive.map(({ type, masked, shape, hashes }) => ({ ...key, type, masked, mask: shape, origins: 0, classes: 0, hashes })),
  ];
}

/** JSON.stringify writes lone surrogates as \udXXX, which the database refuses; they become U+FFFD. */
function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json;
  return json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\\ufffd');
}
