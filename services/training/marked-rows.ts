import type { TenantRows } from './collect-tenant.ts';

/** Rows of windows that people marked, of real tenants. */
export interface MarkedRows {
  tenants: TenantRows[];
  /** how much more their rows weigh than simulated ones */
  weight: number;
  /** what goes into the manifest: enough to tell what was added */
  made: Record<string, unknown>;
}
