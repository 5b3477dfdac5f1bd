import { Panes } from '../core/window.ts';
import type { CalendarConfig } from '../features/calendar.ts';
import { TenantCalendar } from '../features/calendar.ts';

/** What the account and merge stages have to know of a tenant. Plain data. */
export interface TenantSettings {
  time_zone: string;
  calendar: CalendarConfig;
}

export interface ViewStageConfig {
  tenants: Record<string, TenantSettings>;
  /** for tenants that only a source names */
  defaults: TenantSettings;
  /** number of this task and of all tasks of its stage */
  task: number;
  partitions: number;
  /** number of tasks of the next stage */
  nextPartitions: number;
}

/** Panes and calendar of a tenant. */
export function tenantTime(config: ViewStageConfig, tenant: string): { panes: Panes; calendar: TenantCalendar } {
  const settings = config.tenants[tenant] ?? config.defaults;
  const panes = new Panes(settings.time_zone);
  return { panes, calendar: new TenantCalendar(panes, settings.calendar) };
}
