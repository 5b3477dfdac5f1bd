import type { Format, IdentityRuleConfig, SourceConfig, TenantConfig } from '../../schemas/config.ts';
import type { AddressLists } from './addresses/address-lists.ts';
import type { AddressData } from './addresses/addresses.ts';
import type { RuleKeys } from './identity/token-key-loader.ts';
import type { InterfaceRules } from './interfaces/interface-tags.ts';
import type { ApiOperation } from './interfaces/openapi.ts';
import type { RecordTrace } from './records/record-trace.ts';

export type FormatName = Format;

/** The slice of the config that the normalise stage of one source needs. Plain data. */
export interface NormaliseConfig {
  tenant: string;
  /** name of the source; also stands for the host of records without one */
  source: string;
  format: FormatName;
  /** number of account partitions */
  partitions: number;
  /** how many input partitions the tenant has: goes into watermark records */
  upstreams: number;
  /** how late events may come, ms; left out: the format's default */
  lateness?: number;
  /** log_format, LogFormat or regular expression of a format that takes one */
  pattern?: string;
  /** networks over which X-Forwarded-For is walked */
  trustedProxies?: readonly string[];
  /** proxies in front whose addresses are not known: so many entries of X-Forwarded-For are theirs */
  proxyHops?: number;
  /** reports of the client's address, in the order of preference */
  addressFrom?: SourceConfig['address_from'];
  /** fields or rules that name the account, in this order; left out: the format's usual ones */
  identity?: readonly IdentityRuleConfig[];
  /** keys that rules of `identity` verify tokens with, by the rule's number */
  tokenKeys?: RuleKeys;
  /** field that names the session */
  session?: string;
  /** the tenant's events go to identify tasks: those with a session by it, not by the account */
  joined?: boolean;
  /** field with an id that is one request's alone */
  requestId?: string;
  /** fields or query parameters (arg_NAME) whose value is a target; left out: the usual names */
  targets?: readonly string[];
  failure?: { field: string; not?: readonly (string | number | boolean)[]; is?: readonly (string | number | boolean)[] };
  /** fields with samples of bodies, looked through for sensitive data */
  bodies?: readonly string[];
  /** own names of fields: FieldName -> name in the log */
  fields?: Readonly<Record<string, string>>;
  rules?: InterfaceRules;
  /** operations of the tenant's OpenAPI documents */
  documents?: readonly ApiOperation[];
  roles?: { admin: readonly string[]; service: readonly string[] };
  internalNetworks?: readonly string[];
  /** which ids are stored readable */
  plain?: readonly ('account' | 'source')[];
  /** the tenant's hash key: four 32-bit words */
  key: Uint32Array | readonly number[];
}

export interface NormaliseDeps {
  addresses: AddressData;
  /** the tenant's lists of addresses; left out: none */
  lists?: AddressLists;
  /** is told of each record what was found in it; for commands that explain, not for work */
  trace?: (trace: RecordTrace) => void;
}

/** What source and tenant say, as the stage takes it. */
export function normaliseSlice(
  source: Partial<SourceConfig>,
  tenant: TenantConfig,
): Omit<NormaliseConfig, 'tenant' | 'source' | 'format' | 'partitions' | 'upstreams' | 'key' | 'joined'> {
  return {
    lateness: source.lateness,
    pattern: source.pattern,
    trustedProxies: source.trusted_proxies,
    proxyHops: source.proxy_hops,
    addressFrom: source.address_from,
    identity: source.identity,
    session: source.session,
    requestId: source.request_id,
    targets: source.targets,
    failure: source.failure,
    bodies: source.bodies,
    fields: source.fields,
    internalNetworks: tenant.internal_networks,
    rules: { sensitive: tenant.sensitive, tags: tenant.tags },
    roles: tenant.roles,
    plain: tenant.values.plain,
  };
}
