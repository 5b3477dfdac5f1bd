import type { LearnedModels } from '../../models/learned/learned-models.ts';
import type { TenantSwitch } from '../core/control.ts';
import { Panes } from '../core/window.ts';
import type { CalendarConfig } from '../features/calendar.ts';
import { TenantCalendar } from '../features/calendar.ts';
import { globPattern } from '../ingest/identity/account-book.ts';
import type { Documented } from './known-names.ts';
import type { Observe } from './view-scoring.ts';

/** What the account and merge stages have to know of a tenant. Plain data. */
export interface TenantSettings {
  time_zone: string;
  calendar: CalendarConfig;
  /** contracts that end: account patterns (`*` stands for anything) and ms UTC from which they hold no more */
  contracts?: readonly { members: readonly string[]; until: number }[];
  /** its sessions are joined: events and time come from identify tasks */
  joined?: boolean;
}

/** What a stage is given besides its config: things that are no plain data. */
export interface ViewStageDeps {
  /** bundles of trained scorers by version; every version that a switch names */
  models?: ReadonlyMap<string, LearnedModels>;
  observe?: Observe;
  /** left out: no tenant has documents */
  documented?: Documented;
}

export interface ViewStageConfig {
  tenants: Record<string, TenantSettings>;
  /** for tenants that only a source names */
  defaults: TenantSettings;
  /** which bundles judge from when on, in the order in which they were written down; left out: none ever does */
  switches?: readonly TenantSwitch[];
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

/**
 * The end of an account's contract as the config has it, ms UTC; undefined when none of the tenant's contracts ends. Members are
 * compared with the id as it is shown: where accounts are stored hashed, patterns of readable names match nothing.
 */
export function contractEnds(config: ViewStageConfig, tenant: string): ((account: string) => number | undefined) | undefined {
  const { contracts } = config.tenants[tenant] ?? config.defaults;
  const ends = (contracts ?? []).flatMap(({ members, until }) => members.map((text) => ({ pattern: globPattern(text), until })));
  if (ends.length === 0) return undefined;
  return (account) => ends.find(({ pattern }) => pattern.test(account))?.until;
}
