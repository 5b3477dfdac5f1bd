import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { FORMATS, SourceConfig, TAG_NAMES, TENANT_NAME, TenantConfig } from '../../schemas/config.ts';
import { writeOut } from '../console/output.ts';
import { WeirError } from '../core/errors.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { AddressData } from '../ingest/addresses/addresses.ts';
import { globalOptions } from './global-options.ts';
import { hiddenProxies } from './hidden-proxies.ts';
import { type Survey, survey } from './survey.ts';
import { packageRoot } from './version.ts';

interface Flags {
  tenant: string;
  format?: SourceConfig['format'];
  output: string;
  force?: boolean;
}

/** `weir init`: a commented weir.yaml for a sample log. */
export function registerInit(program: Command): void {
  program
    .command('init')
    .summary('write a commented weir.yaml for a sample log')
    .description(
      'Looks at a sample log and writes a weir.yaml for it: what was found in it as values, what was guessed as comments, nothing invented.',
    )
    .argument('<sample>', 'a log file, .gz accepted')
    .option('-t, --tenant <name>', 'name of the tenant', 'default')
    .addOption(new Option('-f, --format <name>', 'format of the sample; left out, it is detected').choices(FORMATS))
    .option('-o, --output <file>', 'where to write; - is standard output', 'weir.yaml')
    .option('--force', 'write over a file that is there')
    .action(async (sample: string, flags: Flags, command: Command) => {
      if (!TENANT_NAME.test(flags.tenant))
        throw new WeirError('usage', `--tenant ${flags.tenant}: tenant names are 1 to 63 of a-z, 0-9 and -`);
      const source = SourceConfig.parse({ name: sourceName(sample), tenant: flags.tenant, files: [sample], format: flags.format });
      const addresses = new AddressData(await loadAddressTables());
      const seen = await survey(sample, source, TenantConfig.parse({}), { addresses });
      if (seen.events === 0)
        throw new WeirError('nothing_parsed', `none of the first records of ${sample} can be read as ${seen.format}${firstReason(seen)}`);
      const text = configText(seen, source, sample);
      if (flags.output === '-') {
        await writeOut(text);
        return;
      }
      writeNew(flags.output, text, flags.force === true);
      if (!globalOptions(command).quiet) {
        process.stderr.write(
          `wrote ${flags.output}; next: weir doctor --config ${flags.output}, then weir detect --config ${flags.output}\n`,
        );
      }
    });
}

function sourceName(path: string): string {
  const name = basename(path)
    .replace(/\.gz$/, '')
    .replace(/\.[a-z]+$/, '')
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .slice(0, 63);
  return name === '' ? 'log' : name;
}

function firstReason(seen: Survey): string {
  const first = seen.dead[0];
  return first === undefined ? '' : `: line ${first.line} is ${first.reason} (${first.detail})`;
}

/** Never writes over somebody's config; an empty file (`weir init … > weir.yaml`) is nobody's. */
function writeNew(path: string, text: string, force: boolean): void {
  let there = '';
  try {
    there = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new WeirError('input_unreadable', `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
  if (there.trim() !== '' && !force)
    throw new WeirError('usage', `${path} exists; --force writes over it, --output names another file, --output - prints`);
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new WeirError('disk', `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** A YAML scalar that is safe in a flow list. */
function scalar(text: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text) ? text : JSON.stringify(text);
}

function list(values: readonly string[]): string {
  return values.length === 0 ? '[]' : `[ ${values.map(scalar).join(', ')} ]`;
}

/** The commented config. What was found is written as values, what was guessed as comments. */
export function configText(seen: Survey, source: SourceConfig, sample: string): string {
  const share = (n: number): string => shareText(n, seen.events);
  const { guess } = seen;
  const tagged = (tag: string): string[] =>
    guess.interfaces
      .filter(({ tags }) => tags.includes(tag))
      .map(({ id }) => id)
      .slice(0, 8);
  const lines = [
    `# yaml-language-server: $schema=${pathFromHere(join(packageRoot(), 'schemas/config.schema.json'))}`,
    `# Made by weir init from ${sample}: ${seen.events} events${seen.more ? ' (the log goes on)' : ''}, ${new Date(seen.from).toISOString()} to ${new Date(seen.to).toISOString()}.`,
    '# Commented lines are defaults or guesses: remove the # to change or pin them. weir doctor says what each log makes visible.',
    '',
    'tenants:',
    `  ${source.tenant}:`,
    '    time_zone: UTC                     # of the people who use it: hours, days and holidays follow from it',
    '    # calendar: { country: CN, days: { 2026-04-04: holiday, 2026-04-11: work } }',
    '    alert_budget: 1                    # expected false incidents a day, over all detectors',
    '    # internal_networks: [ 10.0.0.0/8 ]  # default: the private ranges',
    '    # retention: 60d',
    '',
    '    # Interfaces whose answers must not leak. The most used ones of the sample:',
    ...seen.interfaces.slice(0, 8).map(({ id, events }) => `    #   ${id}   ${share(events)}`),
    '    sensitive: []',
    '',
    '    # Kinds of interfaces. Unset ones are guessed from their paths; an empty list means none. Guessed in the sample:',
    '    # tags:',
    ...TAG_NAMES.map((tag) => `    #   ${tag}: ${list(tagged(tag))}`),
    '',
    '    # roles: { admin: [ root, ops-* ], service: [ batch-* ] }',
    '',
    'sources:',
    `  - name: ${scalar(source.name)}`,
    `    tenant: ${source.tenant}`,
    `    format: ${seen.format}                 # ${seen.reason}`,
    `    files: [ ${JSON.stringify(pathFromHere(sample))} ]`,
    '',
    ...(seen.present.flow === seen.events ? flowLines() : requestLines(seen)),
    '# address_data: { csv: ./geo.csv }      # columns prefix,country,region,asn,organisation; default: the packaged databases',
    '# store: { path: ./weir-data }',
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** What only a request log has: proxies, accounts, targets, business failures. */
function requestLines(seen: Survey): string[] {
  const share = (n: number): string => shareText(n, seen.events);
  const { guess } = seen;
  const identity = guess.identity.filter(({ field, events }) => field !== '' && events > 0);
  const nobody = seen.events - seen.present.account;
  const targets = guess.targets.filter(({ events }) => events > 0).map(({ field }) => field);
  const internal = seen.present.internalSource;
  const hidden = hiddenProxies(guess);
  return [
    '    # Proxies in front of the gateway: X-Forwarded-For is believed from these only.',
    ...(hidden === undefined
      ? [
          internal > 0.5 * seen.events
            ? `    # ${share(internal)} of the client addresses are internal: an application for one's own people, or proxies that hide who calls. Name those:`
            : `    # ${share(internal)} of the client addresses are internal.`,
          '    # trusted_proxies: [ 10.8.0.0/24 ]',
        ]
      : [`    # ${hidden.found}.`, `    ${hidden.reported && hidden.own ? '' : '# '}${hidden.line}`]),
    '    # proxy_hops: 1                    # where their addresses are not known: how many stand in front',
    '    # address_from: [ x_forwarded_for ]  # which of their reports counts: forwarded, x_real_ip, cf_connecting_ip, …',
    '',
    '    # Who is behind a request: fields in this order, the first that is set wins. Else the client address stands in.',
    ...(identity.length > 0
      ? [
          `    # Guessed, naming an account in ${share(seen.present.account)} of the events: ${identity.map(({ field, events }) => `${field} ${share(events)}`).join(', ')}`,
          `    # identity: ${list(identity.map(({ field }) => field))}`,
        ]
      : [
          '    # No usual field names an account in the sample: detectors of accounts are blind until one is named here.',
          '    # identity: [ http_x_consumer_id, remote_user ]',
        ]),
    ...(nobody > 0 && identity.length > 0 ? [`    # ${share(nobody)} of the events name nobody.`] : []),
    '',
    '    # What is probed or hit (phone numbers, user names): stored as keyed hashes only.',
    ...(targets.length > 0 ? ['    # Guessed:'] : ['    # Nothing of the usual names is in the sample.']),
    `    # targets: ${targets.length > 0 ? list(targets) : '[ arg_phone, login_user ]'}`,
    '',
    '    # Which value says that a request failed although its status is 200:',
    '    # failure: { field: body_code, not: [ 0 ] }',
    '    # lateness: 2m                     # how late events may come',
    '',
  ];
}

function flowLines(): string[] {
  return [
    '    # Accounts are the hosts that open connections, interfaces the services that they reach.',
    '    # lateness: 1h                     # records of long connections are written at their end, and late even then',
    '',
  ];
}

/** A share for people: `< 1 %` rather than a zero that is none. */
function shareText(n: number, of: number): string {
  const percent = (100 * n) / of;
  return n > 0 && percent < 1 ? '< 1 %' : `${Math.round(percent)} %`;
}

function pathFromHere(path: string): string {
  const near = relative(process.cwd(), resolve(path));
  return near.startsWith('..') ? resolve(path) : `./${near}`;
}
