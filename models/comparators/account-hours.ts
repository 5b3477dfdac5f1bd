import type { ComparatorAlert, PlainEvent, PlainRule, RuleKind, RuleOptions } from './contract.ts';
import { HalfSpaceTrees } from './half-space-trees.ts';
import { Moments } from './moments.ts';

const HOUR_MS = 3_600_000;
/** Standard deviations above the mean score that alert. */
const LIMIT = 3;
const MOST_ACCOUNTS = 100_000;
/** Distinct values, paths and interfaces counted in an account's hour. */
const MOST_COUNTED = 1_000;
/** Where a feature's logarithm reaches 1: features are log(1 + x) / log(1 + bound), at most 1. */
const BOUNDS = [10_000, 1_000, 1_000, 100, 1_000, 1e10] as const;

interface Hour {
  requests: number;
  failures: number;
  bytes: number;
  paths: Set<string>;
  interfaces: Set<string>;
  values: Set<string>;
  first: number;
  last: number;
}

/**
 * Half-space trees over the hours of all accounts of a tenant: requests, failures, distinct paths, interfaces and
 * values, bytes. The window of 250 points is 250 account hours. The score is how many standard deviations the trees'
 * score lies above the mean of the scores so far; it alerts above 3. Said when the hour is over.
 */
export class AccountHours implements PlainRule {
  private readonly tenant: string;
  private readonly least: number;
  private readonly trees = new HalfSpaceTrees(BOUNDS.length);
  private readonly scores = new Moments();
  private readonly hours = new Map<string, Hour>();
  private readonly alerts: ComparatorAlert[] = [];
  private now = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, { floor }: RuleOptions) {
    this.tenant = tenant;
    this.least = floor * LIMIT;
  }

  take(event: PlainEvent): void {
    if (event.time > this.now) {
      const hour = Math.floor(this.now / HOUR_MS);
      if (hour < Math.floor(event.time / HOUR_MS) && Number.isFinite(hour)) this.closeHour((hour + 1) * HOUR_MS);
      this.now = event.time;
    }
    if (event.account === '') return;
    let hour = this.hours.get(event.account);
    if (hour === undefined) {
      if (this.hours.size >= MOST_ACCOUNTS) return;
      hour = {
        requests: 0,
        failures: 0,
        bytes: 0,
        paths: new Set(),
        interfaces: new Set(),
        values: new Set(),
        first: this.now,
        last: this.now,
      };
      this.hours.set(event.account, hour);
    }
    hour.requests++;
    if (event.failed) hour.failures++;
    hour.bytes += event.bytes;
    hour.last = this.now;
    count(hour.paths, event.path);
    count(hour.interfaces, event.interface);
    count(hour.values, event.value);
  }

  end(): ComparatorAlert[] {
    this.closeHour((Math.floor(this.now / HOUR_MS) + 1) * HOUR_MS);
    return this.alerts;
  }

  private closeHour(end: number): void {
    // in the order of their ids, so that what came first within an hour changes nothing
    for (const id of [...this.hours.keys()].sort()) this.judge(id, this.hours.get(id) as Hour, end);
    this.hours.clear();
  }

  private judge(id: string, hour: Hour, end: number): void {
    const point = pointOf(hour);
    if (this.trees.ready) {
      const score = this.trees.score(point);
      const z = this.scores.z(score);
      if (z > this.least)
        this.alerts.push({
          tenant: this.tenant,
          entity: { kind: 'account', id },
          actors: [],
          start: hour.first,
          end: hour.last,
          detectedAt: end,
          score: z,
        });
      this.scores.add(score);
    }
    this.trees.learn(point);
  }
}

function count(values: Set<string>, value: string): void {
  if (value !== '' && values.size < MOST_COUNTED) values.add(value);
}

function pointOf({ requests, failures, bytes, paths, interfaces, values }: Hour): number[] {
  return [requests, failures, paths.size, interfaces.size, values.size, bytes].map((value, q) =>
    Math.min(1, Math.log1p(value) / Math.log1p(BOUNDS[q])),
  );
}

/** Half-space trees over account hours. */
export const ACCOUNT_HALF_SPACES: RuleKind = {
  name: 'half-space-trees-per-account',
  title: 'half-space trees over account hours: 25 trees, depth 15, window 250; above 3 standard deviations',
  source:
    'Tan, Ting, Liu: Fast anomaly detection for streaming data, IJCAI 2011; the cut at three standard deviations of the scores as in the manual of Amazon SageMaker Random Cut Forest',
  threshold: LIMIT + 3 * Number.EPSILON,
  create: (tenant, options) => new AccountHours(tenant, options),
};
