import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import { type Config, SourceConfig } from '../../schemas/config.ts';
import { renderFields } from '../console/fields.ts';
import { type Terminal, terminalOf, writeOut } from '../console/output.ts';
import { plainText } from '../console/plain-text.ts';
import { renderTable } from '../console/table.ts';
import { textWidth } from '../console/text-width.ts';
import { WeirError } from '../core/errors.ts';
import { versionWithLists } from '../ingest/addresses/address-list-loader.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { AddressData, NO_ADDRESS_DATA } from '../ingest/addresses/addresses.ts';
import { defaultLateness } from '../ingest/formats/registry.ts';
import { openReader } from '../storage/open-reader.ts';
import { placeOf } from '../storage/server-options.ts';
import { type BackendsDiagnosis, backendFields, diagnoseBackends } from './backends.ts';
import { defaultConfig, type LoadedConfig, loadConfig, tenantConfig } from './config.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { type Check, exitCodeOf, fail } from './doctor-check.ts';
import { diagnoseLists, type KnownOf } from './doctor-lists.ts';
import { checkAll } from './doctor-live.ts';
import { usesKafka } from './doctor-machine.ts';
import { checkBundles } from './doctor-models.ts';
import { checkTokenKeys } from './doctor-tokens.ts';
import { checkProxies } from './hidden-proxies.ts';
import { diagnoseModels, type ModelsDiagnosis, modelFields } from './model-diagnosis.ts';
import { DEFAULT_DATA_FOLDER } from './record-list.ts';
import { type Survey, survey } from './survey.ts';
import { withoutEffect } from './without-effect.ts';

interface Flags {
  config?: string;
  json?: boolean;
}

/** What `weir doctor` found out; `--json` prints it. */
export interface Diagnosis {
  config: { path: string | undefined; version: string; without_effect: string[] };
  addresses: { origin: string; problem: string | undefined };
  store: { place: string; state: string; problem: string | undefined };
  models: ModelsDiagnosis;
  autoencoder: BackendsDiagnosis;
  sources: SourceDiagnosis[];
  /** everything that was checked; what failed decides the exit code */
  checks: Check[];
}

export interface SourceDiagnosis {
  name: string;
  tenant: string;
  /** of a file, or `topic NAME` */
  path: string;
  problem: string | undefined;
  survey: Survey | undefined;
  coverage: Coverage[];
}

/** `weir doctor`: is everything that was configured there and useful? */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('what is configured, guessed, and blind for want of a field')
    .description(
      'Reads the config and the beginning of each log, and says what is there, what was guessed, which detectors see nothing for want of which field, which trained scorers judge, and where the autoencoder runs. Asks brokers, a ClickHouse server, folders, clocks and ports that the config names, and says what to do about what is wrong. Changes nothing.',
    )
    .argument('[files...]', 'logs to look at instead of those of the config')
    .option('-c, --config <file>', 'weir.yaml (default: ./weir.yaml where there is one)')
    .option('--json', 'one JSON document')
    .action(async (files: string[], flags: Flags) => {
      const path = flags.config ?? (existsSync('weir.yaml') ? 'weir.yaml' : undefined);
      if (path === undefined && files.length === 0)
        throw new WeirError('usage', 'there is no weir.yaml here: name a config with --config, or logs to look at');
      const diagnosis = await diagnose(path === undefined ? defaultConfig(process.cwd()) : loadConfig(path), files);
      await writeOut(flags.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : render(diagnosis, terminalOf(process.stdout)));
      const exitCode = exitCodeOf(diagnosis.checks);
      if (exitCode !== 0) process.exitCode = exitCode;
    });
}

/** Looks at everything that a config names; what is wrong is said, not thrown. */
export async function diagnose(loaded: LoadedConfig, files: readonly string[]): Promise<Diagnosis> {
  const { config } = loaded;
  const tables = await loadAddressTables({ csv: config.address_data?.csv }).catch((error: unknown) => error as Error);
  const addresses = tables instanceof Error ? NO_ADDRESS_DATA : new AddressData(tables);
  const lists = await diagnoseLists(config, addresses, Date.now());
  const sources =
    files.length > 0
      ? files.map((path) => ({ ...(config.sources[0] ?? SourceConfig.parse({ name: 'log', files: [path] })), files: [path] }))
      : config.sources;
  const dataFolder = folderOf(config);
  const looked = { ...config, sources: [...sources] };
  // one after the other: reading a sample is work of this thread, and what answers meanwhile would seem to be late
  const surveyed = await Promise.all(sources.map((source) => lookAtSource(source, loaded, lists.knownOf)));
  const store = await lookAtStore(loaded);
  const models = diagnoseModels(dataFolder);
  const live = await checkAll(looked, dataFolder, lists.knownOf, process.env, Date.now());
  const found = [...surveyed.flat(), ...sources.flatMap((source) => topicOf(source, live.surveys.get(source.name)))];
  const problems = [
    ...(tables instanceof Error
      ? [fail('addresses', 'config', tables.message, 'npm ci installs the packaged databases; or set address_data.csv')]
      : []),
    ...(store.problem === undefined ? [] : [fail('store', 'config', store.problem, '')]),
    ...surveyed.flat().flatMap(({ name, problem }) => (problem === undefined ? [] : [fail(`source ${name}`, 'config', problem, '')])),
  ];
  return {
    config: {
      path: loaded.path,
      version: versionWithLists(loaded.version, lists.lists),
      without_effect: withoutEffect(loaded.config, true),
    },
    addresses: { origin: tables instanceof Error ? 'none' : tables.origin, problem: tables instanceof Error ? tables.message : undefined },
    store,
    models,
    autoencoder: await diagnoseBackends(config.models.backend),
    sources: found,
    checks: [
      ...problems,
      ...surveyed.flat().flatMap(proxiesOf),
      ...checkTokenKeys(sources, process.env),
      ...lists.checks,
      ...(await checkBundles(config, dataFolder, models)),
      ...live.checks,
    ],
  };
}

function proxiesOf({ name, survey: seen }: SourceDiagnosis): Check[] {
  return seen === undefined ? [] : checkProxies(`source ${name}`, seen.guess);
}

/** Where models, marks and keys lie: the folder that all processes on Kafka share, or the data folder. */
function folderOf(config: Config): string {
  if (usesKafka(config)) return config.kafka.state;
  return 'path' in config.store ? config.store.path : DEFAULT_DATA_FOLDER;
}

/** What the newest records of a source's topic hold. */
function topicOf(source: SourceConfig, seen: Survey | undefined): SourceDiagnosis[] {
  if (seen === undefined) return [];
  const coverage = seen.events === 0 ? [] : ALL_DETECTORS.map((detector) => coverageOf(detector, seen));
  return [{ name: source.name, tenant: source.tenant, path: seen.path, problem: undefined, survey: seen, coverage }];
}

async function lookAtSource(source: SourceConfig, loaded: LoadedConfig, knownOf: KnownOf): Promise<SourceDiagnosis[]> {
  const tenant = tenantConfig(loaded.config, source.tenant);
  const found: SourceDiagnosis[] = [];
  for (const path of source.files ?? []) {
    const base = { name: source.name, tenant: source.tenant, path };
    try {
      const seen = await survey(path, source, tenant, knownOf(source.tenant));
      const problem = seen.events === 0 ? `none of its first records can be read as ${seen.format}` : undefined;
      found.push({ ...base, problem, survey: seen, coverage: ALL_DETECTORS.map((detector) => coverageOf(detector, seen)) });
    } catch (error) {
      if (!(error instanceof WeirError)) throw error;
      found.push({ ...base, problem: error.message, survey: undefined, coverage: [] });
    }
  }
  return found;
}

async function lookAtStore({ config }: LoadedConfig): Promise<Diagnosis['store']> {
  if (!('path' in config.store)) return { place: placeOf(config.store.url), state: 'a ClickHouse server', problem: undefined };
  const place = config.store.path;
  if (!existsSync(place)) return { place, state: 'nothing there yet; the first run makes it', problem: undefined };
  try {
    const reader = await openReader(place);
    await reader.close();
    return { place, state: 'readable', problem: undefined };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    if (error.code === 'input_missing') return { place, state: 'no store in it yet; the first run makes it', problem: undefined };
    return { place, state: 'not readable', problem: error.message };
  }
}

function render(diagnosis: Diagnosis, { style, width }: Terminal): string {
  const { config, addresses, store, models, autoencoder } = diagnosis;
  let out = renderFields(
    [
      ['config', `${config.path ?? 'defaults'} (version ${config.version})`],
      ['addresses', addresses.problem ?? addresses.origin],
      ['store', `${store.place}: ${store.problem ?? store.state}`],
      ...modelFields(models),
      ...backendFields(autoencoder),
    ],
    style,
    '',
  );
  out += `\n${renderChecks(diagnosis.checks, style)}`;
  for (const text of config.without_effect) out += `${style.yellow('no effect')}  ${text}\n`;
  for (const source of diagnosis.sources) {
    out += `\n${style.bold(`source ${source.name}`)} (tenant ${source.tenant}): ${source.path}\n`;
    if (source.problem !== undefined) out += `  ${style.red(source.problem)}\n`;
    if (source.survey !== undefined && source.survey.events > 0) out += renderSurvey(source.survey, source.coverage, { style, width });
  }
  return out;
}

/** Where the clients' addresses come from. */
function clientsOf({ guess, events }: Survey, percent: (n: number) => string): string {
  const { believed, distinct } = guess.clients;
  const named = believed.filter((entry) => entry.events > 0).map(({ report, events: n }) => `${report} ${percent(n)}`);
  const rest = events - believed.reduce((sum, entry) => sum + entry.events, 0);
  const from = [...named, ...(rest > 0 ? [`the peer ${percent(rest)}`] : [])].join(', ');
  return `${distinct > 256 ? 'more than 256 addresses' : distinct === 1 ? '1 address' : `${distinct} addresses`}, by ${from}`;
}

/** What the session field brings. */
function sessionsOf(events: number, joined: number, percent: (n: number) => string): string {
  return `in ${percent(events)} of the events; ${percent(joined)} are joined by it to who logged in`;
}

function renderSurvey(seen: Survey, coverage: readonly Coverage[], { style, width }: Terminal): string {
  const percent = (n: number): string => `${Math.round((100 * n) / seen.events)} %`;
  const { guess } = seen;
  const how = (configured: boolean): string => (configured ? '' : ' (guessed)');
  const identity = guess.identity.map(({ field, origin, events }) =>
    field === '' ? `nobody ${percent(events)}: the address stands in` : `${field} ${percent(events)} (${origin})`,
  );
  const traits = Object.entries(seen.traits).map(([name, events]) => `${name} ${percent(events)}`);
  const targets = guess.targets.map(({ field, events }) => `${field} ${percent(events)}`);
  let out = renderFields(
    [
      ['format', `${seen.format} (${seen.reason})`],
      [
        'sample',
        `${seen.events} events${seen.more ? ', the log goes on' : ''}, ${new Date(seen.from).toISOString()} to ${new Date(seen.to).toISOString()}`,
      ],
      ['lateness', `${defaultLateness(seen.format) / 60_000} min by default`],
      [
        'accounts',
        `${seen.accounts === 0 ? 'none; ' : `${seen.accounts}, by `}${identity.join(', ') || 'the host that opens the connection'}${how(guess.configured.identity)}`,
      ],
      ...(seen.joined === undefined ? [] : [['sessions', sessionsOf(seen.present.session, seen.joined, percent)] as [string, string]]),
      ['clients', clientsOf(seen, percent)],
      ...(traits.length > 0 ? [['come from', traits.join(', ')] as [string, string]] : []),
      ['targets', `${targets.length > 0 ? targets.join(', ') : 'none'}${how(guess.configured.targets)}`],
      ['interfaces', `${seen.interfaceCount}`],
    ],
    style,
  );
  for (const { id, tags } of guess.interfaces.slice(0, 20))
    out += `    ${tags.join(', ')}: ${id}${how(tags.every((tag) => guess.configured.tags.includes(tag)))}\n`;
  for (const { reason, count, line, detail } of seen.dead)
    out += `  ${style.yellow('dead letters')}  ${count} ${reason}, first in line ${line}: ${detail}\n`;
  const rows = coverage.filter(({ sight }) => sight !== 'not for this log');
  const paint = { active: style.green, degraded: style.yellow, blind: style.red, 'not for this log': style.dim };
  out += renderTable(
    [{ title: 'detector' }, { title: 'sees' }, { title: 'why', shrinkTo: 20 }],
    rows.map(({ detector, sight, why }) => [detector, { text: sight, paint: paint[sight] }, why]),
    { style, width, indent: '  ' },
  );
  return out;
}

/** What is wrong first, one line each, with what to do below it. */
function renderChecks(checks: readonly Check[], style: Terminal['style']): string {
  const paint = { ok: style.green, warn: style.yellow, fail: style.red };
  const order = { fail: 0, warn: 1, ok: 2 };
  const width = Math.max(...checks.map(({ name }) => textWidth(name)));
  return [...checks]
    .sort((a, b) => order[a.level] - order[b.level])
    .map(({ name, level, found, remedy }) => {
      const lead = `${paint[level](level.padEnd(4))}  ${plainText(name)}${' '.repeat(width - textWidth(name))}  `;
      const more = `\n${' '.repeat(width + 8)}`;
      const lines = found.split('\n').map(plainText).join(more);
      return `${lead}${lines}${remedy === '' ? '' : `${more}${style.dim('→')} ${plainText(remedy)}`}\n`;
    })
    .join('');
}
