import type { ExpectedRange, Term } from '../../models/evidence.ts';
import type { EntityRef, WindowSize } from '../../schemas/alert.ts';
import { LEARNED_PHRASES, plainText, TODAY } from './learned-texts.ts';

/** How a person calls the features, after a number. Features without an entry are written as they are named. */
const PHRASES: Readonly<Record<string, string | readonly [one: string, many: string]>> = {
  ...LEARNED_PHRASES,
  requests: ['request', 'requests'],
  failures: ['failed request', 'failed requests'],
  refused: ['refused request (401, 403)', 'refused requests (401, 403)'],
  missing: ['request for what is not there (404)', 'requests for what is not there (404)'],
  client_errors: ['other client error (4xx)', 'other client errors (4xx)'],
  server_errors: ['server error (5xx)', 'server errors (5xx)'],
  errors: ['error', 'errors'],
  bytes_out: 'sent out',
  bytes_in: 'received',
  kilobytes: 'kB sent out',
  foreign_kilobytes: 'kB sent to other countries',
  mean_size: 'sent out per request',
  mean_duration: 'per request',
  typical_size: 'sent out in a typical answer',
  typical_duration: 'for a typical answer',
  duration_ms: 'of processing time',
  interfaces: ['interface', 'different interfaces'],
  new_interfaces: ['interface never used before', 'interfaces never used before'],
  objects: ['object', 'different objects'],
  new_objects: ['object not seen before', 'objects not seen before'],
  new_object_reads: ['read of an object new to its caller', 'reads of objects new to their callers'],
  targets: ['target', 'different targets'],
  target_runs: ['run of neighbouring targets', 'runs of neighbouring targets'],
  run_targets: ['target with a neighbour among the others', 'targets with neighbours among the others'],
  addresses: ['address', 'different addresses'],
  new_addresses: ['address never used before', 'addresses never used before'],
  new_networks: ['network never used before', 'networks never used before'],
  new_countries: ['country never seen before', 'countries never seen before'],
  new_devices: ['device never used before', 'devices never used before'],
  devices: ['device', 'different devices'],
  countries: ['country', 'different countries'],
  networks: ['network', 'different networks'],
  prefixes: ['network prefix', 'different network prefixes'],
  shared_prefixes: ['caller that shares its network prefix with others', 'callers that share their network prefix with others'],
  shared_devices: ['caller with the same device traits as others', 'callers with the same device traits as others'],
  sensitive: ['request to a sensitive interface', 'requests to sensitive interfaces'],
  exports: ['export', 'exports'],
  sends: ['code sent', 'codes sent'],
  benefits: ['benefit taken', 'benefits taken'],
  registers: ['sign-up', 'sign-ups'],
  logins: ['successful login', 'successful logins'],
  login_failures: ['login failure', 'login failures'],
  login_success_new: ['successful login from a new place among failures', 'successful logins from new places among failures'],
  records: ['record delivered', 'records delivered'],
  assets: ['static file', 'static files'],
  neighbours: ['pair of neighbouring ids', 'pairs of neighbouring ids'],
  active_minutes: ['active minute', 'active minutes'],
  peak_minute: ['request in the busiest minute', 'requests in the busiest minute'],
  top_interface: ['request to one interface', 'requests to one interface'],
  foreign: 'sent to other countries',
  unanswered: ['connection without answer', 'connections without answer'],
  callers: ['caller', 'callers'],
  new_callers: ['caller that never called it before', 'callers that never called it before'],
  young_callers: ['caller younger than a day', 'callers younger than a day'],
  single_callers: ['caller that does nothing else', 'callers that do nothing else'],
  failing_callers: ['caller that only fails', 'callers that only fail'],
  erring_callers: ['caller with a server error', 'callers with server errors'],
  heavy_callers: ['caller with more than 30 requests', 'callers with more than 30 requests'],
  few_callers: ['caller with one or two requests', 'callers with one or two requests'],
  devoted_callers: ['caller that does little else', 'callers that do little else'],
  devoted_new_callers: ['caller from a new place that does little else', 'callers from new places that do little else'],
  narrow_young_callers: ['young account that does little else', 'young accounts that do little else'],
  aimed_young_callers: ['young account that came for it', 'young accounts that came for it'],
  fresh_single_callers: ['new caller that does nothing else', 'new callers that do nothing else'],
  top_caller: ['request of the busiest caller', 'requests of the busiest caller'],
  requests_per_caller: 'requests per caller',
  requests_since_last: 'requests since it was last called',
  anonymous: ['request without an account', 'requests without an account'],
  anonymous_ok: ['request answered without an account', 'requests answered without an account'],
  new_source_requests: ['request from a new address', 'requests from new addresses'],
  newcomer_failures: ['failure among the requests from new addresses', 'failures among the requests from new addresses'],
  new_source_failures: ['failure from a new address', 'failures from new addresses'],
  new_country_requests: ['request from a country new to the account', 'requests from countries new to the account'],
  slow: ['request slower than 1 s', 'requests slower than 1 s'],
  external: ['request from outside', 'requests from outside'],
  other_requests: ['request by others than the busiest caller', 'requests by others than the busiest caller'],
  walking_hours: [
    'hour with nothing but first looks at objects of one interface',
    'hours with nothing but first looks at objects of one interface',
  ],
  active_hours: ['active hour', 'active hours'],
  even_hours: ['hour in a row with as many calls to one service', 'hours in a row with as many calls to one service'],
  requests_after_contract: ['answered request after the end of the contract', 'answered requests after the end of the contract'],
  new_callers_on_guarded_port: [
    'caller that never called it before, at a port of administration or data',
    'callers that never called it before, at a port of administration or data',
  ],
  hours_calling_out: ['hour in which it called outside', 'hours in which it called outside'],
  newcomers_from_outside: ['address from outside that was never seen before', 'addresses from outside that were never seen before'],
  rare_country: ['country from which hardly any of the accounts come', 'countries from which hardly any of the accounts come'],
  external_on_data_port: ['connection from outside to a data port', 'connections from outside to a data port'],
  accounts: ['account', 'different accounts'],
  new_accounts: ['account not seen before', 'accounts not seen before'],
  paths: ['path', 'different paths'],
  error_paths: ['path that failed', 'different paths that failed'],
};

const BYTE_FEATURES = new Set(['bytes_out', 'bytes_in', 'foreign', 'mean_size', 'typical_size']);
const TIME_FEATURES = new Set(['duration_ms', 'mean_duration', 'typical_duration']);
/** Features that are a degree or a fact, not a number of things. */
const DEGREES: Readonly<Record<string, string>> = {
  gap_regularity: 'the regularity of the gaps between requests (of 1,000) is',
  gap_unevenness: 'the unevenness of the gaps between requests (0: like clockwork) is',
  beat_unevenness: 'the unevenness of the gaps between bursts of requests (0: like clockwork) is',
  new_environment: 'new environments of address, network, country and device together:',
};

const SPANS: Readonly<Record<WindowSize, string>> = {
  '1m': 'in this minute',
  '1h': 'in this hour',
  '6h': 'in 6 hours',
  '1d': 'in a day',
  '3d': 'in 3 days',
  '7d': 'in 7 days',
};

/**
 * One reason in words: what was seen, what would have been normal, and whose past says so.
 * @param running the alert was raised while the hour at its window's end still ran
 */
export function reasonText(term: Term, expected: ExpectedRange, entity: EntityRef, alertWindow: WindowSize, running = false): string {
  if (term.law.kind === 'plain') return plainText(term, expected, entity);
  const { base, span } = featureOf(term.feature, alertWindow, running);
  const amount = formatAmount(base, term.value);
  const only = term.value < expected.low ? 'only ' : '';
  const of = term.law.kind === 'share' ? ` (of ${formatAmount(base, term.law.trials)})` : '';
  const what = Object.hasOwn(DEGREES, base) ? `${DEGREES[base]} ${amount}` : `${only}${amount} ${phraseOf(base, term.value)}${of}`;
  return `${what} ${span}; ${normalText(base, expected)} ${scopeText(term, entity)} (${baselineText(term)})`;
}

/**
 * What a feature's name says: the base feature and the time that it is about. Without a suffix it is the minute of a
 * minute's alert, else one hour (what has passed of it, where it runs), also in an alert of a longer window: its last; novelties are of the running day. Suffixes:
 * a window size, `_running` (the current hour so far), `_drift` (nine active days at the recent level), `_climb` (a day, where
 * the trend of the working days has come to), `_step` (a day of the last three working days), `_at_this_hour`, `_peers`, `_of_…` (the whole of a share), `_low`
 * (little is odd), `_count` (the number where the plain name is a share).
 */
function featureOf(feature: string, alertWindow: WindowSize, running: boolean): { base: string; span: string } {
  const name = feature.replace(/_(peers|low|count)$/, '').replace(/_of_(logins|requests|objects|interfaces)$/, '');
  if (TODAY.has(name)) return { base: name.replace(/_1d$/, ''), span: 'today' };
  if (name.endsWith('_running')) return { base: name.slice(0, -'_running'.length), span: 'in this hour so far' };
  if (name.endsWith('_drift')) return { base: name.slice(0, -'_drift'.length), span: 'in nine active days like the last ones' };
  if (name.endsWith('_climb')) return { base: name.slice(0, -'_climb'.length), span: 'a day by the trend of its working days' };
  if (name.endsWith('_step')) return { base: name.slice(0, -'_step'.length), span: 'a day of its last three working days' };
  if (name === 'even_hours') return { base: name, span: 'until now' };
  if (name.endsWith('_at_this_hour')) return { base: name.slice(0, -'_at_this_hour'.length), span: 'at this hour of the week' };
  const match = /^(.*)_(1m|1h|6h|1d|3d|7d)$/.exec(name);
  if (match === null && running) return { base: name, span: 'in this hour so far' };
  if (match === null) return { base: name, span: alertWindow === '1m' || alertWindow === '1h' ? SPANS[alertWindow] : 'in one hour' };
  return { base: match[1], span: SPANS[match[2] as WindowSize] };
}

function phraseOf(base: string, value: number): string {
  if (!Object.hasOwn(PHRASES, base)) return base.replaceAll('_', ' ');
  const phrase = PHRASES[base];
  return typeof phrase === 'string' ? phrase : phrase[value === 1 ? 0 : 1];
}

function normalText(base: string, { low, high }: ExpectedRange): string {
  const lowText = formatAmount(base, low);
  const highText = formatAmount(base, high);
  if (high === 0) return 'none is normal';
  if (lowText === highText) return `${highText} is normal`;
  return low <= 0 ? `up to ${highText} ${high === 1 ? 'is' : 'are'} normal` : `between ${lowText} and ${highText} are normal`;
}

function scopeText(term: Term, entity: EntityRef): string {
  switch (term.baseline.scope) {
    case 'own':
      return `for this ${entity.kind} at this time`;
    case 'peers':
      return `for ${entity.kind}s like this one`;
    case 'tenant':
      return `for the ${entity.kind}s of this tenant`;
    case 'prior':
      return `for ${entity.kind}s in general`;
    case 'fixed':
      return 'by a fixed rule';
  }
}

function baselineText(term: Term): string {
  const { scope, size } = term.baseline;
  if (scope === 'fixed') return 'no history needed';
  const label = { own: 'own history', peers: 'history of its peers', tenant: "the tenant's history", prior: 'shipped experience' }[scope];
  const count = Math.round(size);
  // where a tenant's accounts come from is counted by their days
  const unit = term.feature === 'rare_country' ? 'account-day' : 'window';
  return count > 0 ? `${label}, ${grouped(count)} ${unit}${count === 1 ? '' : 's'}` : label;
}

function formatAmount(base: string, value: number): string {
  if (BYTE_FEATURES.has(base)) return formatBytes(value);
  if (TIME_FEATURES.has(base)) return value >= 1000 ? `${formatNumber(value / 1000)} s` : `${formatNumber(value)} ms`;
  return formatNumber(value);
}

function formatBytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${formatNumber(rest)} ${units[unit]}`;
}

/** Whole numbers in full with thousands marked, others with three significant digits. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return grouped(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
