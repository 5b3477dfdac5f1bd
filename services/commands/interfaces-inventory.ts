import type { FoldedFacts, InterfaceFacts } from '../../models/templates/index.ts';
import { foldFacts, isEvident, learnTemplates } from '../../models/templates/index.ts';
import { INTERFACE_SCHEMA_VERSION, INTERFACE_STATES, type InterfaceRecord, type InterfaceState } from '../../schemas/interface.ts';
import { CALLER_SAMPLE, DATA_SAMPLE, distinctOf, MISSING_INTERFACES } from '../core/inventory.ts';
import type { InventorySpan, StoredData, StoredFacts, StoredInterface, TenantSpan } from '../storage/inventory.ts';
import { grouped } from './grouped.ts';
import type { DocumentedOperation, InterfaceDocuments } from './interfaces-documents.ts';
import { stateReasons } from './interfaces-states.ts';

/** Ids behind a learned template that a record names. */
const MOST_FOLDED = 20;

/** All that is known of one tenant's interfaces. */
export interface InventoryInput {
  span: TenantSpan;
  counted: InventorySpan;
  kind: 'request' | 'flow';
  interfaces: readonly StoredInterface[];
  facts: readonly StoredFacts[];
  data: readonly StoredData[];
  /** undefined: the tenant has none */
  documents: InterfaceDocuments | undefined;
  /** ms without a request after which an interface is inactive */
  inactiveAfter: number;
  /** those too that there is no evidence for */
  all: boolean;
}

/** The inventory of one tenant. */
export interface Inventory {
  records: InterfaceRecord[];
  /** ids that were left out for want of evidence */
  unproven: number;
  /** ids, roughly, that tasks had no room for */
  left: number;
}

/** An interface as everything stored of it says, under its learned id. */
export interface FoldedInterface {
  id: string;
  kind: 'request' | 'flow';
  method: string;
  /** host and path; of a service its address and port */
  place: string;
  total: StoredInterface;
  facts: StoredFacts;
  data: StoredData[];
  documented: DocumentedOperation | undefined;
  evident: boolean;
  raw: string[];
}

/** Folds raw ids under their templates, leaves out what there is no evidence for, and says in which state each interface is. */
export function inventoryOf(input: InventoryInput): Inventory {
  const { folded, left } = fold(input);
  const shown = folded.filter(({ evident }) => evident || input.all);
  const orphans = input.kind === 'flow' ? [] : orphansOf(input, folded);
  const reasons = stateReasons(shown, input);
  const records = shown.map((one) => recordOf(one, shown, reasons.get(one) ?? new Map(), input));
  return {
    records: [...records, ...orphans].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    unproven: folded.length - shown.length,
    left,
  };
}

/** Interfaces of one path stand together. */
function keyOf({ interface: id }: InterfaceRecord): string {
  const { method, place } = partsOf(id);
  return `${place} ${method}`;
}

export function partsOf(id: string): { method: string; place: string } {
  const space = id.indexOf(' ');
  return { method: id.slice(0, space), place: id.slice(space + 1) };
}

function fold(input: InventoryInput): { folded: FoldedInterface[]; left: number } {
  const { interfaces, kind, documents } = input;
  const byFact = new Map(input.facts.map((fact) => [fact.interface, fact]));
  const evidence = interfaces.map((one): InterfaceFacts => {
    const sample = byFact.get(one.interface)?.callers ?? [];
    return {
      id: one.interface,
      requests: one.late.requests + one.before.requests,
      answered: one.answered,
      callers: Math.max(one.most_callers, distinctOf(sample, CALLER_SAMPLE)),
      hours: one.hours,
      first: one.first,
      last: one.last,
      who: sample.map((hash) => hash.toString(16).padStart(8, '0')),
    };
  });
  const templates = learnTemplates(kind === 'flow' ? [] : evidence);
  // services have no paths to learn from
  const idOf = (raw: string): string => (kind === 'flow' ? raw : (documents?.match(raw)?.id ?? templates.of(raw)));
  const proofs = new Map(foldFacts(evidence, { of: idOf, save: () => templates.save() }).map((facts) => [facts.id, facts]));
  const groups = grouped(interfaces, (one) => idOf(one.interface));
  // what normalise saw it says of the names themselves, panes may be of a template that detection has folded them under
  const factsOf = grouped(input.facts, (fact) => idOf(fact.interface));
  const dataOf = grouped(input.data, (data) => idOf(data.interface));
  const folded = [...groups].map(([id, raw]): FoldedInterface => {
    const facts = factsOf.get(id) ?? [];
    const named = new Set([...raw, ...facts].map((one) => one.interface));
    if (named.size > 1 && facts.length > 0 && !byFact.has(id)) named.delete(id);
    const names = [...named].sort();
    const documented = documents?.match(raw[0].interface)?.operation;
    return {
      id,
      kind,
      ...partsOf(id),
      total: raw.reduce(sumOf),
      facts: facts.reduce(joinFacts, { ...NO_FACTS, interface: id }),
      data: joinData(dataOf.get(id) ?? []),
      documented,
      evident: documented !== undefined || kind === 'flow' || isEvident(proofs.get(id) as FoldedFacts),
      raw: names,
    };
  });
  return { folded, left: distinctOf(byFact.get(MISSING_INTERFACES)?.callers ?? [], CALLER_SAMPLE) };
}

const NO_FACTS: StoredFacts = { interface: '', origins: [], origins_before: [], answers: [], answers_before: [], callers: [] };

function sumOf(a: StoredInterface, b: StoredInterface): StoredInterface {
  const part = (name: 'late' | 'before') => ({
    requests: a[name].requests + b[name].requests,
    bytes: a[name].bytes + b[name].bytes,
    server_errors: a[name].server_errors + b[name].server_errors,
    anonymous_ok: a[name].anonymous_ok + b[name].anonymous_ok,
  });
  return {
    interface: a.interface,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    days: [...new Set([...a.days, ...b.days])].sort((x, y) => x - y),
    hours: Math.max(a.hours, b.hours),
    most_callers: Math.max(a.most_callers, b.most_callers),
    answered: a.answered + b.answered,
    requests: a.requests + b.requests,
    refused: a.refused + b.refused,
    missing: a.missing + b.missing,
    client_errors: a.client_errors + b.client_errors,
    server_errors: a.server_errors + b.server_errors,
    anonymous: a.anonymous + b.anonymous,
    anonymous_ok: a.anonymous_ok + b.anonymous_ok,
    bytes_out: a.bytes_out + b.bytes_out,
    span_hours: Math.max(a.span_hours, b.span_hours),
    late: part('late'),
    before: part('before'),
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}

function smallest(a: readonly number[], b: readonly number[], size: number): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y).slice(0, size);
}

function joinFacts(a: StoredFacts, b: StoredFacts): StoredFacts {
  return {
    interface: a.interface,
    origins: union(a.origins, b.origins),
    origins_before: union(a.origins_before, b.origins_before),
    answers: union(a.answers, b.answers),
    answers_before: union(a.answers_before, b.answers_before),
    callers: smallest(a.callers, b.callers, CALLER_SAMPLE),
  };
}

function joinData(all: readonly StoredData[]): StoredData[] {
  const byForm = new Map<string, StoredData>();
  for (const one of all) {
    const key = `${one.type} ${one.masked} ${one.mask}`;
    const known = byForm.get(key);
    if (known === undefined) byForm.set(key, one);
    else {
      byForm.set(key, {
        ...known,
        hashes: smallest(known.hashes, one.hashes, DATA_SAMPLE),
        first: Math.min(known.first, one.first),
        last: Math.max(known.last, one.last),
      });
    }
  }
  return [...byForm].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function recordOf(
  one: FoldedInterface,
  all: readonly FoldedInterface[],
  reasons: ReadonlyMap<InterfaceState, string[]>,
  { span }: InventoryInput,
): InterfaceRecord {
  const { total, facts, data, documented } = one;
  const states = INTERFACE_STATES.filter((state) => reasons.has(state));
  const failed = total.refused + total.missing + total.client_errors + total.server_errors;
  return {
    schema_version: INTERFACE_SCHEMA_VERSION,
    tenant: span.tenant,
    interface: one.id,
    kind: one.kind,
    state: states[0] ?? 'active',
    states: states.length === 0 ? ['active'] : states,
    reasons: states.flatMap((state) => reasons.get(state) ?? []),
    first_seen: iso(total.first),
    last_seen: iso(total.last),
    requests: total.requests,
    callers: { about: Math.max(total.most_callers, distinctOf(facts.callers, CALLER_SAMPLE)), busiest_hour: total.most_callers },
    methods: one.kind === 'flow' ? [] : [...new Set(all.filter(({ place }) => place === one.place).map(({ method }) => method))].sort(),
    statuses: {
      ok: Math.max(0, total.requests - failed),
      refused: total.refused,
      missing: total.missing,
      client_errors: total.client_errors,
      server_errors: total.server_errors,
    },
    answers: facts.answers,
    authentication: {
      origins: facts.origins.filter((origin) => origin !== 'address'),
      anonymous: total.requests === 0 ? 0 : Math.round((total.anonymous / total.requests) * 1000) / 1000,
      anonymous_ok: total.anonymous_ok,
      documented: documented?.authentication ?? 'unknown',
    },
    sensitive: data.map(({ type, masked, mask, hashes, first, last }) => ({
      type,
      masked,
      mask,
      distinct: distinctOf(hashes, DATA_SAMPLE),
      first_seen: iso(first),
      last_seen: iso(last),
    })),
    findings: [],
    document: documented === undefined ? null : { operation: documented.id, deprecated: documented.deprecated },
    folded: one.raw.length === 1 && one.raw[0] === one.id ? [] : one.raw.slice(0, MOST_FOLDED),
    folded_count: one.raw.length,
  };
}

/** Operations of the documents that nobody has called. */
function orphansOf({ documents, span }: InventoryInput, folded: readonly FoldedInterface[]): InterfaceRecord[] {
  if (documents === undefined) return [];
  const called = new Set(folded.map(({ documented }) => documented?.id));
  return documents.operations
    .filter(({ id }, i, all) => !called.has(id) && all.findIndex((other) => other.id === id) === i)
    .map(({ id, deprecated, authentication }) => ({
      schema_version: INTERFACE_SCHEMA_VERSION,
      tenant: span.tenant,
      interface: id,
      kind: 'request',
      state: 'orphan',
      states: ['orphan'],
      reasons: [`it is in the document${deprecated ? ', as deprecated,' : ''} and was never called`],
      first_seen: null,
      last_seen: null,
      requests: 0,
      callers: { about: 0, busiest_hour: 0 },
      methods: [],
      statuses: { ok: 0, refused: 0, missing: 0, client_errors: 0, server_errors: 0 },
      answers: [],
      authentication: { origins: [], anonymous: 0, anonymous_ok: 0, documented: authentication },
      sensitive: [],
      findings: [],
      document: { operation: id, deprecated },
      folded: [],
      folded_count: 1,
    }));
}
