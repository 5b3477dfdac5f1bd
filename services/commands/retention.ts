import type { Config } from '../../schemas/config.ts';
import { tenantConfig } from './config.ts';

const DAY_MS = 86_400_000;

/** Days that rows are kept, per tenant. */
export function retentionOf(config: Config): { default: number; tenants: Record<string, number> } {
  const days = (tenant: string): number => Math.ceil(tenantConfig(config, tenant).retention / DAY_MS);
  return { default: days(''), tenants: Object.fromEntries(Object.keys(config.tenants).map((tenant) => [tenant, days(tenant)])) };
}
