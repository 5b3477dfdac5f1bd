import { type Command, InvalidArgumentError, Option } from 'commander';
import { FORMATS, SourceConfig } from '../../schemas/config.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { WeirError } from '../core/errors.ts';
import type { DeadLetter, DeadReason, Emit } from '../core/stage.ts';
import { listTables } from '../ingest/addresses/address-list-loader.ts';
import { AddressLists } from '../ingest/addresses/address-lists.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { AddressData } from '../ingest/addresses/addresses.ts';
import type { RecordTrace } from '../ingest/records/record-trace.ts';
import { defaultConfig, loadConfig, tenantConfig } from './config.ts';
import { type EventFields, eventFields } from './event-fields.ts';
import { readLists } from './list-watch.ts';
import { existingKey, tenantKey } from './master-key.ts';
import { explain, renderExplained } from './parse-explain.ts';
import { renderSummary, summarise } from './parse-summary.ts';
import { readSample } from './read-sample.ts';
import { Sample } from './survey.ts';

interface Flags {
  config?: string;
  tenant?: string;
  format?: SourceConfig['format'];
  limit: number;
  explain?: boolean;
  json?: boolean;
}

/** Records that the summary of `--explain` is made of. */
const SUMMARY_RECORDS = 5000;

/** `weir parse`: what is read of each line. */
export function registerParse(program: Command): void {
  program
    .command('parse')
    .summary('what is read of each line of a log')
    .description(
      'Shows what the first lines of a log become: one JSON object an event, or with --explain what was found and what is missing. Nothing is stored.',
    )
    .argument('<file>', 'a log file, .gz accepted, - for standard input')
    .option('-t, --tenant <name>', 'whose log it is: its tags, roles and networks count')
    .addOption(new Option('-f, --format <name>', 'format of the log; left out, it is detected').choices(FORMATS))
    .option('-c, --config <file>', 'weir.yaml: the source that lists the file, or the only one of the tenant')
    .option('-n, --limit <n>', 'records shown', wholeNumber, 10)
    .option('--explain', 'for people: which name of the record gave which field, what is missing, and which detectors that makes blind')
    .option('--json', 'with --explain: one JSON document')
    .action(async (path: string, flags: Flags) => {
      const { config } = flags.config === undefined ? defaultConfig(process.cwd()) : loadConfig(flags.config);
      const { source, tenant } = sourceOf(path, config, flags);
      const addresses = new AddressData(await loadAddressTables({ csv: config.address_data?.csv }));
      const tables = listTables(await readLists(config, (text) => process.stderr.write(`${text}\n`)))[source.tenant] ?? [];
      const known = { addresses, lists: new AddressLists(tables) };
      const key = existingKey(config, 'path' in config.store ? config.store.path : process.cwd());
      const shown: RecordTrace[] = [];
      let count = 0;
      const seen = new Sample();
      const wanted = flags.explain === true ? Math.max(flags.limit, SUMMARY_RECORDS) : flags.limit;
      const trace = (one: RecordTrace): void => {
        if (count >= wanted) return;
        if (count++ < flags.limit) shown.push(one);
        seen.take(outcomeOf(one, source));
      };
      const read = await readSample(path, source, tenant, { ...known, trace }, tenantKey(key, source.tenant), () => count < wanted);
      const name = path === '-' ? 'standard input' : path;
      if (count === 0) throw new WeirError('nothing_parsed', `${name} has no records`);
      if (flags.explain !== true) await writeOut(shown.map((one) => `${JSON.stringify(plain(one, source, path))}\n`).join(''));
      else {
        const records = shown.map(explain);
        const summary = summarise({ path, ...read, ...seen.result() });
        if (flags.json === true) await writeOut(`${JSON.stringify({ ...summary, records }, null, 2)}\n`);
        else {
          const terminal = terminalOf(process.stdout);
          await writeOut(`format ${read.format} (${read.reason})\n`);
          for (const one of records) if (!(await writeOut(renderExplained(one, terminal)))) return;
          await writeOut(renderSummary(summary, terminal));
        }
      }
      if (shown.every(({ event }) => event === undefined))
        throw new WeirError('nothing_parsed', `none of the first ${shown.length} records of ${name} can be read as ${read.format}`);
    });
}

function sourceOf(path: string, config: ReturnType<typeof loadConfig>['config'], flags: Flags) {
  const sources = config.sources.filter((source) => flags.tenant === undefined || source.tenant === flags.tenant);
  const found = sources.find((source) => source.files?.includes(path)) ?? (sources.length === 1 ? sources[0] : undefined);
  const source = found ?? SourceConfig.parse({ name: 'log', tenant: flags.tenant ?? 'default', files: [path] });
  return { source: { ...source, format: flags.format ?? source.format }, tenant: tenantConfig(config, source.tenant) };
}

/** What became of a record, as a survey takes it. */
function outcomeOf({ event, ...one }: RecordTrace, { tenant }: SourceConfig): Emit[] {
  if (event !== undefined) return [{ output: 'events', tenant, partition: 0, value: event }];
  return [{ output: 'dead', tenant, value: [deadLetter(one, tenant, '', '')] }];
}

/** A record's event, or why it is none, on one line. */
function plain({ event, ...one }: RecordTrace, { tenant, name }: SourceConfig, path: string): EventFields | { dead: DeadLetter } {
  return event === undefined ? { dead: deadLetter(one, tenant, name, path) } : eventFields(event, 0);
}

function deadLetter(one: Omit<RecordTrace, 'event'>, tenant: string, source: string, partition: string): DeadLetter {
  const { offset, index, line, reason, detail, raw } = one;
  return {
    tenant,
    source,
    partition,
    offset,
    ...(index > 0 ? { index } : {}),
    line,
    reason: reason as DeadReason,
    detail: detail ?? '',
    raw,
  };
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a whole number above 0');
  return Number(text);
}
