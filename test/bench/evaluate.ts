import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluateIncidents, lastRevisions } from '../../models/evaluation/incidents.ts';
import { wilson } from '../../models/evaluation/wilson.ts';
import type { BundleData } from '../../models/learned/learned-models.ts';
import { readBundle } from '../../models/registry/bundle-folder.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import type { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { ConfigSchema, TenantConfig } from '../../schemas/config.ts';
import { InThread } from '../../services/drivers/in-thread.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { evaluationPlans } from '../../services/simulation/evaluation-plans.ts';
import { writeLine } from '../../services/simulation/formats/write-line.ts';
import { targetId } from '../../services/simulation/labels.ts';
import { matchingConfig } from '../../services/simulation/matching-config.ts';
import type { TenantKind, TenantPlan } from '../../services/simulation/plan.ts';
import { buildWorld, labelsOf, simulateWorld } from '../../services/simulation/simulate.ts';
import { labelsIn } from '../../services/simulation/write-files.ts';
import { createTopology } from '../../services/topology.ts';

/**
 * `npm run evaluate -- [--kinds consumer,partners,office] [--tenants 4] [--days 12] [--seed 1] [--campaigns 3] [--scenarios NAME,NAME]
 * [--intensity 1] [--share 0.001] [--budget 1] [--accounts N] [--events N] [--clean] [--bundle FOLDER|none]
 * [--verbose] [--out FILE.json]`: detection quality on
 * simulated tenants: recall by scenario with 95 % Wilson intervals, false incidents per tenant and day and what caused
 * them, time to detect. `--bundle`: with these trained scorers instead of the shipped ones; `none`: baselines alone. `--clean`: no campaigns, benign oddities only: is the budget kept?
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
    verbose: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const days = Number(flags.days);
const KEY = [1, 2, 3, 4];
const bundle = bundleOf(flags.bundle);
const addresses = await loadAddressTables({});

/** The bundle of a folder; the newest shipped one when none is named. */
function bundleOf(folder: string | undefined): BundleData | undefined {
  if (folder === 'none') return undefined;
  if (folder !== undefined) return readBundle(folder);
  const catalogue = new BundleCatalogue(undefined);
  return catalogue.newestShipped === undefined ? undefined : catalogue.bundle(catalogue.newestShipped);
}

interface Found {
  alerts: AlertRecord[];
  incidents: IncidentRecord[];
  labels: ReturnType<typeof labelsIn>;
  events: number;
}

async function run(plan: TenantPlan): Promise<Found> {
  const tenant = plan.name;
  const format = plan.kind === 'network' ? 'zeek-conn' : 'nginx-json';
  const world = buildWorld(plan);
  const matching = matchingConfig(
    [world],
    () => format,
    () => '-',
  ) as { tenants: Record<string, { alert_budget?: number }> };
  matching.tenants[tenant].alert_budget = Number(flags.budget);
  const config = ConfigSchema.parse(matching);
  const source = config.sources[0].name;
  const topology = createTopology({
    config,
    tenants: config.tenants,
    otherTenant: TenantConfig.parse({}),
    keys: { [tenant]: KEY },
    configVersion: 'evaluation',
    model: { name: 'baselines', version: '0' },
    addresses,
    ...(bundle === undefined
      ? {}
      : { bundles: [bundle], switches: [{ tenant: '*', from: 0, champion: bundle.manifest.version, challenger: '' }] }),
  });
  const net = await InThread.start(topology, { tenant, source, partition: 'p0', format, upstreams: 1 });
  const encoder = new TextEncoder();
  let lines: string[] = [];
  let offset = 0;
  let line = 1;
  const flush = (): void => {
    const bytes = encoder.encode(lines.join(''));
    net.chunk({ tenant, source, partition: 'p0', offset, line, bytes });
    offset += bytes.length;
    line += lines.length;
    lines = [];
  };
  for (const event of simulateWorld(world)) {
    const text = writeLine(format, event);
    lines.push(text.endsWith('\n') ? text : `${text}\n`);
    if (lines.length >= 2000) flush();
  }
  flush();
  net.end(tenant, 'p0');
  const labels = labelsIn(labelsOf([world]), () => format);
  for (const campaign of labels.campaigns) campaign.targets = campaign.targets.map((target) => targetId(Uint32Array.from(KEY), target));
  return { alerts: net.alerts, incidents: net.incidents, labels, events: line - 1 };
}

const plans = evaluationPlans({
  kinds: flags.kinds.split(',') as TenantKind[],
  tenants: Number(flags.tenants),
  days,
  seed: Number(flags.seed),
  campaigns: flags.clean ? 0 : Number(flags.campaigns),
  ...(flags.scenarios === undefined ? {} : { scenarios: flags.scenarios.split(',') }),
  intensities: flags.intensity.split(',').map(Number),
  ...(flags.share === undefined ? {} : { shares: flags.share.split(',').map(Number) }),
  tenant: {
    ...(flags.accounts === undefined ? {} : { accounts: Number(flags.accounts) }),
    ...(flags.events === undefined ? {} : { eventsPerDay: Number(flags.events) }),
  },
});
const all: Found[] = [];
for (const plan of plans) {
  const begun = performance.now();
  const found = await run(plan);
  all.push(found);
  const one = evaluateIncidents(found.incidents, found.alerts, found.labels.campaigns, { tenantDays: days, benign: found.labels.benign });
  console.log(
    `${plan.name.padEnd(16)} ${String(found.events).padStart(8)} events  recall ${one.recall.hits}/${one.recall.of}  false ${one.falseIncidents} (${one.falsePerTenantDay.toFixed(2)} a day)  missed ${
      one.campaigns
        .filter(({ delay }) => delay === undefined)
        .map(({ scenario }) => scenario)
        .join(' ') || '-'
    }  ${((performance.now() - begun) / 1000).toFixed(0)} s`,
  );
  if (!flags.verbose) continue;
  const last = new Map(lastRevisions(found.incidents).map((incident) => [incident.incident_id, incident]));
  for (const result of one.incidents) {
    const incident = last.get(result.incident);
    if (incident === undefined) continue;
    console.log(
      `    ${result.class.padEnd(13)} ${incident.severity.padEnd(8)} ${incident.started_at.slice(5, 16)} ${incident.entity.kind} ${incident.entity.id.slice(0, 60)} | ${incident.detectors.join(' ')} | ${[...result.campaigns, ...result.notes].join(' ')}`,
    );
  }
}

const total = evaluateIncidents(
  all.flatMap(({ incidents }) => incidents),
  all.flatMap(({ alerts }) => alerts),
  all.flatMap(({ labels }) => labels.campaigns),
  { tenantDays: days * plans.length, benign: all.flatMap(({ labels }) => labels.benign), start: plans[0]?.start },
);
const share = (hits: number, of: number): string => {
  const { low, high } = wilson(hits, of);
  return `${String(hits).padStart(3)}/${String(of).padEnd(3)} ${of === 0 ? '' : `${((100 * hits) / of).toFixed(0).padStart(3)} % [${(100 * low).toFixed(0)}, ${(100 * high).toFixed(0)}]`}`;
};
console.log(`\nseed ${flags.seed}, ${plans.length} tenants, ${days} days each, intensity ${flags.intensity}, budget ${flags.budget} a day`);
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
  `false incidents per tenant by day of the run: ${total.falseByDay.map((count) => (count / plans.length).toFixed(2)).join(' ')}`,
);
if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify({ flags, total }, null, 2)}\n`);
