import type { BackendChoice } from '../models/autoencoder/backend.ts';
import { openBackend } from '../models/autoencoder/backend.ts';
import type { Detector } from '../models/detector.ts';
import { ALL_DETECTORS } from '../models/detectors/index.ts';
import { LEARNED_VIEWS } from '../models/learned/feature-lists.ts';
import type { BundleData, LearnedModels } from '../models/learned/learned-models.ts';
import { openBundle } from '../models/learned/open-bundle.ts';
import { PopulationLearner } from '../models/population.ts';
import { ServersLearner } from '../models/servers.ts';
import { TemplatesLearner } from '../models/templates/index.ts';
import type { Config, SourceConfig, TenantConfig } from '../schemas/config.ts';
import type { AlertConfig, TenantAlertConfig } from './alerting/alert-config.ts';
import { createAlertStage } from './alerting/alert-stage.ts';
import type { TenantSwitch } from './core/control.ts';
import type { InputPartition, Topology } from './core/topology-contract.ts';
import { createIdentifyStage } from './identify/identify-stage.ts';
import { AddressLists, type AddressListTable } from './ingest/addresses/address-lists.ts';
import type { AddressTables } from './ingest/addresses/addresses.ts';
import { AddressData, NO_ADDRESS_DATA } from './ingest/addresses/addresses.ts';
import { defaultLateness } from './ingest/formats/registry.ts';
import type { RuleKeys } from './ingest/identity/token-key-loader.ts';
import { DocumentTemplates } from './ingest/interfaces/document-templates.ts';
import type { ApiOperation } from './ingest/interfaces/openapi.ts';
import { createNormaliseStage } from './ingest/normalise.ts';
import type { FormatName } from './ingest/normalise-config.ts';
import { normaliseSlice } from './ingest/normalise-config.ts';
import { createAccountStage } from './scoring/account-stage.ts';
import { createMergeStage } from './scoring/merge-stage.ts';
import type { TenantSettings, ViewStageConfig } from './scoring/tenant-settings.ts';
import type { Observe } from './scoring/view-scoring.ts';

/**
 * The map: which stages there are, by what each is keyed, and what runs between them. Read this first. Both drivers run
 * it: embedded connects the stages with channels between threads, Kafka with topics; neither declares it again.
 *
 *   stage       keyed by               takes                  gives
 *   normalise   input partition        raw records            events (by account), dead letters, watermarks, inventory facts
 *   identify    (tenant, session)      events                 events, by account, with the session's where they name none. Only of
 *                                                             tenants a source of which names a session field: all that normalise
 *                                                             says of these goes here, and account tasks hear of time from here
 *   account     (tenant, account)      events                 partials (by interface, source, target), candidates, windows, late
 *   merge       (tenant, view, key)    partials               candidates, windows
 *   alert       (tenant)               candidates             alerts, incidents, shared knowledge (back to account and merge)
 */
export const TOPOLOGY = [
  { stage: 'normalise', key: 'input partition', in: 'input topics, files', out: ['events', 'dead', 'inventory', 'control'] },
  { stage: 'identify', key: 'tenant, session', in: 'weir.sessions', out: ['events', 'control'] },
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
  /** bundles of trained scorers: every version that a switch names; left out: baselines alone */
  bundles?: readonly BundleData[];
  /** which bundle judges from when on, in the order in which they were written down */
  switches?: readonly TenantSwitch[];
  /** where the autoencoder's nets run; default `auto` */
  backend?: BackendChoice;
  /** keys that sources' identity rules verify tokens with: source -> by rule */
  tokenKeys?: Record<string, RuleKeys>;
  /** country and network of addresses; undefined: nothing is known */
  addresses?: AddressTables;
  /** operations of OpenAPI documents by tenant; left out: none */
  documents?: Readonly<Record<string, readonly ApiOperation[]>>;
  /** lists of addresses by tenant; left out: none */
  lists?: Readonly<Record<string, readonly AddressListTable[]>>;
}

/**
 * Makes the stages.
 * @param hooks.observe told of every window that trained scorers are asked about; for training, in one thread
 */
export function createTopology(settings: TopologyConfig, hooks: { observe?: Observe } = {}): Topology {
  // alert stages make all checks of a bundle; tasks of the others, which are many, compare the hashes
  const opened = once(() => openBundles(settings, 'hashes'));
  const checked = once(() => openBundles(settings, 'all'));
  const waits = sessionWaits(settings);
  const documented = documentedBy(settings);
  const addresses = settings.addresses === undefined ? NO_ADDRESS_DATA : new AddressData(settings.addresses);
  return {
    createNormalise: (input, partitions) =>
      createNormaliseStage(normaliseConfig(settings, input, partitions), { addresses, lists: listsOf(settings, input.tenant) }),
    joins: Object.keys(waits).length === 0 ? undefined : (tenant) => Object.hasOwn(waits, tenant),
    createIdentify: (task, partitions) => createIdentifyStage({ task, partitions, waits }),
    createAccount: async (task, partitions) =>
      createAccountStage(viewConfig(settings, task, partitions), { models: await opened(), observe: hooks.observe, documented }),
    createMerge: async (task, partitions) =>
      createMergeStage(viewConfig(settings, task, partitions), { models: await opened(), observe: hooks.observe, documented }),
    createAlert: async (partitions) => {
      const models = await checked();
      return createAlertStage(
        { ...alertConfig(settings), upstreams: 2 * partitions },
        {
          detectors: ALL_DETECTORS.filter((detector) => canJudge(detector, models)),
          learners: [new PopulationLearner(), new ServersLearner(), new TemplatesLearner(documented)],
          models,
        },
      );
    },
  };
}

async function openBundles({ bundles, backend }: TopologyConfig, checks: 'all' | 'hashes'): Promise<ReadonlyMap<string, LearnedModels>> {
  const net = once(() => openBackend(backend));
  const models = new Map<string, LearnedModels>();
  for (const bundle of bundles ?? []) models.set(bundle.manifest.version, await openBundle(bundle, net, checks));
  return models;
}

/** A detector without a trained scorer in any bundle has no part of the alert budget. */
function canJudge({ learned }: Detector<never>, models: ReadonlyMap<string, LearnedModels>): boolean {
  if (learned === undefined) return true;
  return [...models.values()].some((model) => LEARNED_VIEWS.some((view) => model.judge(view, learned) !== undefined));
}

/** The same promise for everyone who asks. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Whether a document of a tenant describes an interface; undefined: there are no documents. */
function documentedBy({ documents }: TopologyConfig): ((tenant: string, id: string) => boolean) | undefined {
  const templates = new Map(Object.entries(documents ?? {}).map(([tenant, operations]) => [tenant, new DocumentTemplates(operations)]));
  if (templates.size === 0) return undefined;
  return (tenant, id) => templates.get(tenant)?.match(id) !== undefined;
}

function tenantOf(settings: TopologyConfig, tenant: string): TenantConfig {
  return Object.hasOwn(settings.tenants, tenant) ? settings.tenants[tenant] : settings.otherTenant;
}

function listsOf({ lists }: TopologyConfig, tenant: string): AddressLists {
  return new AddressLists(lists !== undefined && Object.hasOwn(lists, tenant) ? lists[tenant] : []);
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
    ...normaliseSlice(source, tenant),
    documents: Object.hasOwn(settings.documents ?? {}, input.tenant) ? settings.documents?.[input.tenant] : undefined,
    joined: sessionWait(settings, input.tenant) !== undefined,
    tokenKeys: settings.tokenKeys?.[input.source],
    key: settings.keys[input.tenant] ?? [0, 0, 0, 0],
  };
}

function viewConfig(settings: TopologyConfig, task: number, partitions: number): ViewStageConfig {
  const slice = (name: string, { time_zone, calendar, peers }: TenantConfig): TenantSettings => ({
    time_zone,
    calendar,
    joined: sessionWait(settings, name) !== undefined,
    contracts: Object.values(peers).flatMap(({ members, until }) =>
      until === undefined ? [] : [{ members, until: Date.parse(`${until}T00:00:00Z`) }],
    ),
  });
  return {
    tenants: Object.fromEntries(Object.entries(settings.tenants).map(([name, tenant]) => [name, slice(name, tenant)])),
    defaults: slice('', settings.otherTenant),
    switches: settings.switches,
    task,
    partitions,
    nextPartitions: partitions,
  };
}

function alertConfig(settings: TopologyConfig): AlertConfig {
  const slice = (name: string, tenant: TenantConfig): TenantAlertConfig => ({
    timeZone: tenant.time_zone,
    alertBudget: tenant.alert_budget,
    lateness: latenessOf(settings, name) + (sessionWait(settings, name) ?? 0),
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

/**
 * How long events of a tenant wait for a login of their session, ms: the longest lateness of its sources that name
 * sessions; undefined: none does, and its events go from normalise to account.
 */
function sessionWait({ config }: TopologyConfig, tenant: string): number | undefined {
  const waits = config.sources
    .filter((source) => source.tenant === tenant && source.session !== undefined)
    .map(({ lateness, format }) => lateness ?? defaultLateness(format ?? 'nginx-json'));
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function sessionWaits(settings: TopologyConfig): Record<string, number> {
  const tenants = joinedTenants(settings.config);
  return Object.fromEntries(tenants.flatMap((tenant) => [[tenant, sessionWait(settings, tenant) ?? 0]]));
}

/** Tenants whose sessions are joined, in the order of their names. */
export function joinedTenants({ sources }: Pick<Config, 'sources'>): string[] {
  return [...new Set(sources.filter(({ session }) => session !== undefined).map(({ tenant }) => tenant))].sort();
}
