import { availableParallelism } from 'node:os';
import { COMPARATORS } from '../../models/comparators/index.ts';
import { compare, ownLine } from '../../models/evaluation/compare.ts';
import type { ComparatorLine, EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { evaluationReport } from '../../models/evaluation/evaluation-report.ts';
import type { JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import { cardOf } from '../../models/registry/bundle-folder.ts';
import { trainingFiguresOf } from '../../models/registry/training-figures.ts';
import { createStepLine } from '../console/step-line.ts';
import { formatNumber } from '../console/table.ts';
import { WeirError } from '../core/errors.ts';
import { evaluationBundle } from '../evaluation/evaluation-bundle.ts';
import { evaluationTasks } from '../evaluation/evaluation-tasks.ts';
import { judgeTenants } from '../evaluation/judge-tenants.ts';
import { usedFor } from '../evaluation/known-seeds.ts';
import { loadAddressTables } from '../ingest/addresses/address-loader.ts';
import { TENANT_KINDS, type TenantKind } from '../simulation/plan.ts';
import { findScenario } from '../simulation/scenarios/list.ts';
import { nearest } from './nearest.ts';
import { wholeNumber } from './train.ts';

/** What `weir evaluate --simulate` was told; texts as given. */
export interface EvaluateSimulateFlags {
  kinds: string;
  tenants: string;
  days: string;
  seeds: string;
  scenarios?: string;
  campaigns: string;
  intensities: string;
  shares?: string;
  budgets: string;
  accounts?: string;
  events?: string;
  clean?: boolean;
  comparators?: boolean;
  asLogged?: boolean;
  bundle?: string;
  threads?: string;
  quiet: boolean;
}

/** Runs simulated tenants that nobody has seen through the whole pipeline and judges what it says of them. */
export async function evaluateSimulated(flags: EvaluateSimulateFlags): Promise<EvaluationReport> {
  const kinds = kindsOf(flags.kinds);
  const seeds = seedsOf(flags.seeds);
  const budgets = numbersOf(flags.budgets, '--budgets', 0.001, 1000);
  const intensities = numbersOf(flags.intensities, '--intensities', 0.001, 10);
  const shares = flags.shares === undefined ? undefined : numbersOf(flags.shares, '--shares', 0.00001, 0.9);
  const scenarios = flags.scenarios?.split(',').map((name) => findScenario(name.trim()).name);
  const days = wholeOf(flags.days, '--days', 1, 365);
  const threads = flags.threads === undefined ? Math.min(4, availableParallelism()) : wholeOf(flags.threads, '--threads', 1, 64);
  const tenants = wholeOf(flags.tenants, '--tenants', 1, 1000);
  const options = {
    kinds,
    tenants,
    days,
    campaigns: flags.clean === true ? 0 : wholeOf(flags.campaigns, '--campaigns', 0, 100),
    intensities,
    ...(shares === undefined ? {} : { shares }),
    ...(scenarios === undefined ? {} : { scenarios }),
    tenant: {
      ...(flags.accounts === undefined ? {} : { accounts: wholeOf(flags.accounts, '--accounts', 1, 1_000_000) }),
      ...(flags.events === undefined ? {} : { eventsPerDay: wholeOf(flags.events, '--events', 1, 1_000_000_000) }),
    },
  };
  const fields = flags.asLogged === true ? 'told' : 'all';
  const bundle = evaluationBundle(flags.bundle);
  const tasks = budgets.flatMap((budget, i) =>
    evaluationTasks(seeds, budget, options, { comparators: i === 0 && flags.comparators === true, fields }),
  );
  const line = createStepLine({ quiet: flags.quiet });
  const begun = performance.now();
  line.show(barText(0, tasks.length, 0));
  let judged: JudgedTenant[];
  try {
    const judges = { addresses: await loadAddressTables({}), bundle };
    judged = await judgeTenants(tasks, judges, threads, undefined, (done) =>
      line.show(barText(done, tasks.length, performance.now() - begun)),
    );
  } finally {
    line.clear();
  }
  const each = judged.length / budgets.length;
  return evaluationReport(
    budgets.map((budget, i) => ({ budget, tenants: judged.slice(i * each, (i + 1) * each) })),
    {
      about: [
        ['tenants', `${formatNumber(each)}, simulated: ${kinds.join(', ')}, ${tenants} of each a seed; ${days} days each`],
        ['seeds', flags.seeds],
        ['campaigns', flags.clean === true ? 'none' : `up to ${options.campaigns} a tenant, ${sizeText(intensities, shares)}`],
        ['budget', `${budgets.join(', ')} false incidents a tenant and day${budgets.length > 1 ? `; in full: ${budgets[0]}` : ''}`],
        ['logs', fields === 'told' ? 'what each gateway was told to log' : 'all fields that events have'],
        ['scorers', bundle === undefined ? 'baselines alone' : `baselines and bundle ${bundle.manifest.version}`],
      ],
      remarks: seedRemarks(seeds),
      ...(bundle === undefined
        ? {}
        : { scorers: { version: bundle.manifest.version, card: cardOf(bundle) ?? '', training: trainingFiguresOf(bundle) } }),
      comparators: flags.comparators === true ? compared(judged.slice(0, each), budgets[0]) : [],
    },
  );
}

/** Weir's row and those of plain rules, on the same tenants. */
function compared(tenants: readonly JudgedTenant[], budget: number): ComparatorLine[] {
  return [ownLine(`Weir, budget ${budget} a day`, tenants), ...compare(tenants, COMPARATORS)];
}

function sizeText(intensities: readonly number[], shares: readonly number[] | undefined): string {
  if (shares === undefined) return `intensity ${intensities.join(', ')}`;
  return `${shares.map((share) => `${Number((100 * share).toPrecision(3))} %`).join(', ')} of the traffic`;
}

/** Says which seeds flatter. */
function seedRemarks(seeds: readonly number[]): string[] {
  return (['tuning', 'training'] as const).flatMap((use) => {
    const of = seeds.filter((seed) => usedFor(seed) === use);
    if (of.length === 0) return [];
    return `These figures flatter: ${of.length === 1 ? 'seed' : 'seeds'} ${of.join(', ')} ${of.length === 1 ? 'was' : 'were'} used for ${use}.`;
  });
}

/** `[########----------------]  8 of 24 runs, 3 min left`: each tenant under each budget is a run. */
export function barText(done: number, of: number, elapsed: number): string {
  const width = 24;
  const full = Math.round((width * done) / of);
  const left = done === 0 || done === of ? '' : `, ${Math.ceil(((elapsed / done) * (of - done)) / 60_000)} min left`;
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]  ${done} of ${of} runs${left}`;
}

function kindsOf(text: string): TenantKind[] {
  return [...new Set(text.split(',').map((name) => name.trim()))].map((name) => {
    if ((TENANT_KINDS as readonly string[]).includes(name)) return name as TenantKind;
    const near = nearest(name, TENANT_KINDS);
    throw new WeirError(
      'usage',
      `--kinds ${name}: there are ${TENANT_KINDS.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  });
}

const MOST_SEEDS = 1000;

/** `7`, `7,9`, `901..920`. Throws `usage`. */
export function seedsOf(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,9})(?:\.\.(\d{1,9}))?\s*$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last - first >= MOST_SEEDS)
      throw new WeirError('usage', `--seeds ${text}: whole numbers, as in 7,9 or 901..920, at most ${MOST_SEEDS}`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  const distinct = [...new Set(seeds)];
  // a tenant's seed is seed x 1000 + number, in 32 bits
  if (distinct.some((seed) => seed > 4_294_966)) throw new WeirError('usage', `--seeds ${text}: seeds go up to 4294966`);
  return distinct;
}

function numbersOf(text: string, option: string, least: number, most: number): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.some((value) => !(value >= least && value <= most)))
    throw new WeirError('usage', `${option} ${text}: numbers from ${least} to ${most}, as in 0.3,1,3`);
  return [...new Set(numbers)];
}

function wholeOf(text: string, option: string, least: number, most: number): number {
  return wholeNumber(text, option, least, most) as number;
}
