import { z } from 'zod';

/** Version of the interface record; grows when a field changes its meaning or goes. */
export const INTERFACE_SCHEMA_VERSION = 1;

/**
 * States of an interface, the one that asks most of a reader first: an interface that is in several shows the first.
 * docs/interfaces.md says when each holds.
 */
export const INTERFACE_STATES = ['zombie', 'shadow', 'changed', 'new', 'inactive', 'orphan', 'active', 'unproven'] as const;
export type InterfaceState = (typeof INTERFACE_STATES)[number];

export const FINDING_KINDS = ['masked_differently', 'unmasked', 'open_despite_document'] as const;

const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .describe('ISO 8601, UTC, milliseconds');

const finding = {
  kind: z.enum(FINDING_KINDS),
  type: z.string().describe('type of sensitive data; empty where it is about none'),
  text: z.string(),
};

/** One interface of the inventory: what `weir interfaces --json` prints, one a line. */
export const InterfaceRecord = z.strictObject({
  schema_version: z.literal(INTERFACE_SCHEMA_VERSION),
  tenant: z.string(),
  interface: z.string().describe('METHOD host/path/{template}; of a flow protocol address:port'),
  kind: z.enum(['request', 'flow']),
  state: z.enum(INTERFACE_STATES),
  states: z.array(z.enum(INTERFACE_STATES)).describe('all that hold'),
  reasons: z.array(z.string()).describe('why it is in these states'),
  first_seen: time.nullable().describe('start of the first hour; null for what was never called'),
  last_seen: time.nullable().describe('end of the last hour'),
  requests: z.number().int().min(0),
  callers: z.strictObject({
    about: z.number().int().min(0).describe('accounts, ever; exact below 32, else off by about a sixth'),
    busiest_hour: z.number().int().min(0).describe('the most that any hour had, exact'),
  }),
  methods: z.array(z.string()).describe('of all interfaces with this host and path'),
  statuses: z.strictObject({
    ok: z.number().int().min(0).describe('below 400; refused logins count here'),
    refused: z.number().int().min(0).describe('401, 403'),
    missing: z.number().int().min(0).describe('404, 410'),
    client_errors: z.number().int().min(0),
    server_errors: z.number().int().min(0),
  }),
  answers: z.array(z.string()).describe('classes below 400 that were seen: none, 1xx, 2xx, 3xx'),
  authentication: z.strictObject({
    origins: z.array(z.string()).describe('where accounts of answered requests came from'),
    anonymous: z.number().min(0).max(1).describe('share of the requests that named nobody'),
    anonymous_ok: z.number().int().min(0).describe('requests that named nobody and were answered 2xx'),
    documented: z.enum(['required', 'none', 'unknown']).describe('what the document asks for'),
  }),
  sensitive: z.array(
    z.strictObject({
      type: z.string(),
      masked: z.boolean(),
      mask: z.string().describe('which places of a masked value show: 3*4 is 138****1234; empty where it is not masked'),
      distinct: z.number().int().min(0).describe('different data; exact below 16, else off by about a quarter'),
      first_seen: time,
      last_seen: time,
    }),
  ),
  findings: z.array(z.strictObject(finding)),
  document: z.strictObject({ operation: z.string(), deprecated: z.boolean() }).nullable().describe('what the OpenAPI document says of it'),
  folded: z.array(z.string()).describe('ids that stand behind a learned template, at most 20'),
  folded_count: z.number().int().min(1),
});
export type InterfaceRecord = z.output<typeof InterfaceRecord>;

/** Something about several interfaces of a tenant: what `weir interfaces --findings --json` prints, one a line. */
export const InterfaceFinding = z.strictObject({
  schema_version: z.literal(INTERFACE_SCHEMA_VERSION),
  tenant: z.string(),
  ...finding,
  interfaces: z.array(z.string()).min(1),
});
export type InterfaceFinding = z.output<typeof InterfaceFinding>;
