import { hashString } from '../core/hash.ts';
import { DAY } from '../core/watermark.ts';

/** What a tenant does for a living; decides interfaces, people and hours. `network` is a flow log, the others are requests. */
export const TENANT_KINDS = ['consumer', 'partners', 'office', 'network'] as const;
export type TenantKind = (typeof TENANT_KINDS)[number];

/** Own days of a calendar, by local date YYYY-MM-DD: as in weir.yaml. */
export type CalendarDays = Record<string, 'holiday' | 'work'>;

/** One campaign to run. */
export interface ScenarioRequest {
  /** name of a scenario (`weir simulate --list`) */
  scenario: string;
  /** 1 = as described in full, 1/3 a third of it; > 0 */
  intensity: number;
  /** instead of an intensity: share of the tenant's events that the campaign's are while it lasts, in (0, 1) */
  share?: number;
  /** when it begins, ms UTC; undefined: drawn so that it fits into the second half of the time */
  at?: number;
}

/** Everything that decides one tenant's traffic. The same plan gives the same events, byte for byte. */
export interface TenantPlan {
  name: string;
  kind: TenantKind;
  seed: number;
  /** ms UTC, a full hour */
  start: number;
  days: number;
  /** accounts at the start (employees, API keys, hosts) */
  accounts: number;
  /** mean of an ordinary working day */
  eventsPerDay: number;
  time_zone: string;
  /** ISO 3166 code of its customers and holidays */
  country: string;
  calendar: CalendarDays;
  scenarios: ScenarioRequest[];
  /** names of hard negatives */
  hardNegatives: string[];
  /** offices: the system is reached from the internet too, people work from anywhere */
  portal?: boolean;
}

export interface SimulationPlan {
  tenants: TenantPlan[];
}

/** End of a plan, ms UTC, exclusive. */
export function planEnd(plan: TenantPlan): number {
  return plan.start + plan.days * DAY;
}

/** A seed of its own for each part of a plan. */
export function seedOf(plan: TenantPlan, ...words: string[]): number {
  return hashString(`${plan.seed}\n${words.join('\n')}`);
}
