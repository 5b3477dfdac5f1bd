import { type Command, InvalidArgumentError, Option } from 'commander';
import { FORMATS, SourceConfig } from '../../schemas/config.ts';
import { renderFields } from '../console/fields.ts';
import { type Terminal, terminalOf, writeOut } from '../console/output.ts';
import { WeirError } from '../core/errors.ts';
import type { DeadLetter, Emit } from '../core/stage.ts';
import { listTables } from '../ingest/address-list-loader.ts';
import { AddressLists } from '../ingest/address-lists.ts';
import { loadAddressTables } from '../ingest/address-loader.ts';
import { AddressData } from '../ingest/addresses.ts';
import { defaultConfig, loadConfig, tenantConfig } from './config.ts';
import { eventFields } from './event-fields.ts';
import { readLists } from './list-watch.ts';
import { existingKey, tenantKey } from './master-key.ts';
import { readSample } from './read-sample.ts';

interface Flags {
  config?: string;
  tenant?: string;
  format?: SourceConfig['format'];
  limit: number;
  explain?: boolean;
}

/** Fields that an event should have; what is missing of them is said. */
const EXPECTED = ['account', 'address', 'country', 'asn', 'status', 'duration', 'bytesOut', 'target', 'object', 'device'];

type Parsed = { fields: ReturnType<typeof eventFields> } | { dead: DeadLetter };

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
    .option('--explain', 'for people: fields found, fields missing')
    .action(async (path: string, flags: Flags) => {
      const { config } = flags.config === undefined ? defaultConfig(process.cwd()) : loadConfig(flags.config);
      const { source, tenant } = sourceOf(path, config, flags);
      const addresses = new AddressData(await loadAddressTables({ csv: config.address_data?.csv }));
      const tables = listTables(await readLists(config, (text) => process.stderr.write(`${text}\n`)))[source.tenant] ?? [];
      const known = { addresses, lists: new AddressLists(tables) };
      const key = existingKey(config, 'path' in config.store ? config.store.path : process.cwd());
      const parsed: Parsed[] = [];
      const read = await readSample(path, source, tenant, known, tenantKey(key, source.tenant), (emits) => {
        gather(emits, parsed);
        return parsed.length < flags.limit;
      });
      if (parsed.length === 0) throw new WeirError('nothing_parsed', `${path === '-' ? 'standard input' : path} has no records`);
      const shown = parsed.slice(0, flags.limit);
      if (flags.explain === true) {
        await writeOut(`format ${read.format} (${read.reason})\n`);
        for (const one of shown) if (!(await writeOut(explained(one, terminalOf(process.stdout))))) return;
      } else await writeOut(shown.map((one) => `${JSON.stringify('fields' in one ? one.fields : one)}\n`).join(''));
      if (shown.every((one) => 'dead' in one))
        throw new WeirError(
          'nothing_parsed',
          `none of the first ${shown.length} records of ${path === '-' ? 'standard input' : path} can be read as ${read.format}`,
        );
    });
}

function sourceOf(path: string, config: ReturnType<typeof loadConfig>['config'], flags: Flags) {
  const sources = config.sources.filter((source) => flags.tenant === undefined || source.tenant === flags.tenant);
  const found = sources.find((source) => source.files?.includes(path)) ?? (sources.length === 1 ? sources[0] : undefined);
  const source = found ?? SourceConfig.parse({ name: 'log', tenant: flags.tenant ?? 'default', files: [path] });
  return { source: { ...source, format: flags.format ?? source.format }, tenant: tenantConfig(config, source.tenant) };
}

/** Events and dead letters in the order of the log. */
function gather(emits: readonly Emit[], into: Parsed[]): void {
  const found: Parsed[] = [];
  for (const emit of emits) {
    if (emit.output === 'events') for (let row = 0; row < emit.value.n; row++) found.push({ fields: eventFields(emit.value, row) });
    if (emit.output === 'dead') found.push(...emit.value.map((dead) => ({ dead })));
  }
  const offset = (one: Parsed): number => ('fields' in one ? Number(one.fields.offset) : one.dead.offset);
  into.push(...found.sort((a, b) => offset(a) - offset(b)));
}

function explained(one: Parsed, { style }: Terminal): string {
  if ('dead' in one) {
    const { line, offset, reason, detail, raw } = one.dead;
    return `\n${style.red(reason)}  line ${line}, byte ${offset}: ${detail}\n${renderFields([['record', raw.slice(0, 200)]], style)}`;
  }
  const { fields } = one;
  const shown = Object.entries(fields).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)] as const);
  const flow = Array.isArray(fields.flags) && fields.flags.includes('flow');
  const anonymous = Array.isArray(fields.flags) && fields.flags.includes('anonymous');
  const missing = flow ? [] : EXPECTED.filter((name) => fields[name] === undefined || (name === 'account' && anonymous));
  const rows = missing.length === 0 ? shown : [...shown, ['missing', missing.join(', ')] as const];
  return `\n${renderFields(rows, style)}`;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a whole number above 0');
  return Number(text);
}
