import type { WindowSize } from '../schemas/alert.ts';
import type { CalendarHour } from '../services/core/calendar-hour.ts';
import type { FewNumbers } from '../services/core/few-numbers.ts';

/**
 * The feature lists: ordered data, the same in training and serving. A window's `values` has one number a feature, in
 * this order. All are integers (counts, bytes, ms) unless the text says otherwise; an empty window is all zeros.
 * Append only; a change of meaning takes a new name.
 */
export const ACCOUNT_FEATURES = [
  'requests',
  'failures', // failed in the sense of the source (FLAG.failure)
  'refused', // 401, 403 (not on logins)
  'missing', // 404, 410
  'client_errors', // other 4xx
  'server_errors', // 5xx
  'bytes_out', // response bytes
  'bytes_in',
  'duration_ms', // sum
  'interfaces', // distinct
  'new_interfaces', // of these, never used by this account before the window
  'objects', // distinct
  'new_objects', // of these, not seen by this account in the days before
  'targets', // distinct
  'addresses', // distinct client addresses
  'new_addresses', // of these, not in the account's history
  'new_networks', // autonomous systems not in its history
  'new_countries',
  'new_devices',
  'devices', // distinct
  'countries', // distinct
  'sensitive', // requests to sensitive interfaces
  'exports',
  'sends', // codes sent
  'benefits',
  'registers',
  'logins', // successful
  'login_failures',
  'records', // records that responses said they carried
  'assets', // static side traffic
  'neighbours', // pairs of adjacent values among the numeric objects of the window (bounded sample)
  'active_minutes', // minutes with at least one request
  'peak_minute', // requests in the busiest minute
  'gap_regularity', // 0..1000: 1000 = all gaps between requests equal (1000 x (1 - min(1, MAD/median of gaps))), 0 with fewer than 8 gaps
  'top_interface', // requests to the most used interface
  'foreign', // flows: bytes to other countries; requests: 0
  'unanswered', // flows attempted without answer
  'login_success_new', // successful logins from an address not in the history while failures occurred in the same window
  'beats', // gaps between the starts of bursts of requests (a burst ends with a pause of 5 s), of the hour's first 40 requests
  'beat_regularity', // 0..1000 as gap_regularity, of these gaps; 0 with fewer than 5
  'active_hours', // 1; rolling: hours with at least one request
] as const;

export const INTERFACE_FEATURES = [
  'requests',
  'failures',
  'refused',
  'missing',
  'client_errors',
  'server_errors',
  'bytes_out',
  'bytes_in',
  'duration_ms',
  'callers', // distinct accounts, exact
  'new_callers', // accounts that never called it before the window
  'young_callers', // accounts first seen less than a day before the window
  'single_callers', // accounts that called nothing else in the window (assets aside)
  'anonymous', // requests without an account
  'anonymous_ok', // of these, answered 2xx
  'new_source_requests', // requests of callers from addresses not in their history (anonymous: never seen addresses)
  'new_source_failures',
  'login_success_new', // see account
  'failing_callers', // accounts with at least one failure and no success
  'addresses', // distinct (estimate above the sample size)
  'prefixes',
  'networks',
  'countries',
  'devices',
  'objects',
  'targets',
  'target_runs', // distinct runs of neighbouring targets
  'neighbours', // adjacent numeric objects over all callers (bounded sample)
  'records',
  'new_country_requests', // requests from a country new to the calling account
  'top_caller', // requests of the busiest caller
  'heavy_callers', // callers with more than 30 requests
  'few_callers', // callers with one or two requests
  'slow', // requests slower than 1 s
  'external', // requests from outside the internal networks
  'new_object_reads', // sum over callers of objects new to them
  'devoted_callers', // callers with four or more requests that are three quarters or more of all they did in the window (assets aside)
  'devoted_new_callers', // of these, those of whose requests half or more came from addresses not in their history
  'narrow_young_callers', // young callers that used four interfaces or fewer in the window (assets aside)
  'fresh_single_callers', // callers that are new to it and called nothing else in the window
  'duration_octaves', // sum of the logarithms of the times (octaves.ts)
  'duration_octaves_squared', // and of their squares
  'size_octaves', // sum of the logarithms of the response bytes
  'size_octaves_squared',
  'erring_callers', // callers with at least one server error
  'aimed_young_callers', // young callers of whose requests in the window (assets aside) a fifth or more went to it
] as const;

export const SOURCE_FEATURES = [
  'requests',
  'failures',
  'refused',
  'missing',
  'client_errors',
  'server_errors',
  'bytes_out',
  'accounts', // distinct
  'anonymous',
  'interfaces', // distinct
  'error_paths', // distinct raw paths answered 4xx
  'targets',
  'objects',
  'sends',
  'registers',
  'login_failures',
  'logins',
  'assets',
  'devices',
  'new_accounts',
  'unanswered',
] as const;

export const TARGET_FEATURES = [
  'requests',
  'failures',
  'sends',
  'login_failures',
  'logins',
  'accounts',
  'addresses',
  'prefixes',
  'devices',
  'interfaces',
] as const;

export type View = 'account' | 'interface' | 'source' | 'target';

export const VIEW_FEATURES = {
  account: ACCOUNT_FEATURES,
  interface: INTERFACE_FEATURES,
  source: SOURCE_FEATURES,
  target: TARGET_FEATURES,
} as const satisfies Record<View, readonly string[]>;

/** Plain counters that minute panes carry (account and interface), in this order. */
export const MINUTE_COUNTERS = [
  'requests',
  'failures',
  'refused',
  'missing',
  'server_errors',
  'bytes_out',
  'sensitive',
  'sends',
  'exports',
  'duration_ms',
  'callers',
  'anonymous_ok',
] as const;

/** Account features summed over rolling windows, in this order; each is the sum of the hour panes' values. */
export const ACCOUNT_ROLLING = [
  'requests',
  'failures',
  'refused',
  'missing',
  'bytes_out',
  'new_objects',
  'objects',
  'sensitive',
  'exports',
  'records',
  'new_addresses',
  'targets',
  'active_hours',
] as const;
/** Interface features summed over rolling windows (callers then means caller-hours). */
export const INTERFACE_ROLLING = INTERFACE_FEATURES;
export const ROLLING_SIZES = ['6h', '1d', '3d', '7d'] as const satisfies readonly WindowSize[];
export const ROLLING_HOURS = [6, 24, 72, 168] as const;

/** Position of a feature in its list; throws on a name that is not there. */
export function featureIndex(list: readonly string[], name: string): number {
  const index = list.indexOf(name);
  if (index < 0) throw new Error(`unknown feature ${name}`);
  return index;
}

/** A closed hour pane with what rolls behind it: the unit that scorers see. `values` may be reused after the call. */
export interface ClosedWindow {
  tenant: string;
  view: View;
  /** entity id as people read it */
  key: string;
  /** state slot of the key in its task: stable while the key lives, reused after */
  slot: number;
  /** ms UTC */
  start: number;
  /** exclusive, ms UTC */
  end: number;
  calendar: CalendarHour;
  /** the input ended within this window (provisional flush): counts are low for want of time, nothing has stopped */
  partial: boolean;
  values: Float64Array;
  /** sums over rolling windows that end with this pane: values[size * features + feature], sizes as ROLLING_SIZES */
  rolling: Float64Array;
  /** ms UTC of the key's first event ever */
  firstSeen: number;
  /** days with at least one event before this one */
  activeDays: number;
  /** role flags of the account (FLAG.admin, FLAG.service, FLAG.anonymous, FLAG.flow, FLAG.robot), tags of the interface (FLAG.login, …) */
  flags: number;
  /** accounts: ms UTC from which on the config says it has no contract any more */
  contractEnd?: number;
  /** accounts: countries of the window (two letters packed) that are new to an account with a past */
  newCountries?: FewNumbers;
  /** … or were so not long ago */
  freshCountries?: FewNumbers;
  /** accounts: the other countries, where it was not yet seen today: each is one account-day more from there */
  homeCountries?: FewNumbers;
  /** interfaces: hashes of a few of the callers; left out: nobody asks */
  callers?: readonly number[];
}

/** A closed minute pane; counters as MINUTE_COUNTERS. `running`: sums over the closed minutes of the current hour, this one included. */
export interface ClosedMinute {
  tenant: string;
  view: 'account' | 'interface';
  key: string;
  slot: number;
  start: number;
  calendar: CalendarHour;
  minuteOfHour: number;
  counters: Float64Array;
  running: Float64Array;
  firstSeen: number;
  activeDays: number;
  flags: number;
}
