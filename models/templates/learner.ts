import type { ScoreReport } from '../candidate.ts';
import type { SharedLearner } from '../shared.ts';
import type { InterfaceFacts } from './facts.ts';
import { learnTemplates } from './learn.ts';
import type { LearnedNode } from './learned-templates.ts';
import { emptyNode, LearnedTemplates, templatesFrom } from './learned-templates.ts';
import { isEnd, partsOf } from './path-parts.ts';

const HOUR = 3_600_000;
/** Interfaces whose facts are kept for a tenant at most: those that are used again and again first. */
const MOST_FACTS = 4096;
/** Callers kept of an interface. */
const MOST_CALLERS = 8;
/** Templates are learned at most so often, hours. */
const LEARN_EVERY = 3;
/** And so often at least, though there is no new interface, hours. */
const LEARN_ANYWAY = 24;
/** A host must have been seen for so long before a variable of it is believed, ms. */
const LEAST_SPAN = 12 * HOUR;
/** Variables of a tenant at most: beyond them no new one is taken up. */
const MOST_VARIABLES = 512;

/** What is known of one interface: facts.ts. Callers are hashes, the smallest few. */
type Row = [requests: number, answered: number, callers: number, hours: number, first: number, last: number, who: number[]];

interface TenantState {
  facts: Map<string, Row>;
  templates: LearnedTemplates;
  /** variables that the last look found and that are not in force yet */
  found: Set<string>;
  variables: number;
  /** something has come since the last look that it could see */
  changed: boolean;
}

/**
 * Learned path templates as shared knowledge: names in paths (`/users/alice`) that account tasks fold as panes close. What
 * is in force stays in force, since baselines stand on it; so a variable comes into force only when two looks, hours apart,
 * have found it beyond doubt (learn.ts, `careful`) on a host that was seen for half a day. Learned from the interfaces that
 * merge tasks report; documented ones are left alone. Bounded: 4096 interfaces a tenant.
 */
export class TemplatesLearner implements SharedLearner {
  readonly name = 'templates';
  private readonly documented: (tenant: string, id: string) => boolean;
  private readonly tenants = new Map<string, TenantState>();
  /** reports of hours that are not closed yet */
  private readonly open = new Map<string, Map<number, ScoreReport['interfaces']>>();

  /** @param documented whether a document of the tenant describes the interface: then it has its name from there */
  constructor(documented: (tenant: string, id: string) => boolean = () => false) {
    this.documented = documented;
  }

  absorb(report: ScoreReport): void {
    if (report.minute || report.view !== 'interface') return;
    const rows = report.interfaces.filter(([id, , answered]) => answered > 0 && isPath(id) && !this.documented(report.tenant, id));
    if (rows.length === 0) return;
    let hours = this.open.get(report.tenant);
    if (hours === undefined) this.open.set(report.tenant, (hours = new Map()));
    hours.set(report.start, [...(hours.get(report.start) ?? []), ...rows]);
  }

  /** @returns plain JSON for `templatesFrom` */
  close(tenant: string, hour: number): unknown {
    const hours = this.open.get(tenant);
    let state = this.tenants.get(tenant);
    if (hours !== undefined) {
      if (state === undefined) this.tenants.set(tenant, (state = newState()));
      for (const start of [...hours.keys()].sort((a, b) => a - b)) {
        if (start > hour) continue;
        take(state, start, hours.get(start)!);
        hours.delete(start);
      }
    }
    if (state === undefined) return [];
    const epoch = Math.floor(hour / HOUR);
    if (epoch % LEARN_EVERY === 0 && (state.changed || state.found.size > 0 || epoch % LEARN_ANYWAY === 0)) look(state);
    return state.templates.save();
  }

  save(): unknown {
    return {
      tenants: [...this.tenants].sort(byName).map(([tenant, { facts, templates, found, changed }]) => ({
        tenant,
        facts: [...facts].sort(byName),
        templates: templates.save(),
        found: [...found].sort(),
        changed,
      })),
      open: [...this.open].sort(byName).map(([tenant, hours]) => [tenant, [...hours].sort((a, b) => a[0] - b[0])]),
    };
  }

  load(saved: unknown): void {
    const { tenants, open } = structuredClone(saved) as {
      tenants: { tenant: string; facts: [string, Row][]; templates: unknown; found: string[]; changed: boolean }[];
      open: [string, [number, ScoreReport['interfaces']][]][];
    };
    this.tenants.clear();
    this.open.clear();
    for (const { tenant, facts, templates, found, changed } of tenants) {
      const learned = templatesFrom(templates, true);
      this.tenants.set(tenant, {
        facts: new Map(facts),
        templates: learned,
        found: new Set(found),
        variables: variablesOf(learned).length,
        changed,
      });
    }
    for (const [tenant, hours] of open) this.open.set(tenant, new Map(hours));
  }
}

function newState(): TenantState {
  return { facts: new Map(), templates: templatesFrom([], true), found: new Set(), variables: 0, changed: false };
}

/** Whether an id is of a path that may hold names: no service of flows, no asset, nothing that was not there. */
function isPath(id: string): boolean {
  return id.charCodeAt(0) <= 0x5a && id.includes('/') && !isEnd(id.slice(id.lastIndexOf('/')));
}

/** Takes the rows of one hour. */
function take(state: TenantState, start: number, rows: ScoreReport['interfaces']): void {
  const { facts, templates } = state;
  for (const [raw, requests, answered, callers, who] of rows) {
    // what tasks still reported by itself, in the hours before they knew
    const id = templates.of(raw);
    const known = facts.get(id);
    if (known === undefined) {
      facts.set(id, [requests, answered, callers, 1, start, start, who ?? []]);
      state.changed = true;
    } else {
      const used = isUsed(known);
      known[0] += requests;
      known[1] += answered;
      known[6] = smallest(known[6], who ?? []);
      known[2] = Math.max(known[2], callers, known[6].length);
      if (known[5] !== start) known[3]++;
      known[5] = start;
      if (!used && isUsed(known)) state.changed = true;
    }
  }
  if (facts.size <= MOST_FACTS) return;
  const kept = [...facts].sort(
    ([a, x], [b, y]) => Number(isUsed(y)) - Number(isUsed(x)) || y[3] - x[3] || y[2] - x[2] || y[5] - x[5] || (a < b ? -1 : 1),
  );
  state.facts = new Map(kept.slice(0, MOST_FACTS));
}

/** By several callers in several hours, or by one in some more. */
function isUsed([, , callers, hours]: Row): boolean {
  return hours > 2 || (callers > 1 && hours > 1);
}

/** Learns from what is known; what is found for the second time comes into force. */
function look(state: TenantState): void {
  const { facts } = state;
  const learned = learnTemplates([...facts].map(factsOf), state.templates, true);
  const spans = spansOf(facts);
  const isYoung = (place: string): boolean => (spans.get(place.slice(0, place.indexOf('/'))) ?? 0) < LEAST_SPAN;
  const inForce = new Set(variablesOf(state.templates));
  const taken: string[] = [];
  const found = new Set<string>();
  for (const place of variablesOf(learned)) {
    if (inForce.has(place)) taken.push(place);
    else if (!state.found.has(place) || isYoung(place) || taken.length >= MOST_VARIABLES) found.add(place);
    else taken.push(place);
  }
  state.found = found;
  state.changed = false;
  if (taken.length === state.variables) return;
  state.variables = taken.length;
  state.templates = onlyPlaces(learned, new Set(taken));
  const folded = new Map<string, Row>();
  for (const [raw, row] of [...facts].sort(byName)) {
    const id = state.templates.of(raw);
    const known = folded.get(id);
    folded.set(id, known === undefined ? row : joined(known, row));
  }
  state.facts = folded;
}

function factsOf([id, [requests, answered, callers, hours, first, last, who]]: [string, Row]): InterfaceFacts {
  return {
    id,
    requests,
    answered,
    callers,
    hours,
    first,
    last,
    ...(who.length === 0 ? {} : { who: who.map((hash) => hash.toString(16).padStart(8, '0')) }),
  };
}

/** How long each host was seen, ms. */
function spansOf(facts: ReadonlyMap<string, Row>): Map<string, number> {
  const seen = new Map<string, [number, number]>();
  for (const [id, [, , , , first, last]] of facts) {
    const { host } = partsOf(id);
    const span = seen.get(host);
    if (span === undefined) seen.set(host, [first, last]);
    else seen.set(host, [Math.min(span[0], first), Math.max(span[1], last)]);
  }
  return new Map([...seen].map(([host, [first, last]]) => [host, last - first + HOUR]));
}

function joined(a: Row, b: Row): Row {
  const who = smallest(a[6], b[6]);
  return [
    a[0] + b[0],
    a[1] + b[1],
    Math.max(a[2], b[2], who.length),
    Math.max(a[3], b[3]),
    Math.min(a[4], b[4]),
    Math.max(a[5], b[5]),
    who,
  ];
}

function smallest(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y).slice(0, MOST_CALLERS);
}

/** Places where names are values, as `host/users/{}`, in the order of their text. */
function variablesOf({ hosts }: LearnedTemplates): string[] {
  const places: string[] = [];
  const walk = (node: LearnedNode, path: string): void => {
    for (const [piece, below] of node.literals) walk(below, path + piece);
    for (const [sign, { open, below }] of node.variables) {
      const place = `${path}${sign}{}`;
      if (open) places.push(place);
      walk(below, place);
    }
  };
  for (const [host, node] of hosts) walk(node, host);
  return places.sort();
}

/** The templates with these variables alone, and of the literals only what leads to one or stands beside its values. */
function onlyPlaces(templates: LearnedTemplates, places: ReadonlySet<string>): LearnedTemplates {
  const keep = (node: LearnedNode, path: string): LearnedNode | undefined => {
    const kept = emptyNode();
    for (const [sign, variable] of node.variables) {
      const place = `${path}${sign}{}`;
      const below = keep(variable.below, place);
      const open = variable.open && places.has(place);
      if (open || below !== undefined) kept.variables.set(sign, { ...variable, open, below: below ?? emptyNode() });
    }
    const beside = [...kept.variables.values()].some(({ open }) => open);
    for (const [piece, literal] of node.literals) {
      const below = keep(literal, path + piece);
      if (below !== undefined || beside) kept.literals.set(piece, below ?? emptyNode());
    }
    return kept.variables.size > 0 || kept.literals.size > 0 ? kept : undefined;
  };
  const hosts = new Map<string, LearnedNode>();
  for (const [host, node] of templates.hosts) {
    const kept = keep(node, host);
    if (kept !== undefined) hosts.set(host, kept);
  }
  return new LearnedTemplates(hosts, true);
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
