import type { EntityRef } from '../../schemas/alert.ts';

/** An exception from the calibrated threshold, scoped to one entity and expiring. */
export interface AlertOverride {
  entity: EntityRef;
  /** one detector; left out: all */
  detector?: string;
  /** multiplies what the detector may expect of this entity: 0 never alerts, 0.1 a decade stricter, 10 a decade looser */
  factor: number;
  /** ms UTC of event time; left out: for good */
  until?: number;
}

/** What the alert stage knows of one tenant. */
export interface TenantAlertConfig {
  /** IANA name */
  timeZone: string;
  /** expected false incidents a day, over all detectors */
  alertBudget: number;
  /** ms; the longest of the tenant's sources */
  lateness: number;
  /** detector name -> weight in the split of the budget, 1 where unset, 0 off */
  sensitivity?: Record<string, number>;
  overrides?: readonly AlertOverride[];
}

export interface AlertConfig {
  configVersion: string;
  model: { name: string; version: string };
  tenants: Record<string, TenantAlertConfig>;
  /** what a tenant has that only a source names; default UTC, budget 1, lateness 2 min */
  otherTenants?: TenantAlertConfig;
  /** how many upstreams (account and merge tasks) report, for a tenant that ends before its first watermark; default 1 */
  upstreams?: number;
}

const OTHER_TENANTS: TenantAlertConfig = { timeZone: 'UTC', alertBudget: 1, lateness: 120_000 };

export function tenantAlertConfig(config: AlertConfig, tenant: string): TenantAlertConfig {
  return Object.hasOwn(config.tenants, tenant) ? config.tenants[tenant] : (config.otherTenants ?? OTHER_TENANTS);
}
