import type { InterfaceState } from '../../schemas/interface.ts';
import { DAY } from '../core/watermark.ts';
import { grouped } from './grouped.ts';
import type { FoldedInterface, InventoryInput } from './interfaces-inventory.ts';

/** What came within so long before a tenant's newest data is new, or changed, of late; ms. */
export const LATELY = 7 * DAY;
/** Requests of late and before from which shares and sizes are compared. */
const LEAST_REQUESTS = 50;
/** How many times larger or smaller the mean answer has become. */
const SIZE_FACTOR = 3;
/** Share of server errors, and their number, from which they are a change where there were none. */
const ERROR_SHARE = 0.05;
const LEAST_ERRORS = 5;
/** `v2`, `V2`, `v1.1`, `2.0`, `2024-06-01` as a segment of a path. */
const VERSION = /^(?:[vV](\d+(?:[._]\d+)*)(?:(?:alpha|beta)\d*)?|(\d+\.\d+)|(\d{4}-\d\d-\d\d))$/;

type Reasons = Map<InterfaceState, string[]>;

/** Of each interface the states that hold, and why. One without any is active. */
export function stateReasons(all: readonly FoldedInterface[], input: InventoryInput): Map<FoldedInterface, Reasons> {
  const reasons = new Map<FoldedInterface, Reasons>(all.map((one) => [one, new Map()]));
  const say = (one: FoldedInterface, state: InterfaceState, why: string): void => {
    const own = reasons.get(one) as Reasons;
    own.set(state, [...(own.get(state) ?? []), why]);
  };
  for (const one of all) {
    if (!one.evident) {
      say(one, 'unproven', 'only one caller asked for it, or nothing was ever answered');
      continue;
    }
    if (isNew(one, input)) say(one, 'new', `first seen ${dateOf(one.total.first)}`);
    if (isInactive(one, input)) say(one, 'inactive', `last seen ${dateOf(one.total.last)}`);
    if (isShadow(one, input)) say(one, 'shadow', 'it is in no document');
    for (const why of returned(one, input)) say(one, 'zombie', why);
    if (one.documented?.deprecated === true && isCalled(one, input))
      say(one, 'zombie', 'the document calls it deprecated, and it is still called');
    for (const why of changesOf(one, input)) say(one, 'changed', why);
  }
  for (const [older, newer] of outdated(all, input)) say(older, 'zombie', `${newer.id} has taken its place, and it is still called`);
  for (const paths of grouped(all, ({ kind, place }) => `${kind} ${place}`).values()) {
    const proven = paths.filter(({ evident }) => evident);
    const fresh = proven.filter((one) => isNew(one, input));
    if (fresh.length === 0) continue;
    const methods = fresh.map(({ method }) => method).join(', ');
    for (const one of proven) if (!fresh.includes(one)) say(one, 'changed', `its path answers ${methods} too`);
  }
  return reasons;
}

/** First seen of late, and not on the first day of the tenant's data: what is there then was there before. */
function isNew({ total }: FoldedInterface, { counted, span }: InventoryInput): boolean {
  return total.first >= Math.max(counted.lately, span.first + DAY);
}

function isInactive({ total }: FoldedInterface, { span, inactiveAfter }: InventoryInput): boolean {
  return total.last <= span.last - inactiveAfter;
}

function isCalled({ total }: FoldedInterface, { counted }: InventoryInput): boolean {
  return total.last > counted.lately;
}

/** Methods that come with every path, documented or not. */
const SIDE_METHODS = ['HEAD', 'OPTIONS'];
const MAIN_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function isShadow({ kind, documented, method, place }: FoldedInterface, { documents }: InventoryInput): boolean {
  if (documents === undefined || kind === 'flow' || documented !== undefined || place.endsWith('/{file}')) return false;
  return !SIDE_METHODS.includes(method) || MAIN_METHODS.every((main) => documents.match(`${main} ${place}`) === undefined);
}

/** It was inactive and came back of late. */
function returned({ total: { days } }: FoldedInterface, { counted, inactiveAfter }: InventoryInput): string[] {
  for (let i = 1; i < days.length; i++) {
    const gap = days[i] - days[i - 1];
    if (gap * DAY > inactiveAfter && (days[i] + 1) * DAY > counted.lately) {
      return [`it came back ${dateOf(days[i] * DAY)}, after ${gap} days without a request`];
    }
  }
  return [];
}

/** What is different of late from what was before. */
function changesOf(one: FoldedInterface, input: InventoryInput): string[] {
  const { total, facts, data } = one;
  const { late, before } = total;
  const { lately } = input.counted;
  if (total.first >= lately || before.requests === 0 || late.requests === 0) return [];
  const changes: string[] = [];
  const added = (now: readonly string[], then: readonly string[]): string[] =>
    then.length === 0 ? [] : now.filter((name) => !then.includes(name));
  for (const origin of added(facts.origins, facts.origins_before)) {
    changes.push(origin === 'address' ? 'it answers callers that say nothing of who they are' : `accounts are named by ${origin} too`);
  }
  for (const answer of added(facts.answers, facts.answers_before)) changes.push(`it answers ${answer} too`);
  if (before.requests >= LEAST_REQUESTS && late.requests >= LEAST_REQUESTS) {
    if (before.server_errors === 0 && late.server_errors >= LEAST_ERRORS && late.server_errors / late.requests >= ERROR_SHARE) {
      changes.push(`${Math.round((100 * late.server_errors) / late.requests)} % of its answers are server errors; there were none`);
    }
    const [now, then] = [late.bytes / late.requests, before.bytes / before.requests];
    if (then > 0 && now > 0 && (now >= then * SIZE_FACTOR || then >= now * SIZE_FACTOR)) {
      changes.push(`its answers have ${Math.round(now)} bytes on average; they had ${Math.round(then)}`);
    }
  }
  for (const { type, masked, mask, first } of data) {
    if (first >= lately) changes.push(`requests carry ${type} ${masked ? `masked as ${mask}` : 'in clear'}`);
  }
  return changes;
}

/** Older versions that are still called while a newer one of the same path has more requests: [older, newest]. */
function outdated(all: readonly FoldedInterface[], input: InventoryInput): [FoldedInterface, FoldedInterface][] {
  const families = new Map<string, { one: FoldedInterface; version: number[] }[]>();
  for (const one of all) {
    if (one.kind === 'flow' || !one.evident) continue;
    const segments = one.place.split('/');
    const at = segments.findIndex((segment) => VERSION.test(segment));
    if (at < 1) continue;
    const version = (segments[at].match(/\d+/g) ?? []).map(Number);
    const key = [one.method, ...segments.slice(0, at), '{version}', ...segments.slice(at + 1)].join('/').replace(/\{[^{}/]+\}/g, '{}');
    families.set(key, [...(families.get(key) ?? []), { one, version }]);
  }
  const found: [FoldedInterface, FoldedInterface][] = [];
  for (const family of families.values()) {
    const ordered = family.sort((a, b) => compare(a.version, b.version) || a.one.total.late.requests - b.one.total.late.requests);
    const newest = ordered[ordered.length - 1];
    for (const { one, version } of ordered) {
      if (compare(version, newest.version) === 0 || !isCalled(one, input)) continue;
      if (newest.one.total.late.requests > one.total.late.requests) found.push([one, newest.one]);
    }
  }
  return found;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
