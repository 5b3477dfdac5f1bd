import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Evaluation } from '../../models/evaluation/incidents.ts';
import { evaluateIncidents } from '../../models/evaluation/incidents.ts';
import type { JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import { daysOf } from '../../models/evaluation/judged-tenant.ts';
import { wilson } from '../../models/evaluation/wilson.ts';
import { evaluationBundle } from '../../services/evaluation/evaluation-bundle.ts';
import { evaluationTasks } from '../../services/evaluation/evaluation-tasks.ts';
import { judgeTenants } from '../../services/evaluation/judge-tenants.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import type { TenantKind } from '../../services/simulation/plan.ts';

/**
 * `npm run evaluate -- [--kinds consumer,partners,office] [--tenants 4] [--days 12] [--seed 1] [--campaigns 3] [--scenarios NAME,NAME]
 * [--intensity 1] [--share 0.001] [--budget 1] [--accounts N] [--events N] [--clean] [--bundle FOLDER|none] [--threads 1]
 * [--verbose] [--out FILE.json]`: the short form of `weir evaluate --simulate`, for work on detectors: one line a tenant as
 * soon as it is done, then recall by scenario, false incidents and their causes. `--verbose`: every incident.
 */
const { values: flags } = parseArgs({
  options: {
    kinds: { type: 'string', default: 'consumer,partners,office' },
    tenants: { type: 'string', default: '4' },
    days: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    campaigns: { type: 'string', default: '3' },
    scenarios: { type: 'string' },
    intensity: { type: 'string', default: '1' },
    share: { type: 'string' },
    budget: { type: 'string', default: '1' },
    accounts: { type: 'string' },
    events: { type: 'string' },
    clean: { type: 'boolean', default: false },
    bundle: { type: 'string' },
    threads: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const days = Number(flags.days);
const tasks = evaluationTasks([Number(flags.seed)], Number(flags.budget), {
  kinds: flags.kinds.split(',') as TenantKind[],
  tenants: Number(flags.tenants),
  days,
  campaigns: flags.clean ? 0 : Number(flags.campaigns),
  ...(flags.scenarios === undefined ? {} : { scenarios: flags.scenarios.split(',') }),
  intensities: flags.intensity.split(',').map(Number),
  ...(flags.share === undefined ? {} : { shares: flags.share.split(',').map(Number) }),
  tenant: {
    ...(flags.accounts === undefined ? {} : { accounts: Number(flags.accounts) }),
    ...(flags.events === undefined ? {} : { eventsPerDay: Number(flags.events) }),
  },
});

function judge(tenants: readonly JudgedTenant[]): Evaluation {
  return evaluateIncidents(
    tenants.flatMap(({ incidents }) => incidents),
    tenants.flatMap(({ alerts }) => alerts),
    tenants.flatMap(({ campaigns }) => campaigns),
    {
      tenantDays: tenants.reduce((sum, tenant) => sum + daysOf(tenant), 0),
      benign: tenants.flatMap(({ benign }) => benign),
      start: tenants[0]?.start,
    },
  );
}

function show(tenant: JudgedTenant, seconds: number): void {
  const one = judge([tenant]);
  const missed = one.campaigns.filter(({ delay }) => delay === undefined).map(({ scenario }) => scenario);
  console.log(
    `${tenant.tenant.padEnd(16)} ${String(tenant.events).padStart(8)} events  recall ${one.recall.hits}/${one.recall.of}  false ${one.falseIncidents} (${one.falsePerTenantDay.toFixed(2)} a day)  missed ${missed.join(' ') || '-'}  ${seconds.toFixed(0)} s`,
  );
  if (!flags.verbose) return;
  const records = new Map(tenant.incidents.map((incident) => [incident.incident_id, incident]));
  for (const result of one.incidents) {
    const incident = records.get(result.incident);
    if (incident === undefined) continue;
    console.log(
      `    ${result.class.padEnd(13)} ${incident.severity.padEnd(8)} ${incident.started_at.slice(5, 16)} ${incident.entity.kind} ${incident.entity.id.slice(0, 60)} | ${incident.detectors.join(' ')} | ${[...result.campaigns, ...result.notes].join(' ')}`,
    );
  }
}

let begun = performance.now();
const judges = { addresses: await loadAddressTables({}), bundle: evaluationBundle(flags.bundle) };
const all = await judgeTenants(tasks, judges, Number(flags.threads), (tenant) => {
  const now = performance.now();
  show(tenant, (now - begun) / 1000);
  begun = now;
});

const total = judge(all);
const share = (hits: number, of: number): string => {
  const { low, high } = wilson(hits, of);
  return `${String(hits).padStart(3)}/${String(of).padEnd(3)} ${of === 0 ? '' : `${((100 * hits) / of).toFixed(0).padStart(3)} % [${(100 * low).toFixed(0)}, ${(100 * high).toFixed(0)}]`}`;
};
console.log(`\nseed ${flags.seed}, ${tasks.length} tenants, ${days} days each, intensity ${flags.intensity}, budget ${flags.budget} a day`);
console.log('scenario                         recall, 95 % interval   median minutes to detect');
for (const { scenario, recall, medianDelay } of total.byScenario) {
  console.log(
    `${scenario.padEnd(32)} ${share(recall.hits, recall.of).padEnd(24)} ${medianDelay === undefined ? '' : (medianDelay / 60_000).toFixed(0)}`,
  );
}
console.log(`${'all'.padEnd(32)} ${share(total.recall.hits, total.recall.of)}`);
console.log(
  `false incidents ${total.falseIncidents}, ${total.falsePerTenantDay.toFixed(2)} per tenant and day; precision ${total.precision.toFixed(2)}`,
);
console.log(`false incidents by benign note: ${JSON.stringify(total.falseByNote)}`);
console.log(
  `false incidents per tenant by day of the run: ${total.falseByDay.map((count) => (count / tasks.length).toFixed(2)).join(' ')}`,
);
if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify({ flags, total }, null, 2)}\n`);
