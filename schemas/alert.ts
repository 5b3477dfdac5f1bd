import { z } from 'zod';

/** Version of the alert and incident records; grows when a field changes its meaning or goes. */
export const ALERT_SCHEMA_VERSION = 1;

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export const ENTITY_KINDS = ['account', 'interface', 'source', 'target', 'tenant'] as const;
export const WINDOW_SIZES = ['1m', '1h', '6h', '1d', '3d', '7d'] as const;
export const BASELINE_SCOPES = ['own', 'peers', 'tenant', 'prior', 'fixed'] as const;

const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .describe('ISO 8601, UTC, milliseconds');
const entity = z.strictObject({
  kind: z.enum(ENTITY_KINDS),
  id: z.string().min(1),
});

/** The smallest change that would not have alerted: all rows applied together do not alert; one step less on the last does. */
const change = z.strictObject({
  feature: z.string(),
  from: z.number(),
  to: z.number(),
  step: z.number().positive().describe('1 for counts, else 1 % of the expected range'),
  score: z.number().describe('score after this change and those before it'),
});

/** One alert: NDJSON line, Kafka value, ClickHouse row, with the same names. */
export const AlertRecord = z.strictObject({
  schema_version: z.literal(ALERT_SCHEMA_VERSION),
  alert_id: z.string().regex(/^[0-9a-f]{32}$/),
  incident_id: z.string().regex(/^[0-9a-f]{32}$/),
  tenant: z.string(),
  detector: z.string(),
  title: z.string(),
  entity,
  related: z.array(entity),
  identity: z.strictObject({
    origin: z.string(),
    confidence: z.number().min(0).max(1),
  }),
  window: z.strictObject({ start: time, end: time, size: z.enum(WINDOW_SIZES) }),
  detected_at: time.describe('window end + lateness'),
  final: z.boolean().describe('false: raised at a provisional end of the input, may be replaced'),
  score: z.number().min(0).max(1),
  severity: z.enum(SEVERITIES),
  bias: z.number(),
  reasons: z
    .array(
      z.strictObject({
        feature: z.string(),
        value: z.number(),
        expected: z.strictObject({ low: z.number(), high: z.number() }),
        baseline: z.strictObject({
          scope: z.enum(BASELINE_SCOPES),
          size: z.number().min(0).describe('evidence behind the baseline, in windows of its own kind'),
        }),
        contribution: z.number(),
        text: z.string(),
      }),
    )
    .describe('every contribution, small ones as one row `other`; bias + contributions = score'),
  counterfactual: z.array(change),
  evidence: z.array(
    z.strictObject({
      source: z.string(),
      partition: z.string(),
      offset: z.number().int().min(0),
      at: time,
      summary: z.string(),
    }),
  ),
  model: z.strictObject({ name: z.string(), version: z.string() }),
  config_version: z.string(),
});
export type AlertRecord = z.infer<typeof AlertRecord>;
export type Reason = AlertRecord['reasons'][number];
export type Change = AlertRecord['counterfactual'][number];
export type Evidence = AlertRecord['evidence'][number];
export type EntityRef = AlertRecord['entity'];
export type Severity = AlertRecord['severity'];
export type WindowSize = (typeof WINDOW_SIZES)[number];
export type BaselineScope = (typeof BASELINE_SCOPES)[number];

/** One state of an incident: alerts that belong together. A later revision replaces an earlier one. */
export const IncidentRecord = z.strictObject({
  schema_version: z.literal(ALERT_SCHEMA_VERSION),
  incident_id: z.string().regex(/^[0-9a-f]{32}$/),
  revision: z.number().int().min(1),
  tenant: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  score: z.number().min(0).max(1),
  status: z.enum(['open', 'closed', 'retracted']),
  entity: entity.describe('what the incident is about: the interface or target where there is one, else the leading actor'),
  actors: z.array(z.strictObject({ kind: z.enum(ENTITY_KINDS), id: z.string(), contribution: z.number() })).max(50),
  actor_count: z.number().int().min(0).describe('all actors that matter, the listed ones included'),
  detectors: z.array(z.string()),
  alert_ids: z.array(z.string()),
  started_at: time,
  ended_at: time,
  detected_at: time,
  final: z.boolean(),
  summary: z.string(),
  config_version: z.string(),
});
export type IncidentRecord = z.infer<typeof IncidentRecord>;
