import { IDENTITY_ORIGINS } from '../core/batch.ts';
import { WeirError } from '../core/errors.ts';
import {
  ENVELOPE_FIELDS,
  FIELD_NAMES,
  type FieldMap,
  type FieldName,
  GUESSED_TARGETS,
  type IdentityRule,
  type JsonFormat,
  rulesOf,
  SLOT,
  TARGET_NAMES,
} from './fields.ts';
import { apisix } from './formats/apisix.ts';
import { envoyJson } from './formats/envoy-json.ts';
import { kong } from './formats/kong.ts';
import { nginxJson } from './formats/nginx-json.ts';
import { zeekConn } from './formats/zeek-conn.ts';
import type { CapturePath } from './json-scanner.ts';
import type { FormatName, NormaliseConfig } from './normalise-config.ts';

const JSON_FORMATS: Partial<Record<FormatName, JsonFormat>> = {
  'nginx-json': nginxJson,
  apisix,
  kong,
  'envoy-json': envoyJson,
  'zeek-conn': zeekConn,
};
const COMBINED_USER = 'remote_user';
/** Field in which Zeek's JSON says of which log a record is, where several go one way. */
const ZEEK_LOG = '_path';
const encoder = new TextEncoder();

/** An identity rule as the stage reads it. */
export interface PlannedRule {
  field: string;
  slot: number;
  /** index in IDENTITY_ORIGINS */
  origin: number;
  /** the value is an Authorization header: who it names is read out of it */
  isHeader: boolean;
  /** the value is a secret and is stored hashed */
  secret: boolean;
  /** name of the cookie that the field stands for: cookie_NAME */
  cookie?: Uint8Array;
}

/** Where everything that a source's records say goes: worked out once from format and config. */
export interface FieldPlan {
  kind: 'json' | 'text';
  flows: boolean;
  startFirst: boolean;
  slots: number;
  paths: CapturePath[];
  identity: PlannedRule[];
  /** slot of the user name of a combined line */
  userSlot: number;
  /** slot of the line that a shipper's envelope carries */
  envelopeSlot: number;
  /** Zeek: slot of the name of the log that a record belongs to; -1 for other formats */
  logSlot: number;
  /** slots of logged fields that are targets; index in `targetNames` is the same */
  targetSlots: number[];
  /** all target fields: the logged ones, then the query's */
  targetNames: string[];
  /** query parameters that are targets, and where each stands in `targetNames` */
  queryTargets: string[];
  queryTargetNames: number[];
  targetsGuessed: boolean;
  sessionSlot: number;
  sessionCookie?: Uint8Array;
  /** slot of the request's id; -1 when none is configured */
  requestSlot: number;
  failure?: { slot: number; values: Uint8Array[]; negated: boolean };
  /** names looked for, for messages */
  addressFields: string;
  timeFields: string;
  pathFields: string;
  requestFields: string;
}

export function planFields(config: NormaliseConfig): FieldPlan {
  const format = JSON_FORMATS[config.format];
  const fields = withOwnNames(format?.fields ?? {}, config);
  const paths: CapturePath[] = [];
  let slots: number = FIELD_NAMES.length;
  const byField = new Map<string, number>();

  const capture = (name: string, slot: number, rank: number): void => {
    for (const path of pathsOf(name)) paths.push({ path, slot, rank });
  };
  /** Slot of a field of the record that is wanted by name. */
  const slotOf = (name: string): number => {
    const known = byField.get(name);
    if (known !== undefined) return known;
    const slot = slots++;
    byField.set(name, slot);
    capture(name, slot, 0);
    return slot;
  };

  for (const name of FIELD_NAMES) {
    fields[name]?.forEach((path, rank) => {
      capture(path, SLOT[name], rank);
    });
  }
  const userSlot = slotOf(COMBINED_USER);
  const envelopeSlot = slots++;
  ENVELOPE_FIELDS.forEach((name, rank) => {
    paths.push({ path: [name], slot: envelopeSlot, rank });
  });
  if (format === undefined) {
    // Text lines have these and no others, whatever the config calls them.
    for (const [name, own] of [
      ['http_user_agent', 'agent'],
      ['http_x_forwarded_for', 'forwarded'],
      ['host', 'host'],
      ['remote_addr', 'address'],
      ['status', 'status'],
    ] as const) {
      byField.set(name, SLOT[own]);
    }
  }

  const rules =
    config.identity === undefined
      ? (format?.identity ?? rulesOf([COMBINED_USER]))
      : rulesOf(config.identity.map((rule) => (typeof rule === 'string' ? rule : rule.field)));
  const identity = format?.flows === true ? [] : rules.map((rule) => planRule(rule, slotOf));

  const targetFields = config.targets ?? format?.targets ?? GUESSED_TARGETS;
  const targetNames = format?.flows === true ? [] : [...targetFields];
  const targetSlots = format === undefined ? [] : targetNames.map(slotOf);
  const queryTargets: string[] = [];
  const queryTargetNames: number[] = [];
  targetNames.forEach((name, index) => {
    const parameter = name.startsWith('arg_') ? name.slice(4) : name;
    const isQuery =
      name.startsWith('arg_') || (config.targets === undefined ? (TARGET_NAMES as readonly string[]).includes(name) : !name.includes('.'));
    if (!isQuery || queryTargets.includes(parameter)) return;
    queryTargets.push(parameter);
    queryTargetNames.push(index);
  });

  const { session, failure, requestId } = config;
  const values = failure?.not ?? failure?.is;
  return {
    kind: format === undefined ? 'text' : 'json',
    flows: format?.flows === true,
    startFirst: format?.startFirst === true && config.fields?.time === undefined,
    paths,
    identity,
    userSlot,
    envelopeSlot,
    logSlot: format?.flows === true ? slotOf(ZEEK_LOG) : -1,
    targetSlots,
    targetNames,
    queryTargets,
    queryTargetNames,
    targetsGuessed: config.targets === undefined,
    sessionSlot: session === undefined ? -1 : slotOf(session),
    sessionCookie: session?.startsWith('cookie_') ? encoder.encode(session.slice('cookie_'.length)) : undefined,
    requestSlot: requestId === undefined ? -1 : slotOf(requestId),
    failure:
      failure === undefined || values === undefined
        ? undefined
        : { slot: slotOf(failure.field), values: values.map((value) => encoder.encode(String(value))), negated: failure.not !== undefined },
    addressFields: namesOf(fields.address, 'address'),
    timeFields: namesOf([...(fields.time ?? []), ...(fields.start ?? [])], 'time'),
    pathFields: namesOf([...(fields.path ?? []), ...(fields.request ?? [])], 'path'),
    requestFields: namesOf([...(fields.request ?? []), ...(fields.method ?? []), ...(fields.path ?? [])], 'request'),
    slots,
  };
}

function planRule(rule: IdentityRule, slotOf: (name: string) => number): PlannedRule {
  const planned: PlannedRule = {
    field: rule.field,
    slot: slotOf(rule.field),
    origin: IDENTITY_ORIGINS.indexOf(rule.origin),
    isHeader: /authorization$/i.test(rule.field),
    secret: rule.origin === 'api_key',
  };
  if (rule.field.startsWith('cookie_')) planned.cookie = encoder.encode(rule.field.slice('cookie_'.length));
  return planned;
}

function namesOf(paths: readonly string[] | undefined, field: string): string {
  if (paths === undefined || paths.length === 0) return field;
  return paths.length > 6 ? `${paths.slice(0, 6).join(', ')}, …` : paths.join(', ');
}

/** A name is a path into objects or has its dots itself: both are looked for. */
function pathsOf(name: string): string[][] {
  const parts = name.split('.');
  return parts.length === 1 ? [[name]] : [parts, [name]];
}

/** The format's names with the source's own ones in front. */
function withOwnNames(fields: FieldMap, config: NormaliseConfig): Partial<Record<FieldName, readonly string[]>> {
  const all: Partial<Record<FieldName, readonly string[]>> = { ...fields };
  for (const [name, own] of Object.entries(config.fields ?? {})) {
    if (!(FIELD_NAMES as readonly string[]).includes(name)) {
      throw new WeirError('config', `sources.${config.source}.fields: '${name}' is no field; fields are ${FIELD_NAMES.join(', ')}`);
    }
    const field = name as FieldName;
    // What the source calls by this name is that alone: `duration` in seconds is not also one in milliseconds.
    for (const other of FIELD_NAMES)
      if (other !== field && all[other]?.includes(own)) all[other] = all[other]?.filter((path) => path !== own);
    all[field] = [own, ...(all[field] ?? [])];
  }
  return all;
}
