import { z } from 'zod';
import { ENTITY_KINDS } from './alert.ts';
import { PRIVATE_NETWORKS } from './private-networks.ts';

/**
 * The shape of weir.yaml. Unknown keys are errors; everything but `sources` has a default. Keys are the file's own
 * names (snake_case); durations come out in milliseconds, everything else as written.
 */

/** Formats of input records; `format` of a source. Left out, the format is detected from the first lines. */
export const FORMATS = [
  'nginx-json',
  'combined',
  'apisix',
  'kong',
  'envoy-json',
  'zeek-conn',
  // text; some take the pattern that the gateway itself was given
  'nginx',
  'apache',
  'ingress-nginx',
  'envoy',
  'traefik',
  'haproxy',
  'aws-alb',
  'aws-cloudfront',
  'aws-vpc-flow',
  'iis',
  // JSON
  'traefik-json',
  'caddy',
  'tyk',
  'aws-api-gateway',
  'azure-apim',
  'azure-front-door',
  'otel',
  'ecs',
  'suricata',
  'zeek-http',
  'goflow2',
  // any other log, by what the source says of it
  'json',
  'regex',
] as const;
export type Format = (typeof FORMATS)[number];

/** Kinds of interfaces that detectors treat apart; each a list of patterns, guessed where unset. */
export const TAG_NAMES = ['login', 'register', 'send_code', 'benefit', 'export'] as const;
export type TagName = (typeof TAG_NAMES)[number];

/** What a record can say; services/ingest/fields.ts explains each, and a test keeps the two in step. */
export const RECORD_FIELDS = [
  'time',
  'start',
  'duration',
  'duration_ms',
  'duration_us',
  'duration_ns',
  'status',
  'bytes_in',
  'bytes_out',
  'address',
  'forwarded',
  'forwarded_header',
  'x_real_ip',
  'cf_connecting_ip',
  'true_client_ip',
  'proxy_protocol_addr',
  'method',
  'request',
  'path',
  'query',
  'query_object',
  'operation',
  'host',
  'agent',
  'fingerprint',
  'records',
  'cookie',
  'peer_address',
  'port',
  'peer_port',
  'protocol',
  'state',
  'sampling',
  'local_source',
  'local_peer',
] as const;

/** What tenants and sources may be called. */
export const TENANT_NAME = /^[a-z0-9-]{1,63}$/;

const DAY_MS = 86_400_000;
const DURATION_UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Milliseconds of `90s`, `2m`, `1h`, `7d`; undefined when the text is not a duration. */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS]);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(`${text}|`).exec('')?.length === 2;
  } catch {
    return false; // no regular expression
  }
}

function isNetwork(text: string): boolean {
  return [z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()].some((kind) => kind.safeParse(text).success);
}

const duration = z
  .string()
  .regex(DURATION, 'a duration is a number and a unit of ms, s, m, h, d, as in 2m')
  .transform((text) => durationMs(text) as number);
const date = z.string().refine(isDate, 'a date is written 2026-12-31');
const network = z.string().refine(isNetwork, 'a network is an address with a prefix length, as in 10.0.0.0/8 or 2001:db8::/32');
const interfacePattern = z
  .string()
  .regex(
    /^(\*|[A-Z]+(\|[A-Z]+)*) \S+$/,
    'an interface pattern is METHOD (or *), a space, and host/path with * for anything, as in "POST */api/login"',
  )
  .describe('METHOD host/path/{template}; * stands for anything');
const accountPattern = z.string().min(1).describe('account id; * stands for anything');
const fieldName = z.string().min(1).describe('name of a field of the raw record; dots go into objects');
const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');
const tenantName = z.string().regex(TENANT_NAME, 'tenant names are 1 to 63 of a-z, 0-9 and -');

const topicName = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'topic names are 1 to 249 letters, digits, . _ and -');
const address = z.string().regex(/^\S+:\d{1,5}$/, 'an address to listen on is host:port, as in 127.0.0.1:9600');

const Tls = z.strictObject({
  ca: z.string().min(1).optional().describe("file with certificate authorities (PEM); left out: the system's"),
  cert: z.string().min(1).optional().describe('file with the own certificate (PEM), where the server asks for one'),
  key: z.string().min(1).optional().describe('file with its key (PEM)'),
});
/** Paths of PEM files. */
export type TlsFiles = z.output<typeof Tls>;

const Tags = z.strictObject({
  login: z.array(interfacePattern).optional(),
  register: z.array(interfacePattern).optional(),
  send_code: z.array(interfacePattern).optional(),
  benefit: z.array(interfacePattern).optional(),
  export: z.array(interfacePattern).optional(),
} satisfies Record<TagName, z.ZodType>);

const Calendar = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'a country is two capital letters, as in CN, with a region where holidays differ, as in DE-BY')
    .optional()
    .describe('built-in public holidays of this country'),
  days: z
    .record(date, z.enum(['holiday', 'work']))
    .default({})
    .describe('own days; they win over the built-in ones'),
});

const Override = z.strictObject({
  entity: z.strictObject({ kind: z.enum(ENTITY_KINDS), id: z.string().min(1) }),
  detector: z.string().min(1).optional().describe('left out: all'),
  factor: z
    .number()
    .min(0)
    .max(1000)
    .describe('multiplies what may be expected of the entity: 0 never alerts, 0.1 ten times more rarely, 10 ten times more readily'),
  until: date.optional().describe('first day, UTC, on which it no longer holds; left out: for good'),
  by: z.string().min(1).describe('who decided it'),
  reason: z.string().min(1),
});

/** What a list of addresses says of those in it; `kind` of a tenant's list. */
export const LIST_KINDS = ['own', 'partner', 'bastion', 'crawler', 'hosting', 'mobile', 'threat'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

const AddressList = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_-]{1,63}$/, 'list names are 1 to 63 of a-z, 0-9, _ and -'),
    kind: z.enum(LIST_KINDS).describe('what it says of an address to be in it'),
    networks: z.array(network).min(1).optional(),
    file: z
      .string()
      .min(1)
      .optional()
      .describe('a network a line, # begins a comment, or CSV with columns network,until,note; read again when it changes'),
    until: date.optional().describe('first day, UTC, on which the list no longer holds; left out: for good'),
  })
  .refine((list) => (list.networks === undefined) !== (list.file === undefined), 'needs one of `networks` and `file`');
export type AddressListConfig = z.output<typeof AddressList>;

export const TenantConfig = z.strictObject({
  time_zone: z.string().refine(isTimeZone, 'a time zone is an IANA name, as in Asia/Shanghai or UTC').default('UTC'),
  calendar: Calendar.prefault({}),
  alert_budget: z.number().gt(0).max(1000).default(1).describe('expected false incidents a day, over all detectors of the tenant'),
  sensitivity: z
    .record(z.string().min(1), z.number().min(0).max(100))
    .default({})
    .describe('detector -> its weight in the split of the budget; 1 where unset, 0 switches it off'),
  overrides: z.array(Override).default([]).describe('exceptions for single entities'),
  retention: duration
    .refine((ms) => ms >= DAY_MS, 'retention is at least 1d')
    .prefault('60d')
    .describe('how long alerts, incidents, windows, late events and dead letters are kept'),
  internal_networks: z.array(network).default(PRIVATE_NETWORKS),
  lists: z
    .array(AddressList)
    .refine((lists) => new Set(lists.map(({ name }) => name)).size === lists.length, 'list names are unique within a tenant')
    .default([])
    .describe('what is known of addresses: own, partners, bastions, threat intelligence'),
  documents: z
    .array(z.string().min(1))
    .default([])
    .describe('OpenAPI documents (2.0, 3.x; YAML or JSON) of the interfaces, relative to the config file: better than learned templates'),
  sensitive: z.array(interfacePattern).default([]).describe('interfaces whose answers must not leak'),
  tags: Tags.prefault({}).describe('kinds of interfaces; unset ones are guessed, an empty list means none'),
  roles: z.strictObject({ admin: z.array(accountPattern).default([]), service: z.array(accountPattern).default([]) }).prefault({}),
  peers: z
    .record(
      z.string().min(1),
      z.strictObject({ members: z.array(accountPattern).min(1), until: date.optional().describe("a contract's end") }),
    )
    .default({})
    .describe('accounts that should behave alike'),
  values: z
    .strictObject({ plain: z.array(z.enum(['account', 'source'])).default(['account', 'source']) })
    .prefault({})
    .describe('which ids are stored readable; all others are keyed hashes'),
});
export type TenantConfig = z.output<typeof TenantConfig>;

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Where a client's address may be reported by the proxy in front; `address_from` of a source. */
export const ADDRESS_FIELDS = [
  'forwarded',
  'x_forwarded_for',
  'x_real_ip',
  'cf_connecting_ip',
  'true_client_ip',
  'proxy_protocol_addr',
] as const;

/** Kinds of evidence for who the account is; `as` of an identity rule. */
export const IDENTITY_KINDS = [
  'consumer',
  'api_key',
  'jwt',
  'cookie',
  'header',
  'remote_user',
  'login_field',
  'session',
  'certificate',
] as const;

const IdentityRule = z.union([
  fieldName,
  z
    .strictObject({
      field: fieldName,
      as: z.enum(IDENTITY_KINDS).optional().describe('what kind of evidence it is; left out: guessed from the name'),
      claim: z
        .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
        .optional()
        .describe('the value is a JWT, bare or behind Bearer: the first of these claims that is set'),
      verify: z
        .strictObject({
          secret_env: environmentName.optional().describe('environment variable with the secret (HS256, HS384, HS512)'),
          keys: z.string().min(1).optional().describe('file with public keys: a JWKS, or PEM'),
        })
        .refine((keys) => (keys.secret_env === undefined) !== (keys.keys === undefined), 'needs one of `secret_env` and `keys`')
        .optional()
        .describe('the JWT counts only when its signature holds; left out: the gateway has checked it'),
      pattern: z
        .string()
        .refine(isPattern, 'a pattern is a regular expression with one group, the account, as in "CN=([^,]+)"')
        .optional()
        .describe('which part of the value is the account: the first group; a value that does not match names nobody'),
      hashed: z.boolean().optional().describe('stored as a keyed hash; default: API keys and other secrets are'),
    })
    .refine((rule) => rule.verify === undefined || rule.claim !== undefined, { path: ['verify'], error: 'needs `claim`' }),
]);
export type IdentityRuleConfig = z.output<typeof IdentityRule>;

export const SourceConfig = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, 'source names are 1 to 63 letters, digits, _ . and -'),
    tenant: tenantName.default('default'),
    format: z.enum(FORMATS).optional().describe('left out: detected from the first lines'),
    files: z.array(z.string().min(1)).min(1).optional().describe('paths, relative to the config file; .gz accepted'),
    kafka: z
      .strictObject({
        topic: topicName.describe("the user's own topic; each of its partitions is an input partition"),
        from: z
          .enum(['beginning', 'end'])
          .default('beginning')
          .describe('where to begin when Weir has never read the topic; afterwards it goes on where it was'),
      })
      .optional()
      .describe('a topic that a gateway or a log shipper writes to; `format` has to be given'),
    http: z
      .strictObject({ token_env: environmentName.describe('environment variable with the token that senders have to show') })
      .optional()
      .describe('records are posted to /v1/sources/NAME, as NDJSON or as a JSON array'),
    pattern: z
      .string()
      .min(1)
      .optional()
      .describe(
        "nginx's log_format, Apache's LogFormat or Envoy's format string, as configured there; `regex`: a pattern with named groups",
      ),
    fields: z
      .partialRecord(z.enum(RECORD_FIELDS), fieldName)
      .optional()
      .describe('what a record says -> the name under which this log says it, or a JSON pointer (/request/headers/0)'),
    trusted_proxies: z
      .array(network)
      .default([])
      .describe('proxies whose report of the client is believed: X-Forwarded-For is walked from the right over these only'),
    proxy_hops: z
      .int()
      .min(1)
      .max(16)
      .optional()
      .describe('how many proxies stand in front where their addresses are not known: that many entries of X-Forwarded-For are ours'),
    address_from: z
      .array(z.enum(ADDRESS_FIELDS))
      .min(1)
      .optional()
      .describe('which report of a trusted proxy counts, the first that is there; default: x_forwarded_for'),
    identity: z
      .array(IdentityRule)
      .min(1)
      .optional()
      .describe('fields, or rules, that name the account; the first that is set wins; left out: guessed'),
    session: fieldName
      .optional()
      .describe(
        'field with the session id: requests of a session that logged in are that account, before the login too (within the lateness)',
      ),
    bodies: z
      .array(fieldName)
      .default([])
      .describe('fields with samples of request or response bodies: looked through for sensitive data, never stored'),
    request_id: fieldName
      .optional()
      .describe("field with an id that is one request's alone: what a shipper sends twice within the lateness counts once"),
    targets: z
      .array(fieldName)
      .optional()
      .describe('fields whose value is what is probed or hit: phone number, user name; left out: guessed'),
    failure: z
      .strictObject({ field: fieldName, not: z.array(scalar).min(1).optional(), is: z.array(scalar).min(1).optional() })
      .refine(
        (rule) => (rule.not === undefined) !== (rule.is === undefined),
        'needs one of `not` (every other value is a failure) and `is`',
      )
      .optional()
      .describe('which value of which field says that the request failed'),
    lateness: duration.optional().describe("how late events may come; left out: the format's own (2m; zeek-conn 1h)"),
  })
  .refine(
    (source) => [source.files, source.kafka, source.http].filter((way) => way !== undefined).length === 1,
    'needs one of `files`, `kafka` and `http`',
  )
  .refine((source) => source.files !== undefined || source.format !== undefined, {
    path: ['format'],
    error: 'has to be given for `kafka` and `http`: nothing is there yet to detect it from',
  });
export type SourceConfig = z.output<typeof SourceConfig>;

const EmbeddedStore = z.strictObject({ path: z.string().min(1).default('./weir-data') });
const ServerStore = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'a ClickHouse server is given as http://host:8123' }),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a database name is letters, digits and _')
    .default('weir')
    .describe('made when missing'),
  username: z.string().min(1).optional(),
  password_env: environmentName.optional(),
  tls: Tls.optional(),
  cluster: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, "the name of a cluster in the server's remote_servers")
    .optional()
    .describe('tables are made ON CLUSTER with ReplicatedReplacingMergeTree; left out: on the one server'),
});

const Sasl = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
  username: z.string().min(1),
  password_env: environmentName,
});

/** Where the brokers are, and what Weir's own topics are like. */
const Kafka = z.strictObject({
  brokers: z
    .array(z.string().regex(/^\S+:\d+$/, 'a broker is host:port'))
    .min(1)
    .default(['127.0.0.1:9092']),
  client_id: z.string().min(1).default('weir'),
  tls: z.union([z.boolean(), Tls]).default(false).describe("true: the system's certificate authorities"),
  sasl: Sasl.optional(),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, 'a prefix is 1 to 32 letters, digits, _ and -')
    .default('weir')
    .describe('of our own topics (weir.events), consumer groups and transactional ids: one for each installation'),
  partitions: z
    .int()
    .min(1)
    .max(256)
    .default(6)
    .describe('of our own topics: how many processes can share a stage; fixed for the life of the topics'),
  alert_partitions: z.int().min(1).max(256).default(1).describe("of each tenant's alert and incident topics"),
  replication: z.int().min(1).max(16).default(1).describe('copies of our own topics'),
  retention: duration
    .refine((ms) => ms >= 3_600_000, 'retention is at least 1h')
    .prefault('3d')
    .describe('how long the topics between our stages are kept; longer than any outage'),
  alert_retention: duration.prefault('60d').describe('how long alert, incident, late and dead-letter topics are kept'),
  state: z.string().min(1).default('./weir-state').describe('folder for snapshots, shared by all processes, relative to the config file'),
  commit_every: duration.prefault('200ms').describe('how long outcomes are gathered for one transaction, at most'),
  snapshot_every: duration
    .prefault('60s')
    .describe(
      'how old the saved state of a task gets before it is saved again: what came since is replayed when another process takes over',
    ),
  idle_after: duration.prefault('30s').describe('a partition that brings nothing for so long no longer holds its tenant back'),
  session_timeout: duration.prefault('30s').describe('a process that is not heard of for so long loses its partitions'),
});

export type KafkaConfig = z.output<typeof Kafka>;

const Serve = z.strictObject({
  listen: address.default('127.0.0.1:9600').describe('where /metrics, /healthz and /readyz are answered'),
  http: z
    .strictObject({
      listen: address.default('127.0.0.1:9610').describe('where sources with `http` post their records'),
      max_body: z
        .int()
        .min(1024)
        .max(1 << 30)
        .default(16 << 20)
        .describe('bytes of one request, unpacked'),
      max_waiting: z
        .int()
        .min(1 << 20)
        .default(1 << 30)
        .describe('bytes taken and not yet processed, per source, above which senders are told to wait (429)'),
    })
    .prefault({}),
  drain: duration.prefault('20s').describe('how long a stop by signal may take'),
});
export type ServeConfig = z.output<typeof Serve>;

export const ConfigSchema = z
  .strictObject({
    tenants: z.record(tenantName, TenantConfig).default({}),
    sources: z.array(SourceConfig).min(1),
    address_data: z
      .strictObject({ csv: z.string().min(1) })
      .optional()
      .describe('columns prefix,country,region,asn,organisation,kind; left out: the packaged databases'),
    store: z
      .union([ServerStore, EmbeddedStore])
      .prefault({})
      .describe('{ path } embedded, or { url, username, password_env } a ClickHouse server'),
    models: z
      .strictObject({
        backend: z
          .enum(['auto', 'wasm', 'node', 'cpu'])
          .default('auto')
          .describe('where the autoencoder runs: `weir doctor` measures what loads here; auto is wasm, else cpu'),
      })
      .prefault({})
      .describe('trained scorers; which version judges is said by `weir models`'),
    kafka: Kafka.prefault({}),
    serve: Serve.prefault({}).describe('what `weir serve` listens on'),
    values: z
      .strictObject({ key_env: environmentName.default('WEIR_KEY') })
      .prefault({})
      .describe("master key of the tenants' hash keys"),
    alerts: z
      .strictObject({
        webhooks: z
          .array(
            z.strictObject({
              url: z.url({ protocol: /^https?$/, error: 'a webhook is an http or https URL' }),
              secret_env: environmentName.optional(),
            }),
          )
          .default([]),
      })
      .prefault({}),
  })
  .superRefine((config, context) => {
    const seen = new Map<string, number>();
    config.sources.forEach((source, index) => {
      const first = seen.get(source.name);
      if (first !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['sources', index, 'name'],
          message: `source names are unique; sources[${first}] has it already`,
        });
      } else seen.set(source.name, index);
    });
    const topics = new Map<string, number>();
    config.sources.forEach(({ kafka }, index) => {
      if (kafka === undefined) return;
      const first = topics.get(kafka.topic);
      if (first !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['sources', index, 'kafka', 'topic'],
          message: `a topic belongs to one source; sources[${first}] reads it already`,
        });
      } else topics.set(kafka.topic, index);
    });
  });
export type Config = z.output<typeof ConfigSchema>;

/** What editors check weir.yaml against (draft 2020-12). */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(ConfigSchema, { io: 'input' }), title: 'weir.yaml' };
}
