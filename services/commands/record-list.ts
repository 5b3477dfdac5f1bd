import { type Command, InvalidArgumentError, Option } from 'commander';
import { SEVERITIES, type Severity } from '../../schemas/alert.ts';
import { writeOut } from '../console/output.ts';
import { formatTime, parseTimeOption, TIME_SYNTAX } from '../console/times.ts';
import { openReader } from '../storage/open-reader.ts';
import type { Reader } from '../storage/reader.ts';
import { type RecordFilter, recordSpan, tenantZones } from '../storage/records.ts';
import { loadConfig } from './config.ts';
import { storeConfigOf } from './store-config.ts';

export const DEFAULT_DATA_FOLDER = './weir-data';

/** Options of `weir alerts`, `weir incidents` and their `show`. */
export interface RecordOptions extends StoreChoice {
  tenant?: string;
  severity?: Severity;
  since?: string;
  until?: string;
  detector?: string;
  limit?: number;
  json?: boolean;
  utc?: boolean;
}

/** Rows of a table when --limit is not given; NDJSON has no limit then. */
const TABLE_ROWS = 50;

export function addDataOption(command: Command): Command {
  return command.option('--data <dir>', 'data folder', DEFAULT_DATA_FOLDER);
}

/** Where a command reads: a data folder, or the store that a config names. */
export interface StoreChoice {
  data: string;
  config?: string;
}

/** For commands that only read the store. */
export function addStoreOptions(command: Command): Command {
  return addDataOption(command).addOption(
    new Option('-c, --config <file>', 'weir.yaml with the store to read, a ClickHouse server too').conflicts('data'),
  );
}

export function addListOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--tenant <name>', 'of this tenant only')
    .addOption(new Option('--severity <level>', `of this severity or higher (${SEVERITIES.join(', ')})`).choices(SEVERITIES))
    .option('--since <time>', `that reach past this time (${TIME_SYNTAX})`)
    .option('--until <time>', 'that begin before this time')
    .option('--detector <name>', 'of this detector only')
    .option('--limit <n>', `at most so many (tables: ${TABLE_ROWS} unless given)`, countOption)
    .option('--json', 'records as NDJSON, one a line')
    .option('--utc', "times in UTC instead of the tenant's zone");
}

export function addShowOptions(command: Command): Command {
  return addStoreOptions(command).option('--json', 'the record as JSON').option('--utc', "times in UTC instead of the tenant's zone");
}

/** Parses an option that takes a count. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('it takes a whole number above 0.');
  return Number(text);
}

/** Opens the store to read, runs the body, closes it whatever happens. */
export async function withReader<T>({ data, config }: StoreChoice, body: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = await openReader(config === undefined ? data : storeConfigOf(loadConfig(config).config.store));
  try {
    return await body(reader);
  } finally {
    await reader.close();
  }
}

/** Which zone the times of a tenant are shown in. */
export interface Zones {
  of(tenant: string): string;
  /** the one zone of everything that is listed; UTC when there are several */
  common: string;
}

export async function zonesOf(reader: Reader, options: RecordOptions): Promise<Zones> {
  if (options.utc) return { of: () => 'UTC', common: 'UTC' };
  const known = await tenantZones(reader);
  const of = (tenant: string) => known.get(tenant) ?? 'UTC';
  const concerned = options.tenant === undefined ? [...new Set(known.values())] : [of(options.tenant)];
  return { of, common: concerned.length === 1 ? concerned[0] : 'UTC' };
}

/** The filter that the options describe. Times without an offset are in the zone that the table shows. */
export function filterOf(options: RecordOptions, zones: Zones, now: number): RecordFilter {
  const time = (name: 'since' | 'until') =>
    options[name] === undefined ? undefined : parseTimeOption(options[name], `--${name}`, { now, zone: zones.common });
  return {
    tenant: options.tenant,
    severity: options.severity,
    detector: options.detector,
    since: time('since'),
    until: time('until'),
    limit: options.limit ?? (options.json ? undefined : TABLE_ROWS),
  };
}

/** Records as NDJSON on stdout. */
export async function writeRecords(records: readonly object[]): Promise<void> {
  for (const record of records) if (!(await writeOut(`${JSON.stringify(record)}\n`))) return;
}

/** What follows a list on stderr: why it is empty, or that it was cut. */
export async function remark(
  reader: Reader,
  table: 'alerts' | 'incidents',
  shown: number,
  filter: RecordFilter,
  zone: string,
): Promise<void> {
  if (shown > 0 && shown !== filter.limit) return;
  const { count: all, from, to } = await recordSpan(reader, table);
  if (shown > 0) {
    if (all > shown) process.stderr.write(`${shown} shown; --limit shows more, the store holds ${all} in all\n`);
    return;
  }
  if (all === 0) process.stderr.write(`no ${table} in this store\n`);
  else
    process.stderr.write(
      `no ${table} match; the store holds ${all}, from ${formatTime(from, zone)} to ${formatTime(to, zone)} (${zone})\n`,
    );
}
