import { createComparators } from '../../models/comparators/index.ts';
import type { LabelledCampaign } from '../../models/evaluation/campaign.ts';
import { FACTORS, ruleOutcomes } from '../../models/evaluation/compare.ts';
import { HourlyCounts } from '../../models/evaluation/hourly-z.ts';
import { lastRevisions } from '../../models/evaluation/incidents.ts';
import type { CampaignTraffic, JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import type { BundleData } from '../../models/learned/learned-models.ts';
import { InThread } from '../drivers/in-thread.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import type { SimulatedEvent } from '../simulation/event.ts';
import { targetId } from '../simulation/labels.ts';
import type { TenantPlan } from '../simulation/plan.ts';
import { planEnd } from '../simulation/plan.ts';
import { unmet } from '../simulation/simulate.ts';
import { createTopology } from '../topology.ts';
import { prepareTenant, replayTenant, SIMULATED_KEY, simulatedTopologyConfig } from '../training/replay-tenant.ts';
import { explanationError } from './explanation-error.ts';
import { plainEvent } from './plain-events.ts';

const HOUR = 3_600_000;

/** One tenant to run and to judge. */
export interface TenantTask {
  plan: TenantPlan;
  /** evaluation seed that it was drawn from */
  seed: number;
  /** false incidents a day that are configured */
  budget: number;
  /** plain rules see the same events */
  comparators: boolean;
  /** what its log holds: all that events have, or the fields that its gateway was told to log, as `weir simulate` writes */
  fields: 'all' | 'told';
}

/** What all tenants of an evaluation have in common. */
export interface Judges {
  addresses: AddressTables;
  /** trained scorers; undefined: baselines alone */
  bundle: BundleData | undefined;
}

/** Runs one simulated tenant through the whole pipeline. Depends on the task and the judges alone. */
export async function judgeTenant(
  { plan, seed, budget, comparators, fields }: TenantTask,
  { addresses, bundle }: Judges,
): Promise<JudgedTenant> {
  const tenant = {
    plan,
    format: plan.kind === 'network' ? 'zeek-conn' : 'nginx-json',
    untold: { tags: false, sensitive: false, roles: false, calendar: false },
  } as const;
  const simulated = prepareTenant(tenant, budget);
  const topology = createTopology({
    ...simulatedTopologyConfig(simulated.config, plan.name, addresses),
    ...(bundle === undefined
      ? {}
      : { bundles: [bundle], switches: [{ tenant: '*', from: 0, champion: bundle.manifest.version, challenger: '' }] }),
  });
  const traffic = new TrafficWatch(plan, simulated.labels.campaigns);
  const key = Uint32Array.from(SIMULATED_KEY);
  const rules = comparators ? createComparators(FACTORS[0]) : [];
  let net: InThread | undefined;
  const events = await replayTenant(
    simulated,
    tenant,
    async (input) => {
      net = await InThread.start(topology, input);
      return net;
    },
    (event, interfaceId) => {
      traffic.take(event, interfaceId);
      if (rules.length === 0) return;
      const plain = plainEvent(event, interfaceId, key);
      for (const rule of rules) rule.take(plain);
    },
    fields,
  );
  const { alerts, incidents } = net as InThread;
  const last = lastRevisions(incidents);
  const nothing = unmet(simulated.world);
  const judged: JudgedTenant = {
    tenant: plan.name,
    kind: plan.kind,
    seed,
    start: plan.start,
    end: planEnd(plan),
    events,
    incidents: last,
    alerts: alerts.map(({ alert_id, entity, window, detected_at }) => ({ alert_id, entity, window, detected_at })),
    volume: { alerts: alerts.length, incidents: last.length, revisions: incidents.length },
    campaigns: simulated.labels.campaigns
      .filter(({ id }) => !nothing.has(id))
      .map((campaign) => ({
        ...campaign,
        targets: campaign.targets.map((target) => targetId(key, target)),
      })),
    benign: simulated.labels.benign,
    traffic: traffic.result(),
    explanationError: alerts.reduce((most, alert) => Math.max(most, explanationError(alert)), 0),
  };
  if (!comparators) return judged;
  return { ...judged, comparators: new Map(rules.map((rule) => [rule.name, ruleOutcomes(rule, rule.end(), judged)])) };
}

/** Looks at a tenant's events as they go by: when those of campaigns come, how small a part they are, what a z-score sees of them. */
class TrafficWatch {
  private readonly start: number;
  private readonly wanted: ReadonlyMap<string, number>;
  private readonly campaigns: readonly (LabelledCampaign & { events: number })[];
  private readonly added: ReadonlySet<string>;
  private readonly times = new Map<string, number[]>();
  private readonly counts: HourlyCounts;
  /** events of the tenant in each campaign's time, an hour at least: a moment holds nothing else */
  private readonly within: { start: number; end: number; events: number }[];

  constructor(plan: TenantPlan, campaigns: readonly (LabelledCampaign & { events: number })[]) {
    this.start = plan.start;
    this.wanted = new Map(
      plan.scenarios.flatMap(({ scenario, share }, i) =>
        share === undefined ? [] : [[`${plan.name}-${i + 1}-${scenario}`, share] as const],
      ),
    );
    this.campaigns = campaigns;
    this.added = new Set(campaigns.filter(({ events }) => events > 0).map(({ id }) => id));
    this.counts = new HourlyCounts(this.start, Math.ceil((planEnd(plan) - plan.start) / HOUR));
    this.within = campaigns.map(({ start, end }) => {
      const from = Date.parse(start);
      return { start: from, end: Math.max(Date.parse(end), from + HOUR), events: 0 };
    });
  }

  take(event: SimulatedEvent, interfaceId: string): void {
    const { at, campaign } = event;
    for (const one of this.within) if (at >= one.start && at <= one.end) one.events++;
    this.counts.take(at, interfaceId, this.added.has(campaign) ? campaign : '');
    if (campaign === '') return;
    const times = this.times.get(campaign);
    if (times === undefined) this.times.set(campaign, [at]);
    else times.push(at);
  }

  result(): ReadonlyMap<string, CampaignTraffic> {
    return new Map(
      this.campaigns.map((campaign, i) => {
        const times = Float64Array.from(this.times.get(campaign.id) ?? []).sort();
        const { events } = this.within[i];
        const [start, end] = [Date.parse(campaign.start), Date.parse(campaign.end)];
        const seenByZ = this.added.has(campaign.id) ? this.counts.sees({ id: campaign.id, start, end }, campaign.interfaces) : undefined;
        const wanted = this.wanted.get(campaign.id);
        return [
          campaign.id,
          { times, share: events > 0 ? Math.min(1, times.length / events) : 0, ...(wanted === undefined ? {} : { wanted }), seenByZ },
        ];
      }),
    );
  }
}
