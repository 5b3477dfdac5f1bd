import type { ComparatorAlert, PlainEvent, PlainRule, RuleKind, RuleOptions } from './contract.ts';
import { Moments } from './moments.ts';
import { RecencyMap } from './recency-map.ts';

const DAY_MS = 86_400_000;
/** The published verdict: |z| above it. */
const LIMIT = 3;
/** Days of an account that z needs. */
const LEAST_DAYS = 3;
const MOST_ACCOUNTS = 200_000;

interface Account {
  requests: number;
  bytes: number;
  first: number;
  last: number;
  past: { requests: Moments; bytes: Moments };
}

/**
 * Requests and bytes of an account's day (UTC) in standard deviations off the mean of its days so far, those without a
 * request counted from its first day on. The score is the larger |z|; it alerts above 3. Said when the day is over.
 */
export class AccountDays implements PlainRule {
  private readonly tenant: string;
  private readonly least: number;
  private readonly accounts: RecencyMap<Account>;
  private readonly alerts: ComparatorAlert[] = [];
  private now = Number.NEGATIVE_INFINITY;

  constructor(tenant: string, { floor }: RuleOptions) {
    this.tenant = tenant;
    this.least = floor * LIMIT;
    this.accounts = new RecencyMap(MOST_ACCOUNTS);
  }

  take({ time, account, bytes }: PlainEvent): void {
    if (time > this.now) {
      if (Number.isFinite(this.now)) this.closeDays(time);
      this.now = time;
    }
    if (account === '') return;
    const one = this.accounts.touch(account, () => ({
      requests: 0,
      bytes: 0,
      first: 0,
      last: 0,
      past: { requests: new Moments(), bytes: new Moments() },
    }));
    if (one.requests === 0) one.first = this.now;
    one.last = this.now;
    one.requests++;
    one.bytes += bytes;
  }

  end(): ComparatorAlert[] {
    this.closeDays(this.now + DAY_MS);
    this.accounts.clear();
    return this.alerts;
  }

  private closeDays(to: number): void {
    for (let day = Math.floor(this.now / DAY_MS); day < Math.floor(to / DAY_MS); day++) {
      const end = (day + 1) * DAY_MS;
      for (const [id, one] of this.accounts) this.closeDay(id, one, end);
    }
  }

  private closeDay(id: string, one: Account, end: number): void {
    const { past, requests, bytes } = one;
    if (past.requests.count >= LEAST_DAYS) {
      const score = Math.max(Math.abs(past.requests.z(requests)), Math.abs(past.bytes.z(bytes)));
      if (score > this.least) {
        this.alerts.push({
          tenant: this.tenant,
          entity: { kind: 'account', id },
          actors: [],
          start: requests > 0 ? one.first : end - DAY_MS,
          end: requests > 0 ? one.last : end,
          detectedAt: end,
          score,
        });
      }
    }
    past.requests.add(requests);
    past.bytes.add(bytes);
    one.requests = 0;
    one.bytes = 0;
  }
}

/** z-score of an account's day. */
export const ACCOUNT_DAY: RuleKind = {
  name: 'z-score-per-account-and-day',
  title: 'z-score per account and day: |z| > 3 of requests or bytes',
  source: 'three-sigma rule (Shewhart 1931) on daily counts of a user, as SIEM handbooks give it',
  threshold: LIMIT + 3 * Number.EPSILON,
  create: (tenant, options) => new AccountDays(tenant, options),
};
