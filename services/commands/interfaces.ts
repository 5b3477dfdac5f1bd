import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../../schemas/config.ts';
import { INTERFACE_STATES, type InterfaceFinding, type InterfaceRecord, type InterfaceState } from '../../schemas/interface.ts';
import { renderFindings, renderInterface, renderInterfaces } from '../console/interface-view.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { formatNumber } from '../console/table.ts';
import { formatTime } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import { DAY } from '../core/watermark.ts';
import { inventorySpans, storedData, storedFacts, storedInterfaces, type TenantSpan } from '../storage/inventory.ts';
import type { Reader } from '../storage/reader.ts';
import { globalOptions } from './global-options.ts';
import { documentsOf } from './interfaces-documents.ts';
import { findingsOf, withFindings } from './interfaces-findings.ts';
import { inventoryOf } from './interfaces-inventory.ts';
import { LATELY } from './interfaces-states.ts';
import { addStoreOptions, countOption, filterOf, type RecordOptions, withReader, writeRecords, zonesOf } from './record-list.ts';

const INACTIVE_AFTER = '14d';
/** Rows of a table when --limit is not given. */
const TABLE_ROWS = 200;
/** Interfaces that an unclear name is said to fit. */
const MOST_NAMED = 8;

const EXAMPLES = `
Examples:
  weir interfaces                                  what is called, by whom, how it answers, what it carries
  weir interfaces --tenant shop --state zombie     old versions and what came back
  weir interfaces --findings                       sensitive data in clear or masked differently, doors left open
  weir interfaces show "GET shop.example/api/v1/orders/{id}"
  weir interfaces show orders/{id}                 a part of its name is enough
  weir interfaces --config weir.yaml               with the OpenAPI documents of its tenants: shadow and orphan
  weir interfaces --json | jq .interface           every interface record, one a line`;

interface InterfaceOptions extends RecordOptions {
  state?: InterfaceState;
  all?: boolean;
  flows?: boolean;
  findings?: boolean;
  inactiveAfter: number;
}

export function registerInterfaces(program: Command): void {
  const interfaces = addStoreOptions(program.command('interfaces'))
    .summary('the inventory of interfaces: who calls them, how they answer, what they carry')
    .description(
      'Lists every interface that was seen, with its callers, answers, authentication and sensitive data, and whether it is new, changed, inactive, or should not be there.',
    )
    .option('--tenant <name>', 'of this tenant only')
    .addOption(new Option('--state <state>', `in this state (${INTERFACE_STATES.join(', ')})`).choices(INTERFACE_STATES))
    .option('--since <time>', 'called past this time; counts are those since then')
    .option('--until <time>', 'called before this time; counts are those before')
    .addOption(
      new Option('--inactive-after <duration>', 'without a request for so long an interface is inactive')
        .default(INACTIVE_AFTER)
        .argParser(duration),
    )
    .option('--all', 'those too that only one caller asked for, or that never answered')
    .option('--flows', 'services of network flows instead of interfaces')
    .option('--findings', 'what is to be looked at, instead of the interfaces')
    .option('--limit <n>', `at most so many (tables: ${TABLE_ROWS} unless given)`, countOption)
    .option('--json', 'records as NDJSON, one a line (schemas/interface.schema.json)')
    .option('--utc', "times in UTC instead of the tenant's zone")
    .addHelpText('after', EXAMPLES)
    .action((options: InterfaceOptions, command: Command) => list(options, globalOptions(command).quiet));
  interfaces
    .command('show <id>')
    .description('One interface with all that is known of it. A part of its name is enough, where only one has it.')
    .action((id: string, _: object, command: Command) => show(id, command.optsWithGlobals<InterfaceOptions>()));
}

function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms < DAY) throw new InvalidArgumentError('it takes a day or more, as in 14d.');
  return ms;
}

/** What the store holds of the interfaces that the options ask for. */
interface Found {
  records: InterfaceRecord[];
  findings: InterfaceFinding[];
  unproven: number;
  left: number;
  spans: TenantSpan[];
}

async function read(reader: Reader, options: InterfaceOptions, zones: Awaited<ReturnType<typeof zonesOf>>): Promise<Found> {
  const { since, until } = filterOf(options, zones, Date.now());
  const inactiveAfter = typeof options.inactiveAfter === 'number' ? options.inactiveAfter : (durationMs(INACTIVE_AFTER) as number);
  const documents = await documentsOf(options.config);
  const spans = await inventorySpans(reader, options.tenant);
  const found: Found = { records: [], findings: [], unproven: 0, left: 0, spans };
  const kind = options.flows ? 'flow' : 'request';
  for (const span of spans) {
    const counted = { since: since ?? 0, until: until ?? Number.MAX_SAFE_INTEGER, lately: span.last - LATELY };
    const inventory = inventoryOf({
      span,
      counted,
      kind,
      interfaces: await storedInterfaces(reader, span.tenant, counted, kind === 'flow'),
      facts: await storedFacts(reader, span.tenant, counted),
      data: await storedData(reader, span.tenant),
      documents: documents.get(span.tenant),
      inactiveAfter,
      all: options.all === true,
    });
    found.records.push(...inventory.records);
    found.unproven += inventory.unproven;
    found.left += inventory.left;
  }
  found.findings = findingsOf(found.records);
  found.records = withFindings(found.records, found.findings).filter(
    (record) => (since === undefined && until === undefined) || record.requests > 0,
  );
  return found;
}

async function list(options: InterfaceOptions, quiet: boolean): Promise<void> {
  await withReader(options, async (reader) => {
    const zones = await zonesOf(reader, options);
    const found = await read(reader, options, zones);
    const { state } = options;
    const limit = options.limit ?? (options.json ? undefined : TABLE_ROWS);
    const records = found.records.filter((record) => state === undefined || record.states.includes(state));
    const chosen = options.findings ? found.findings : records;
    const shown = chosen.slice(0, limit);
    if (options.json) await writeRecords(shown);
    else if (shown.length > 0) {
      const view = { ...terminalOf(process.stdout), zone: zones.common };
      await writeOut(
        options.findings ? renderFindings(shown as InterfaceFinding[], view) : renderInterfaces(shown as InterfaceRecord[], view),
      );
    }
    if (!quiet && !options.json) process.stderr.write(remarks(found, shown.length, chosen.length, options, zones.common));
  });
}

/** What follows a list on stderr. */
function remarks({ unproven, left, spans, records }: Found, shown: number, all: number, options: InterfaceOptions, zone: string): string {
  const texts: string[] = [];
  const what = options.flows ? 'services' : options.findings ? 'findings' : 'interfaces';
  if (spans.length === 0) texts.push(`no ${what} in this store`);
  else if (shown === 0) {
    const [from, to] = [Math.min(...spans.map(({ first }) => first)), Math.max(...spans.map(({ last }) => last))];
    const of = options.findings ? `of ${formatNumber(records.length)} interfaces` : 'match';
    texts.push(`no ${what} ${of}; the store holds ${formatTime(from, zone)} to ${formatTime(to, zone)} (${zone})`);
  } else if (shown < all) texts.push(`${formatNumber(shown)} of ${formatNumber(all)} shown; --limit shows more`);
  if (unproven > 0)
    texts.push(`${formatNumber(unproven)} left out that one caller alone asked for or that never answered (--all shows them)`);
  if (left > 0) texts.push(`about ${formatNumber(left)} more were answered than one hour has room for: somebody tries paths`);
  return texts.map((text) => `${text}\n`).join('');
}

async function show(id: string, options: InterfaceOptions): Promise<void> {
  await withReader(options, async (reader) => {
    const zones = await zonesOf(reader, options);
    const flows = options.flows === true || /^[a-z0-9-]+ \S+:\w+$/.test(id);
    const { records } = await read(reader, { ...options, flows, all: true }, zones);
    const record = one(id, records);
    if (options.json) return writeRecords([record]);
    await writeOut(renderInterface(record, { ...terminalOf(process.stdout), zone: zones.of(record.tenant) }));
  });
}

/** The interface of this name, else the only one whose name, or that of an id behind it, has it as a part. */
function one(id: string, records: readonly InterfaceRecord[]): InterfaceRecord {
  const exact = records.filter((record) => record.interface === id || record.folded.includes(id));
  const part = id.toLowerCase();
  const fitting = exact.length > 0 ? exact : records.filter((record) => record.interface.toLowerCase().includes(part));
  if (fitting.length === 1) return fitting[0];
  if (fitting.length === 0)
    throw new WeirError('usage', `no interface is called ${id}, or has that in its name; weir interfaces lists them`);
  const names = fitting.slice(0, MOST_NAMED).map((record) => `  ${record.tenant}  ${record.interface}`);
  const more = fitting.length > MOST_NAMED ? `\n  and ${fitting.length - MOST_NAMED} more` : '';
  throw new WeirError('usage', `${fitting.length} interfaces fit ${id}; say which, or its --tenant:\n${names.join('\n')}${more}`);
}
