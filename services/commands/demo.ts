import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { evaluateIncidents } from '../../models/evaluation/incidents.ts';
import type { IncidentRecord } from '../../schemas/alert.ts';
import { renderIncident } from '../console/incident-view.ts';
import { type Terminal, terminalOf, writeOut } from '../console/output.ts';
import { createProgress } from '../console/progress.ts';
import { formatNumber } from '../console/table.ts';
import { EXIT, WeirError } from '../core/errors.ts';
import { targetId } from '../simulation/labels.ts';
import type { TenantPlan } from '../simulation/plan.ts';
import { tenantPlan } from '../simulation/tenant-plan.ts';
import { writeSimulation } from '../simulation/write-files.ts';
import { makeFolder } from '../state/make-folder.ts';
import { loadConfig, tenantConfig } from './config.ts';
import { globalOptions } from './global-options.ts';
import { masterKey, tenantKey } from './master-key.ts';
import { type DetectResult, judgeResult, runDetect } from './run-detect.ts';
import { catchSignals } from './signals.ts';

/** Says that a folder was made by the demo: only such a one is written over. */
const MARKER = '.weir-demo';
const DEFAULT_FOLDER = './weir-demo';
/** Incidents printed in full, per tenant. */
const SHOWN = 3;
const REASONS_SHOWN = 4;
const DAYS = 7;

/** `weir demo`: traffic with attacks, the whole pipeline, incidents with explanations. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .summary('two simulated tenants under attack: what Weir does, in under a minute')
    .description(
      'Simulates a week of two tenants with attacks and with benign oddities, runs the whole pipeline over their logs, and prints the incidents with their explanations.',
    )
    .option('-d, --data <folder>', 'folder for logs, config and store; made anew each time', DEFAULT_FOLDER)
    .option('--seed <n>', 'another seed is another pair of tenants', '3')
    .action(async (flags: { data: string; seed: string }, command: Command) => {
      const seed = Number(flags.seed);
      if (!Number.isInteger(seed) || seed < 0) throw new WeirError('usage', `--seed ${flags.seed}: a whole number`);
      await demo(flags.data, seed, globalOptions(command).quiet);
    });
}

/** Who is simulated, and what is done to them. */
function plans(seed: number): { plan: TenantPlan; format: 'nginx-json' | 'kong'; what: string }[] {
  return [
    {
      plan: tenantPlan('consumer', seed, {
        name: 'shop',
        days: DAYS,
        accounts: 1500,
        eventsPerDay: 20_000,
        time_zone: 'Asia/Shanghai',
        scenarios: [
          { scenario: 'slow_stuffing' },
          { scenario: 'sms_bombing' },
          { scenario: 'object_traversal' },
          { scenario: 'scraping_cohort' },
        ],
        hardNegatives: ['flash_sale', 'carrier_nat', 'crawler', 'traveller'],
      }),
      format: 'nginx-json',
      what: 'a consumer app behind nginx',
    },
    {
      plan: tenantPlan('office', seed, {
        name: 'office',
        days: DAYS,
        accounts: 200,
        eventsPerDay: 12_000,
        time_zone: 'Europe/Berlin',
        scenarios: [{ scenario: 'bulk_export' }, { scenario: 'account_takeover' }, { scenario: 'machine_behaviour' }],
        hardNegatives: ['nightly_batch', 'call_centre', 'newcomer', 'office_nat'],
      }),
      format: 'kong',
      what: 'an internal application behind Kong',
    },
  ];
}

async function demo(folder: string, seed: number, quiet: boolean): Promise<void> {
  const terminal = terminalOf(process.stdout);
  const { style } = terminal;
  ownFolder(folder);
  const progress = createProgress({ quiet });
  const tenants = plans(seed);
  const say = async (text: string): Promise<void> => {
    progress.clear();
    await writeOut(text);
  };
  await say(`${style.bold('1. Traffic.')} A week of two tenants that do not exist, with attacks, and with oddities that are none.\n`);
  const written = tenants.map(({ plan, format }) => {
    const made = writeSimulation(join(folder, plan.name), { tenants: [plan] }, format, (events, time) =>
      progress.update({ events, time, alerts: 0 }),
    );
    return { plan, ...made };
  });
  for (const [i, { files }] of written.entries()) {
    for (const file of files)
      await say(`   ${shown(file.path)}  ${tenants[i].what}: ${formatNumber(file.events)} requests, ${(file.bytes / 1e6).toFixed(0)} MB\n`);
  }
  const configPath = join(folder, 'weir.yaml');
  writeConfig(configPath, written);

  await say(`\n${style.bold('2. Detection.')} weir detect --config ${shown(configPath)}\n`);
  const loaded = loadConfig(configPath);
  const signals = catchSignals(() => progress.clear());
  let result: DetectResult;
  try {
    result = await runDetect({
      files: [],
      config: loaded,
      signal: signals.signal,
      onProgress: ({ events, bytes, size, reached, alerts }) =>
        progress.update({ events, time: reached, alerts, share: size > 0 ? bytes / size : undefined }),
    });
  } finally {
    progress.stop();
    signals.release();
  }
  if (result.stopped) {
    process.exitCode = signals.exitCode() ?? EXIT.done;
    return;
  }
  const events = result.runs.reduce((sum, run) => sum + run.events, 0);
  const seconds = result.took / 1000;
  await say(
    `   ${formatNumber(events)} events in ${seconds.toFixed(1)} s (${formatNumber(Math.round(events / seconds))}/s): learned, scored, explained, stored\n\n`,
  );

  await say(`${style.bold('3. Incidents.')}\n\n`);
  for (const { plan } of written) await say(incidentsText(result, plan.name, tenantConfig(loaded.config, plan.name).time_zone, terminal));

  await say(`${style.bold('4. The truth.')} The simulation knows what it did; Weir was not told.\n`);
  const { key } = masterKey(loaded.config, result.dataFolder);
  for (const { plan, labels } of written) await say(truthText(result, plan, labels, tenantKey(key, plan.name), terminal));

  await say(nextText(folder, result, style.bold));
  judgeResult(result);
}

function incidentsText(result: DetectResult, tenant: string, zone: string, terminal: Terminal): string {
  const incidents = result.tally.standing().filter((incident) => incident.tenant === tenant && incident.severity !== 'info');
  const rest = incidents.length - SHOWN;
  let out = `${terminal.style.bold(tenant)}: ${incidents.length === 1 ? '1 incident' : `${incidents.length} incidents`}${rest > 0 ? `, ${SHOWN} of them here` : ''}\n\n`;
  for (const incident of varied(incidents)) {
    out += `${renderIncident(incident, result.tally.alertsOf(incident), { ...terminal, zone, alerts: 1, actors: 5, limit: REASONS_SHOWN })}\n`;
  }
  return out;
}

/** The worst incidents, each kind of them once as far as that goes. */
function varied(incidents: readonly IncidentRecord[]): IncidentRecord[] {
  const kinds = new Set<string>();
  const first = incidents.filter(({ detectors }) => {
    const kind = detectors.join();
    const fresh = !kinds.has(kind);
    kinds.add(kind);
    return fresh;
  });
  const chosen = new Set([...first, ...incidents].slice(0, SHOWN));
  return incidents.filter((incident) => chosen.has(incident));
}

function truthText(
  result: DetectResult,
  plan: TenantPlan,
  labels: ReturnType<typeof writeSimulation>['labels'],
  key: Uint32Array,
  { style }: Terminal,
): string {
  const incidents = [...result.tally.incidentsById.values()].filter((incident) => incident.tenant === plan.name);
  const campaigns = labels.campaigns.map((campaign) => ({
    ...campaign,
    targets: campaign.targets.map((value) => targetId(key, value)),
  }));
  const alerts = [...result.tally.strongest.values()].flat().filter((alert) => alert.tenant === plan.name);
  const judged = evaluateIncidents(incidents, alerts, campaigns, { tenantDays: plan.days, benign: labels.benign });
  let out = '';
  for (const campaign of judged.campaigns) {
    const mark = campaign.incidents.length > 0 ? style.green('found ') : style.red('missed');
    const by = campaign.incidents.length > 0 ? ` by incident ${campaign.incidents[0].slice(0, 12)}` : '';
    out += `   ${mark}  ${plan.name}: ${campaign.scenario.replace(/^\d+ /, '').replaceAll('_', ' ')}${by}\n`;
  }
  const wrong = judged.incidents.filter((incident) => incident.class === 'false');
  out += `   ${wrong.length} false in ${plan.days} days${
    wrong.length > 0
      ? `: ${wrong
          .slice(0, 3)
          .map(({ title }) => title)
          .join('; ')}${wrong.length > 3 ? '; …' : ''}`
      : ''
  }\n`;
  return out;
}

function nextText(folder: string, result: DetectResult, bold: (text: string) => string): string {
  const data = shown(result.dataFolder);
  const steps: [command: string, what: string][] = [
    [`npx weir incidents --data ${data}`, 'every incident, worst first; show ID explains one'],
    [`npx weir alerts --data ${data} --json`, 'alert records, for machines'],
    [`npx weir sql --data ${data} "SELECT detector, count() FROM alerts GROUP BY detector"`, 'ClickHouse SQL'],
    [`npx weir reconcile --data ${data}`, 'every event read has exactly one fate'],
    [`npx weir doctor --config ${shown(join(folder, 'weir.yaml'))}`, 'what each log makes visible, and what stays blind'],
    ['npx weir init YOUR.log', 'a config for a log of your own; then: npx weir detect --config weir.yaml'],
  ];
  return `\n${bold('Next')}\n${steps.map(([command, what]) => `   ${command}\n      ${what}\n`).join('')}`;
}

/** A config for both tenants beside their logs. */
function writeConfig(
  path: string,
  written: readonly { plan: TenantPlan; config: { tenants: Record<string, unknown>; sources: Record<string, unknown>[] } }[],
): void {
  const config = {
    tenants: Object.assign({}, ...written.map(({ config }) => config.tenants)),
    sources: written.flatMap(({ plan, config }) =>
      config.sources.map((source) => ({ ...source, files: [`./${plan.name}/${plan.name}.log`] })),
    ),
    store: { path: './weir-data' },
  };
  writeFileSync(path, `# The two tenants of weir demo; the logs lie beside it.\n${stringify(config, { lineWidth: 140 })}`);
}

/** Makes the demo's folder anew; never touches one that the demo has not made. */
function ownFolder(folder: string): void {
  if (existsSync(folder)) {
    if (!existsSync(join(folder, MARKER)) && readdirSync(folder).length > 0) {
      throw new WeirError('usage', `${folder} exists and was not made by weir demo; name another folder with --data`);
    }
    rmSync(folder, { recursive: true });
  }
  try {
    makeFolder(folder);
    writeFileSync(join(folder, MARKER), 'made by weir demo, which writes over this folder\n');
  } catch (cause) {
    throw new WeirError('disk', `${folder} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

function shown(path: string): string {
  const near = relative(process.cwd(), resolve(path));
  return near === '' ? '.' : near.startsWith('..') ? resolve(path) : near;
}
