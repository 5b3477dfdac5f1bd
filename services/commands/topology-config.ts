import { MODEL } from '../../models/version.ts';
import type { Config, SourceConfig, TenantConfig } from '../../schemas/config.ts';
import type { KnownInput } from '../drivers/embedded/driver.ts';
import type { AddressListTable } from '../ingest/addresses/address-lists.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import { loadTokenKeys } from '../ingest/identity/token-key-loader.ts';
import { type Documents, documentsOf } from '../ingest/interfaces/openapi-loader.ts';
import type { TopologyConfig } from '../topology.ts';
import { tenantConfig } from './config.ts';
import { tenantKey } from './master-key.ts';

export interface TopologyParts {
  config: Config;
  /** version of the config */
  version: string;
  /** the config's sources, and those of files that it does not name */
  sources: readonly SourceConfig[];
  /** what will be read: gives sources their detected formats */
  inputs: readonly KnownInput[];
  /** master key */
  key: Uint8Array;
  addresses?: AddressTables;
  /** lists of addresses by tenant */
  lists?: Readonly<Record<string, readonly AddressListTable[]>>;
  /** what the tenants' documents say; left out: as their files are now */
  documents?: Documents;
  /** trained scorers, and from when on each judges */
  models?: Pick<TopologyConfig, 'bundles' | 'switches'>;
}

/** What the stages are made from: the whole config, with every tenant and format that the inputs bring in. */
export function topologyConfigOf({
  config,
  version,
  sources,
  inputs,
  key,
  addresses,
  lists,
  documents,
  models,
}: TopologyParts): TopologyConfig {
  const formats = new Map<string, KnownInput>();
  for (const input of inputs) {
    // files of one source may differ in format: alerts wait for the slowest
    if (input.lateness > (formats.get(input.source)?.lateness ?? -1)) formats.set(input.source, input);
  }
  const names = new Set([
    ...Object.keys(config.tenants),
    ...sources.map((source) => source.tenant),
    ...inputs.map((input) => input.tenant),
  ]);
  const tenants: Record<string, TenantConfig> = {};
  const keys: Record<string, readonly number[]> = {};
  for (const name of [...names].sort()) {
    tenants[name] = tenantConfig(config, name);
    keys[name] = [...tenantKey(key, name)];
  }
  return {
    config: {
      ...config,
      sources: sources.map((source) => ({
        ...source,
        format: source.format ?? (formats.get(source.name)?.format as SourceConfig['format']),
      })),
    },
    tenants,
    otherTenant: tenantConfig({ ...config, tenants: {} }, ''),
    keys,
    configVersion: version,
    model: MODEL,
    backend: config.models.backend,
    documents: documents ?? documentsOf(tenants),
    tokenKeys: Object.fromEntries(sources.map((source) => [source.name, loadTokenKeys(source)])),
    ...models,
    addresses,
    lists,
  };
}
