import { FLAG } from '../services/core/batch.ts';
import { I, interfaceValue, type Rolled } from './levels.ts';
import type { ClosedWindow } from './windows.ts';

/**
 * Shares of an interface: a count out of another, whose usual value is learned. Shares do not move when everything
 * grows together (a flash sale), so they carry most of what is said about an interface. Append only.
 */
export interface Share {
  name: string;
  /** features; `minus` is subtracted from the part */
  part: number;
  minus?: number;
  whole: number;
  /** shipped prior: usual value by class of interface, in the order of CLASSES, and how many trials it is worth */
  usual: readonly number[];
  strength: number;
  /** says how much is new: not learned while the interface is young itself */
  novelty?: true;
}

/** Classes of interface with shares of their own. */
export const CLASSES = ['plain', 'login', 'register', 'send_code', 'benefit', 'sensitive', 'flow'] as const;

export function classOf(flags: number): number {
  if (flags & FLAG.flow) return 6;
  if (flags & FLAG.login) return 1;
  if (flags & FLAG.register) return 2;
  if (flags & FLAG.sendCode) return 3;
  if (flags & FLAG.benefit) return 4;
  return flags & FLAG.sensitive ? 5 : 0;
}

const all = (value: number, special: Partial<Record<(typeof CLASSES)[number], number>> = {}) =>
  CLASSES.map((name) => special[name] ?? value);

/**
 * Prior values are deliberately vague: round figures of the order that public access logs show for sites of several
 * kinds; a tenant's own pool replaces them within hours (population.ts).
 */
export const SHARES: readonly Share[] = [
  { name: 'failures', part: I.failures, whole: I.requests, usual: all(0.03, { login: 0.15 }), strength: 4 },
  { name: 'refused', part: I.refused, whole: I.requests, usual: all(0.02), strength: 3 },
  { name: 'missing', part: I.missing, whole: I.requests, usual: all(0.04), strength: 3 },
  { name: 'client_errors', part: I.client_errors, whole: I.requests, usual: all(0.03), strength: 3 },
  { name: 'server_errors', part: I.server_errors, whole: I.requests, usual: all(0.01), strength: 3 },
  { name: 'slow', part: I.slow, whole: I.requests, usual: all(0.05), strength: 2 },
  { name: 'anonymous', part: I.anonymous, whole: I.requests, usual: all(0.4, { login: 0.8, register: 0.8 }), strength: 1 },
  {
    name: 'anonymous_ok',
    part: I.anonymous_ok,
    whole: I.requests,
    usual: all(0.3, { login: 0.7, register: 0.7, sensitive: 0.01 }),
    strength: 2,
  },
  {
    name: 'new_source_requests',
    part: I.new_source_requests,
    whole: I.requests,
    usual: all(0.2, { login: 0.4, register: 0.8, send_code: 0.6 }),
    strength: 2,
    novelty: true,
  },
  {
    name: 'new_source_failures',
    part: I.new_source_failures,
    whole: I.requests,
    usual: all(0.01, { login: 0.06 }),
    strength: 4,
    novelty: true,
  },
  { name: 'failing_callers', part: I.failing_callers, whole: I.callers, usual: all(0.03, { login: 0.12 }), strength: 4 },
  {
    name: 'new_callers',
    part: I.new_callers,
    whole: I.callers,
    usual: all(0.3, { login: 0.4, register: 0.9, send_code: 0.7 }),
    strength: 2,
    novelty: true,
  },
  {
    name: 'young_callers',
    part: I.young_callers,
    whole: I.callers,
    usual: all(0.3, { login: 0.4, register: 0.9, send_code: 0.7 }),
    strength: 2,
    novelty: true,
  },
  {
    name: 'single_callers',
    part: I.single_callers,
    whole: I.callers,
    usual: all(0.15, { login: 0.3, register: 0.3, send_code: 0.3 }),
    strength: 3,
  },
  { name: 'few_callers', part: I.few_callers, whole: I.callers, usual: all(0.6), strength: 2 },
  { name: 'heavy_callers', part: I.heavy_callers, whole: I.callers, usual: all(0.03), strength: 3 },
  { name: 'new_country_requests', part: I.new_country_requests, whole: I.requests, usual: all(0.02), strength: 3, novelty: true },
  { name: 'targets', part: I.targets, whole: I.requests, usual: all(0.6), strength: 2 },
  { name: 'run_targets', part: I.targets, minus: I.target_runs, whole: I.targets, usual: all(0.02), strength: 4 },
  { name: 'neighbours', part: I.neighbours, whole: I.objects, usual: all(0.1), strength: 2 },
  { name: 'new_object_reads', part: I.new_object_reads, whole: I.requests, usual: all(0.4), strength: 2, novelty: true },
  { name: 'top_caller', part: I.top_caller, whole: I.requests, usual: all(0.3), strength: 2 },
  { name: 'external', part: I.external, whole: I.requests, usual: all(0.5, { flow: 0.02 }), strength: 1 },
  {
    name: 'login_success_new',
    part: I.login_success_new,
    whole: I.requests,
    usual: all(0.001, { login: 0.01 }),
    strength: 20,
    novelty: true,
  },
  { name: 'objects', part: I.objects, whole: I.requests, usual: all(0.5), strength: 2 },
  { name: 'shared_prefixes', part: I.callers, minus: I.prefixes, whole: I.callers, usual: all(0.2), strength: 3 },
  { name: 'shared_devices', part: I.callers, minus: I.devices, whole: I.callers, usual: all(0.6), strength: 2 },
  { name: 'devoted_callers', part: I.devoted_callers, whole: I.callers, usual: all(0.06), strength: 3 },
  { name: 'devoted_new_callers', part: I.devoted_new_callers, whole: I.callers, usual: all(0.03), strength: 4, novelty: true },
  {
    name: 'narrow_young_callers',
    part: I.narrow_young_callers,
    whole: I.callers,
    usual: all(0.1, { login: 0.3, register: 0.6, send_code: 0.6, benefit: 0.04 }),
    strength: 3,
    novelty: true,
  },
  {
    name: 'fresh_single_callers',
    part: I.fresh_single_callers,
    whole: I.callers,
    usual: all(0.08, { login: 0.25, register: 0.3, send_code: 0.3 }),
    strength: 3,
    novelty: true,
  },
  { name: 'erring_callers', part: I.erring_callers, whole: I.callers, usual: all(0.02), strength: 4 },
  {
    name: 'aimed_young_callers',
    part: I.aimed_young_callers,
    whole: I.callers,
    usual: all(0.1, { login: 0.3, register: 0.6, send_code: 0.6, benefit: 0.04 }),
    strength: 3,
    novelty: true,
  },
  // people who come from somewhere new get in about as often as others; of what is tried nearly all fails
  { name: 'newcomer_failures', part: I.new_source_failures, whole: I.new_source_requests, usual: all(0.05, { login: 0.2 }), strength: 4 },
];
/** How many of the shares, from the first, the trained scorers of the bundles read. */
export const LEARNED_SHARES = 27;
export const SHARE = Object.fromEntries(SHARES.map((share, i) => [share.name, i])) as Record<string, number>;

export function sharePart(window: ClosedWindow, size: '1h' | Rolled, share: number): number {
  const { part, minus, whole } = SHARES[share];
  let value = interfaceValue(window, size, part);
  if (minus !== undefined) value -= interfaceValue(window, size, minus);
  return Math.max(0, Math.min(value, interfaceValue(window, size, whole)));
}

export function shareWhole(window: ClosedWindow, size: '1h' | Rolled, share: number): number {
  return interfaceValue(window, size, SHARES[share].whole);
}
