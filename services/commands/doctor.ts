import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import { SourceConfig } from '../../schemas/config.ts';
import { renderFields } from '../console/fields.ts';
import { type Terminal, terminalOf, writeOut } from '../console/output.ts';
import { renderTable } from '../console/table.ts';
import { EXIT, WeirError } from '../core/errors.ts';
import { loadAddressTables } from '../ingest/address-loader.ts';
import { AddressData, NO_ADDRESS_DATA } from '../ingest/addresses.ts';
import { defaultLateness } from '../ingest/normalise-config.ts';
import { openReader } from '../storage/open-reader.ts';
import { type BackendsDiagnosis, backendFields, diagnoseBackends } from './backends.ts';
import { defaultConfig, type LoadedConfig, loadConfig, tenantConfig } from './config.ts';
import { type Coverage, coverageOf } from './coverage.ts';
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
}

export interface SourceDiagnosis {
  name: string;
  tenant: string;
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
      'Reads the config and the beginning of each log, and says what is there, what was guessed, which detectors see nothing for want of which field, which trained scorers judge, and where the autoencoder runs.',
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
      const broken =
        diagnosis.sources.some((source) => source.problem !== undefined) ||
        diagnosis.addresses.problem !== undefined ||
        diagnosis.store.problem !== undefined ||
        diagnosis.models.problem !== undefined;
      if (broken) process.exitCode = EXIT.usage;
    });
}

/** Looks at everything that a config names; what is wrong is said, not thrown. */
export async function diagnose(loaded: LoadedConfig, files: readonly string[]): Promise<Diagnosis> {
  const { config } = loaded;
  const tables = await loadAddressTables({ csv: config.address_data?.csv }).catch((error: unknown) => error as Error);
  const addresses = tables instanceof Error ? NO_ADDRESS_DATA : new AddressData(tables);
  const sources =
    files.length > 0
      ? files.map((path) => ({ ...(config.sources[0] ?? SourceConfig.parse({ name: 'log', files: [path] })), files: [path] }))
      : config.sources;
  return {
    config: { path: loaded.path, version: loaded.version, without_effect: withoutEffect(loaded.config) },
    addresses: { origin: tables instanceof Error ? 'none' : tables.origin, problem: tables instanceof Error ? tables.message : undefined },
    store: await lookAtStore(loaded),
    models: diagnoseModels('path' in config.store ? config.store.path : DEFAULT_DATA_FOLDER),
    autoencoder: await diagnoseBackends(config.models.backend),
    sources: (await Promise.all(sources.map((source) => lookAtSource(source, loaded, addresses)))).flat(),
  };
}

async function lookAtSource(source: SourceConfig, loaded: LoadedConfig, addresses: AddressData): Promise<SourceDiagnosis[]> {
  const tenant = tenantConfig(loaded.config, source.tenant);
  const found: SourceDiagnosis[] = [];
  for (const path of source.files ?? []) {
    const base = { name: source.name, tenant: source.tenant, path };
    try {
      const seen = await survey(path, source, tenant, addresses);
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
  if (!('path' in config.store))
    return { place: config.store.url, state: 'a ClickHouse server; it is asked when a run starts', problem: undefined };
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
  for (const text of config.without_effect) out += `${style.yellow('no effect')}  ${text}\n`;
  for (const source of diagnosis.sources) {
    out += `\n${style.bold(`source ${source.name}`)} (tenant ${source.tenant}): ${source.path}\n`;
    if (source.problem !== undefined) out += `  ${style.red(source.problem)}\n`;
    if (source.survey !== undefined && source.survey.events > 0) out += renderSurvey(source.survey, source.coverage, { style, width });
  }
  return out;
}

function renderSurvey(seen: Survey, coverage: readonly Coverage[], { style, width }: Terminal): string {
  const percent = (n: number): string => `${Math.round((100 * n) / seen.events)} %`;
  const { guess } = seen;
  const how = (configured: boolean): string => (configured ? '' : ' (guessed)');
  const identity = guess.identity.map(({ field, events }) =>
    field === '' ? `nobody ${percent(events)}: the address stands in` : `${field} ${percent(events)}`,
  );
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
