import { WeirError } from '../core/errors.ts';
import {
  ENVELOPE_FIELDS,
  ENVELOPE_LISTS,
  ENVELOPE_OBJECTS,
  FIELD_NAMES,
  type FieldMap,
  type FieldName,
  OPERATION_FIELDS,
  SLOT,
  TARGET_NAMES,
} from './fields.ts';
import type { Capture, LineFormat, Select, SlotNames } from './format.ts';
import { formatOf } from './formats/registry.ts';
import { type PlannedRule, planRules } from './identity/identity-rules.ts';
import type { NormaliseConfig } from './normalise-config.ts';
import { pathsOf } from './records/json-paths.ts';
import type { CapturePath } from './records/json-scanner.ts';

const encoder = new TextEncoder();

/** `Select` as the stage reads it. */
export interface PlannedSelect {
  slot: number;
  what: string;
  requests: Uint8Array[];
  flows: Uint8Array[];
  oneWay: Uint8Array[];
  absent: Select['absent'];
  unless: number[];
  /** the values that are read, for messages */
  read: string;
}

/** Where everything that a source's records say goes: worked out once from format and config. */
export interface FieldPlan {
  kind: 'json' | 'text';
  flows: boolean;
  /** connections' records are of one direction */
  oneWay: boolean;
  /** what says of which kind a record is */
  select?: PlannedSelect;
  startFirst: boolean;
  /** without a duration it is from `start` to `time` */
  spanned: boolean;
  /** a client may be logged by the name of its host */
  namesClients: boolean;
  slots: number;
  paths: CapturePath[];
  /** reads lines of text; undefined: the format has none */
  lines: LineFormat | undefined;
  identity: PlannedRule[];
  /** slot of the line that a shipper's envelope carries */
  envelopeSlot: number;
  /** slots of arrays whose elements are records, and what each is called */
  listSlots: number[];
  listNames: string[];
  /** slots of objects that the record may lie in */
  objectSlots: number[];
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
  /** slots of samples of bodies */
  bodySlots: number[];
  failure?: { slot: number; values: Uint8Array[]; negated: boolean };
  /** What a record calls the field of a slot, by the rank of the name that gave it. */
  nameOf(slot: number, rank: number): string;
  /** names looked for, for messages */
  addressFields: string;
  timeFields: string;
  pathFields: string;
  requestFields: string;
}

/** @throws WeirError `config` for a field or a pattern that cannot be */
export function planFields(config: NormaliseConfig): FieldPlan {
  const format = formatOf(config.format);
  const isText = format.kind === 'text';
  const fields = withOwnNames(isText ? format.fields : { operation: OPERATION_FIELDS, ...format.fields }, config);
  const syntax = format.syntax?.(config);
  /** Names that records can have; undefined: any. */
  const known = isText ? syntax?.variables : undefined;
  let slots: number = FIELD_NAMES.length;
  const names = new Map<string, Capture[]>();
  const byField = isText ? soleNames(fields) : new Map<string, number>();

  const capture = (name: string, slot: number, rank: number): void => {
    const captures = names.get(name);
    if (captures === undefined) names.set(name, [{ slot, rank }]);
    else captures.push({ slot, rank });
  };
  /** Slot of a field of the record that is wanted by name. */
  const slotOf = (name: string): number => {
    const own = byField.get(name);
    if (own !== undefined) return own;
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
  const envelopeSlot = slots++;
  const listNames = [...ENVELOPE_LISTS, ...((format.kind === 'json' ? format.lists : undefined) ?? [])].filter(
    (name, i, all) => all.indexOf(name) === i,
  );
  const listSlots = listNames.map(() => slots++);
  const objectNames = [...ENVELOPE_OBJECTS, ...((format.kind === 'json' ? format.inside : undefined) ?? [])];
  const objectSlots = objectNames.map(() => slots++);
  const select = format.select === undefined ? undefined : planSelect(format.select, slotOf, capture);

  const rules =
    config.identity ?? format.identity.filter(({ field }) => known === undefined || known.has(field) || field.startsWith('cookie_'));
  // a log of any kind is one of connections where it says who the responder is
  const flows =
    format.flows === true ||
    (format.undetectable === true && fields.peer_address?.some((name) => known === undefined || known.has(name)) === true);
  const identity = flows ? [] : planRules(rules, slotOf, config.source, config.tokenKeys);

  const targetNames = flows ? [] : [...(config.targets ?? format.targets)];
  const canLog = targetNames.some((name) => known === undefined || known.has(name));
  const targetSlots = canLog ? targetNames.map(slotOf) : [];
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
  const planned: Omit<FieldPlan, 'paths' | 'lines' | 'slots' | 'nameOf'> = {
    kind: format.kind,
    flows,
    oneWay: format.oneWay === true,
    select,
    spanned: format.spanned === true,
    namesClients: format.namesClients === true,
    startFirst: format.startFirst === true && config.fields?.time === undefined,
    identity,
    envelopeSlot,
    listSlots,
    listNames,
    objectSlots,
    targetSlots,
    targetNames,
    queryTargets,
    queryTargetNames,
    targetsGuessed: config.targets === undefined,
    sessionSlot: session === undefined ? -1 : slotOf(session),
    sessionCookie: session?.startsWith('cookie_') ? encoder.encode(session.slice('cookie_'.length)) : undefined,
    requestSlot: requestId === undefined ? -1 : slotOf(requestId),
    bodySlots: (config.bodies ?? []).map(slotOf),
    failure:
      failure === undefined || values === undefined
        ? undefined
        : { slot: slotOf(failure.field), values: values.map((value) => encoder.encode(String(value))), negated: failure.not !== undefined },
    addressFields: namesOf(fields.address, 'address'),
    timeFields: namesOf([...(fields.time ?? []), ...(fields.start ?? [])], 'time'),
    pathFields: namesOf([...(fields.path ?? []), ...(fields.request ?? [])], 'path'),
    requestFields: namesOf([...(fields.request ?? []), ...(fields.method ?? []), ...(fields.path ?? [])], 'request'),
  };
  const paths = isText ? [] : capturePaths(names);
  ENVELOPE_FIELDS.forEach((name, rank) => {
    for (const path of pathsOf(name)) paths.push({ path, slot: envelopeSlot, rank });
  });
  listNames.forEach((name, i) => {
    paths.push({ path: [name], slot: listSlots[i], rank: 0 });
  });
  objectNames.forEach((name, i) => {
    paths.push({ path: [name], slot: objectSlots[i], rank: 0 });
  });
  return { ...planned, paths, lines: syntax?.bind(names), slots, nameOf: (slot, rank) => namesBySlot(names).get(slot)?.[rank] ?? '' };
}

/** Names by slot and rank. */
function namesBySlot(names: SlotNames): Map<number, string[]> {
  const bySlot = new Map<number, string[]>();
  for (const [name, captures] of names)
    for (const { slot, rank } of captures) {
      const own = bySlot.get(slot) ?? [];
      own[rank] = name;
      bySlot.set(slot, own);
    }
  return bySlot;
}

/** Paths of a JSON record that are captured. */
function capturePaths(names: SlotNames): CapturePath[] {
  const paths: CapturePath[] = [];
  for (const [name, captures] of names)
    for (const { slot, rank } of captures) for (const path of pathsOf(name)) paths.push({ path, slot, rank });
  return paths;
}

function planSelect(
  select: Select,
  slotOf: (name: string) => number,
  capture: (name: string, slot: number, rank: number) => void,
): PlannedSelect {
  const [first, ...others] = select.field;
  const slot = slotOf(first);
  others.forEach((name, i) => {
    capture(name, slot, i + 1);
  });
  const { what, requests = [], flows = [], oneWay = [], absent, unless = [] } = select;
  const bytes = (values: readonly string[]): Uint8Array[] => values.map((value) => encoder.encode(value));
  return {
    slot,
    what,
    requests: bytes(requests),
    flows: bytes(flows),
    oneWay: bytes(oneWay),
    absent,
    unless: unless.map(slotOf),
    read: [...requests, ...flows, ...oneWay].join(', '),
  };
}

/** Names that are the only one of their field and of no other: whoever wants such a name takes the field's slot. */
function soleNames(fields: Partial<Record<FieldName, readonly string[]>>): Map<string, number> {
  const all = Object.values(fields).flat();
  const sole = new Map<string, number>();
  for (const name of FIELD_NAMES) {
    const [first, ...others] = fields[name] ?? [];
    if (first !== undefined && others.length === 0 && all.filter((other) => other === first).length === 1) sole.set(first, SLOT[name]);
  }
  return sole;
}

function namesOf(paths: readonly string[] | undefined, field: string): string {
  if (paths === undefined || paths.length === 0) return field;
  return paths.length > 6 ? `${paths.slice(0, 6).join(', ')}, …` : paths.join(', ');
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
