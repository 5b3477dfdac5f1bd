import { ALL_DETECTORS } from '../models/detectors/index.ts';
import { PopulationLearner } from '../models/population.ts';
import type { Config, SourceConfig, TenantConfig } from '../schemas/config.ts';
import type { AlertConfig, TenantAlertConfig } from './alerting/alert-config.ts';
import { createAlertStage } from './alerting/alert-stage.ts';
import type { InputPartition, Topology } from './core/topology-contract.ts';
import type { AddressTables } from './ingest/addresses.ts';
import { AddressData, NO_ADDRESS_DATA } from './ingest/addresses.ts';
import { createNormaliseStage } from './ingest/normalise.ts';
import type { FormatName } from './ingest/normalise-config.ts';
import { defaultLateness } from './ingest/normalise-config.ts';
import { createAccountStage } from './scoring/account-stage.ts';
import { createMergeStage } from './scoring/merge-stage.ts';
import type { TenantSettings, ViewStageConfig } from './scoring/tenant-settings.ts';

/**
 * The map: which stages there are, by what each is keyed, and what runs between them. Read this first. Both drivers run
 * it: embedded connects the stages with channels between threads, Kafka with topics; neither declares it again.
 *
 *   stage       keyed by               takes                  gives
 *   normalise   input partition        raw records            events (by account), dead letters, watermarks
 *   identify    (tenant, session)      events                 events with the session's account; only where a source names
 *                                                             a session field, and not built yet: such events go on anonymous
 *   account     (tenant, account)      events                 partials (by interface, source, target), candidates, windows, late
 *   merge       (tenant, view, key)    partials               candidates, windows
 *   alert       (tenant)               candidates             alerts, incidents, shared knowledge (back to account and merge)
 */
export const TOPOLOGY = [
  { stage: 'normalise', key: 'input partition', in: 'input topics, files', out: ['events', 'dead', 'control'] },
  { stage: 'account', key: 'tenant, account', in: 'weir.events', out: ['partials', 'candidates', 'windows', 'late', 'control'] },
  { stage: 'merge', key: 'tenant, view, key', in: 'weir.partials', out: ['candidates', 'windows', 'control'] },
  { stage: 'alert', key: 'tenant', in: 'weir.candidates', out: ['alerts', 'incidents', 'shared'] },
] as const;

/** All that the stages are made from. Plain (structured-clonable) data: every thread makes its own stages from it. */
export interface TopologyConfig {
  config: Config;
  /** what each tenant has, those that only a source names included */
  tenants: Record<string, TenantConfig>;
  /** what a tenant has that nobody named before */
  otherTenant: TenantConfig;
  /** hash key by tenant: four 32-bit words */
  keys: Record<string, readonly number[]>;
  configVersion: string;
  model: { name: string; version: string };
  /** country and network of addresses; undefined: nothing is known */
  addresses?: AddressTables;
}

export function createTopology(settings: TopologyConfig): Topology {
  const addresses = settings.addresses === undefined ? NO_ADDRESS_DATA : new AddressData(settings.addresses);
  return {
    createNormalise: (input, partitions) => createNormaliseStage(normaliseConfig(settings, input, partitions), { addresses }),
    createAccount: (task, partitions) => createAccountStage(viewConfig(settings, task, partitions)),
    createMerge: (task, partitions) => createMergeStage(viewConfig(settings, task, partitions)),
    createAlert: (partitions) =>
      createAlertStage(
        { ...alertConfig(settings), upstreams: 2 * partitions },
        { detectors: ALL_DETECTORS, learners: [new PopulationLearner()] },
      ),
  };
}

function tenantOf(settings: TopologyConfig, tenant: string): TenantConfig {
  return Object.hasOwn(settings.tenants, tenant) ? settings.tenants[tenant] : settings.otherTenant;
}

function normaliseConfig(settings: TopologyConfig, input: InputPartition, partitions: number): Parameters<typeof createNormaliseStage>[0] {
  const tenant = tenantOf(settings, input.tenant);
  const source: Partial<SourceConfig> = settings.config.sources.find((entry) => entry.name === input.source) ?? {};
  return {
    tenant: input.tenant,
    source: input.source,
    format: input.format as FormatName,
    partitions,
    upstreams: input.upstreams,
    lateness: source.lateness,
    trustedProxies: source.trusted_proxies,
    identity: source.identity,
    session: source.session,
    targets: source.targets,
    failure: source.failure,
    fields: source.fields,
    internalNetworks: tenant.internal_networks,
    rules: { sensitive: tenant.sensitive, tags: tenant.tags },
    roles: tenant.roles,
    plain: tenant.values.plain,
    key: settings.keys[input.tenant] ?? [0, 0, 0, 0],
  };
}

function viewConfig(settings: TopologyConfig, task: number, partitions: number): ViewStageConfig {
  const slice = ({ time_zone, calendar, peers }: TenantConfig): TenantSettings => ({
    time_zone,
    calendar,
    contracts: Object.values(peers).flatMap(({ members, until }) =>
      until === undefined ? [] : [{ members, until: Date.parse(`${until}T00:00:00Z`) }],
    ),
  });
  return {
    tenants: Object.fromEntries(Object.entries(settings.tenants).map(([name, tenant]) => [name, slice(tenant)])),
    defaults: slice(settings.otherTenant),
    task,
    partitions,
    nextPartitions: partitions,
  };
}

function alertConfig(settings: TopologyConfig): AlertConfig {
  const slice = (name: string, tenant: TenantConfig): TenantAlertConfig => ({
    timeZone: tenant.time_zone,
    alertBudget: tenant.alert_budget,
    lateness: latenessOf(settings, name),
    sensitivity: tenant.sensitivity,
    overrides: tenant.overrides.map(({ entity, detector, factor, until }) => ({
      entity,
      detector,
      factor,
      ...(until === undefined ? {} : { until: Date.parse(`${until}T00:00:00Z`) }),
    })),
  });
  return {
    configVersion: settings.configVersion,
    model: settings.model,
    tenants: Object.fromEntries(Object.entries(settings.tenants).map(([name, tenant]) => [name, slice(name, tenant)])),
    otherTenants: slice('', settings.otherTenant),
  };
}

/** The longest lateness of a tenant's sources, ms: what its alerts wait for. */
function latenessOf(settings: TopologyConfig, tenant: string): number {
  const sources = settings.config.sources.filter((source) => source.tenant === tenant);
  if (sources.length === 0) return defaultLateness('nginx-json');
  return Math.max(...sources.map((source) => source.lateness ?? (source.format === undefined ? 0 : defaultLateness(source.format))));
}
