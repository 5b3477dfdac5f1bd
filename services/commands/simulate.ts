import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { writeOut } from '../console/output.ts';
import { createProgress } from '../console/progress.ts';
import { parseTimeOption } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import { HARD_NEGATIVES } from '../simulation/benign/list.ts';
import { FORMATS, type SimulatedFormat } from '../simulation/formats/write-line.ts';
import { type ScenarioRequest, type SimulationPlan, TENANT_KINDS, type TenantKind } from '../simulation/plan.ts';
import { Random } from '../simulation/random.ts';
import { findScenario, SCENARIOS } from '../simulation/scenarios/list.ts';
import { DEFAULT_START, tenantPlan } from '../simulation/tenant-plan.ts';
import { writeSimulation } from '../simulation/write-files.ts';
import { globalOptions } from './global-options.ts';

interface SimulateOptions {
  out?: string;
  tenantKind: TenantKind[];
  tenant?: string;
  format: SimulatedFormat;
  days: string;
  start?: string;
  accounts?: string;
  eventsPerDay?: string;
  timeZone?: string;
  seed: string;
  scenario?: string[];
  hardNegatives?: string[];
  list?: boolean;
}

/** Scenarios that a tenant gets when nothing is said. */
const USUAL = 3;

const EXAMPLES = `
Writes DIR/<tenant>.log in the gateway's own format, DIR/labels.json (which campaigns are in it: scenario, times,
interfaces, accounts, sources, targets; and which odd but benign behaviour) and DIR/weir.yaml that fits. The same options
give the same bytes.

Examples:
  weir simulate --out sim                                         a consumer app, a week, three attacks drawn by the seed
  weir simulate --out sim --scenario slow_stuffing scraping:0.3   two attacks, the second one at a third of its strength
  weir simulate --out sim --scenario probing:1@2026-03-05T10:00   one that begins when you say (UTC unless the time says otherwise)
  weir simulate --out sim --tenant-kind consumer office --scenario all --days 14
  weir simulate --out clean --scenario none --hard-negatives all  nothing but benign traffic
  weir simulate --list                                            all scenarios and hard negatives
  weir detect --config sim/weir.yaml                              and then`;

/** `weir simulate`: labelled traffic in a gateway's own format. */
export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .summary("labelled traffic in a gateway's own format")
    .description(
      'Writes the traffic of tenants that do not exist, with attacks and with benign oddities, and labels that say which is which.',
    )
    .option('-o, --out <dir>', 'folder to write to')
    .addOption(
      new Option('--tenant-kind <kind...>', 'one tenant of each kind that is named')
        .choices(TENANT_KINDS)
        .default(['consumer'], 'consumer'),
    )
    .option('--tenant <name>', 'name of the tenant, when there is one (left out: kind and seed)')
    .addOption(
      new Option('--format <format>', 'format of the logs; network tenants are always zeek-conn')
        .choices(FORMATS.slice(0, 5))
        .default('nginx-json'),
    )
    .option('--days <n>', 'length of the log', '7')
    .option('--start <time>', 'first full hour, UTC unless the time says otherwise (default: 2026-03-02, a Monday)')
    .option('--accounts <n>', 'accounts at the start (default: by the kind)')
    .option('--events-per-day <n>', 'events of an ordinary working day (default: by the kind)')
    .option('--time-zone <zone>', "the tenants' time zone (default: drawn by the seed)")
    .option('--seed <n>', 'another seed is another tenant: other interfaces, people, hours, habits', '1')
    .option(
      '--scenario <name...>',
      `NAME, NAME:INTENSITY, NAME:SHARE% (of the traffic) or NAME:INTENSITY@TIME; all or none (default: ${USUAL} drawn by the seed)`,
    )
    .option('--hard-negatives <name...>', 'benign behaviour that looks odd; all or none', ['none'])
    .option('--list', 'list scenarios and hard negatives, and the kinds of tenant they suit')
    .addHelpText('after', EXAMPLES)
    .action((options: SimulateOptions, command: Command) => run(options, command));
}

async function run(options: SimulateOptions, command: Command): Promise<void> {
  if (options.list === true) {
    await writeOut(listText());
    return;
  }
  if (options.out === undefined) throw new WeirError('usage', '--out DIR is missing: the folder to write to');
  const plan = planOf(options);
  const progress = createProgress({ quiet: globalOptions(command).quiet });
  const written = writeSimulation(options.out, plan, options.format, (events, time) => progress.update({ events, time, alerts: 0 }));
  progress.stop();
  writeFileSync(
    join(options.out, 'weir.yaml'),
    `# fits the logs beside it; written by weir simulate\n${stringify(written.config, { lineWidth: 140 })}`,
  );
  const lines = written.files.map((file) => `${file.path}  ${file.format}, ${file.events} events, ${(file.bytes / 1e6).toFixed(1)} MB`);
  lines.push(
    `${join(options.out, 'labels.json')}  ${written.labels.campaigns.length} campaigns, ${written.labels.benign.length} benign notes`,
  );
  lines.push(`${join(options.out, 'weir.yaml')}  weir detect --config ${join(options.out, 'weir.yaml')}`);
  await writeOut(`${lines.join('\n')}\n`);
}

/** The plan that the options describe. Throws `usage` naming the option that is wrong. */
function planOf(options: SimulateOptions): SimulationPlan {
  const days = count(options.days, '--days', 365);
  const seed = count(options.seed, '--seed', 4_294_967_295, 0);
  const start =
    options.start === undefined ? DEFAULT_START : parseTimeOption(options.start, '--start', { now: DEFAULT_START, zone: 'UTC' });
  if (start % 3_600_000 !== 0) throw new WeirError('usage', `--start ${options.start}: logs begin at a full hour`);
  const kinds = [...new Set(options.tenantKind)];
  if (options.tenant !== undefined && kinds.length > 1)
    throw new WeirError('usage', '--tenant names one tenant, but --tenant-kind asks for more');
  if (options.tenant !== undefined && !/^[a-z0-9-]{1,63}$/.test(options.tenant)) {
    throw new WeirError('usage', `--tenant ${options.tenant}: tenant names are 1 to 63 of a-z, 0-9 and -`);
  }
  if (options.timeZone !== undefined) checkZone(options.timeZone);
  const asked = (options.scenario ?? []).flatMap((text) => text.split(','));
  const benign = (options.hardNegatives ?? []).flatMap((text) => text.split(','));
  for (const name of benign) if (name !== 'all' && name !== 'none') suitsOne(HARD_NEGATIVES, name, kinds, 'hard negative');
  const requests = asked.filter((text) => text !== 'all' && text !== 'none').map((text) => ({ ...parseScenario(text), text }));
  for (const request of requests) suitsOne(SCENARIOS, request.scenario, kinds, 'scenario');
  return {
    tenants: kinds.map((kind) => {
      const suiting = SCENARIOS.filter((scenario) => scenario.kinds.includes(kind) && scenario.days <= days).map((scenario) => ({
        scenario: scenario.name,
      }));
      const scenarios =
        options.scenario === undefined
          ? new Random(seed, 'usual', kind).sample(suiting, USUAL)
          : asked.includes('all')
            ? suiting
            : requests.filter((request) => findScenario(request.scenario).kinds.includes(kind));
      return tenantPlan(kind, seed, {
        name: options.tenant,
        start,
        days,
        scenarios,
        accounts: options.accounts === undefined ? undefined : count(options.accounts, '--accounts', 1_000_000),
        eventsPerDay: options.eventsPerDay === undefined ? undefined : count(options.eventsPerDay, '--events-per-day', 1_000_000_000),
        time_zone: options.timeZone,
        hardNegatives: benign.includes('all')
          ? 'all'
          : benign.filter((name) => name !== 'none' && HARD_NEGATIVES.some((one) => one.name === name && one.kinds.includes(kind))),
      });
    }),
  };
}

function count(text: string, option: string, most: number, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new WeirError('usage', `${option} ${text}: a whole number from ${least} to ${most}`);
  return value;
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch (cause) {
    throw new WeirError('usage', `--time-zone ${zone}: a time zone is an IANA name, as in Asia/Shanghai`, { cause });
  }
}

/** NAME, NAME:INTENSITY or NAME:SHARE% (of the tenant's traffic), each with @TIME or without. */
function parseScenario(text: string): Pick<ScenarioRequest, 'scenario' | 'intensity' | 'share' | 'at'> {
  const match = /^([^:@]+)(?::([^@%]*)(%?))?(?:@(.+))?$/.exec(text);
  if (match === null) throw new WeirError('usage', `--scenario ${text}: write NAME, NAME:INTENSITY, NAME:SHARE% or NAME:INTENSITY@TIME`);
  const size = match[2] === undefined ? 1 : Number(match[2]);
  if (!(size > 0)) throw new WeirError('usage', `--scenario ${text}: the intensity is a number above 0, 1 as described in full`);
  return {
    scenario: match[1],
    ...(match[3] === '%' ? { intensity: 1, share: size / 100 } : { intensity: size }),
    at: match[4] === undefined ? undefined : parseTimeOption(match[4], '--scenario', { now: DEFAULT_START, zone: 'UTC' }),
  };
}

/** Throws unless the name exists and suits at least one of the kinds. */
function suitsOne(
  list: readonly { name: string; kinds: readonly TenantKind[] }[],
  name: string,
  kinds: readonly TenantKind[],
  what: string,
): void {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw new WeirError('usage', `there is no ${what} "${name}"; weir simulate --list shows them`);
  if (!kinds.some((kind) => found.kinds.includes(kind))) {
    throw new WeirError('usage', `${what} ${name} exists in ${found.kinds.join(', ')} tenants only; --tenant-kind is ${kinds.join(', ')}`);
  }
}

function listText(): string {
  const row = (number: string, name: string, title: string, kinds: readonly string[], days: number): string =>
    `${number.padStart(3)}  ${name.padEnd(26)} ${title} (${kinds.join(', ')}; ${days === 1 ? '1 day' : `${days} days`} or more)`;
  return [
    'Scenarios (number, name):',
    ...SCENARIOS.map((one) => row(String(one.number), one.name, one.title, one.kinds, one.days)),
    '',
    'Hard negatives:',
    ...HARD_NEGATIVES.map((one) => row('', one.name, one.title, one.kinds, one.days)),
    '',
  ].join('\n');
}
