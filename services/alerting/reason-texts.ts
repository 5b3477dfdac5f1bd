import type { ExpectedRange, Term } from '../../models/evidence.ts';
import type { EntityRef, WindowSize } from '../../schemas/alert.ts';

/** How a person calls the features, after a number. Features without an entry are written as they are named. */
const PHRASES: Readonly<Record<string, string>> = {
  requests: 'requests',
  failures: 'failed requests',
  refused: 'refused requests (401, 403)',
  missing: 'requests for what is not there (404)',
  client_errors: 'other client errors (4xx)',
  server_errors: 'server errors (5xx)',
  bytes_out: 'sent out',
  bytes_in: 'received',
  duration_ms: 'of processing time',
  interfaces: 'different interfaces',
  new_interfaces: 'interfaces never used before',
  objects: 'different objects',
  new_objects: 'objects not seen before',
  new_object_reads: 'reads of objects new to the caller',
  targets: 'different targets',
  target_runs: 'runs of neighbouring targets',
  addresses: 'different addresses',
  new_addresses: 'addresses never used before',
  new_networks: 'networks never used before',
  new_countries: 'countries never seen before',
  new_devices: 'devices never used before',
  devices: 'different devices',
  countries: 'different countries',
  networks: 'different networks',
  prefixes: 'different network prefixes',
  sensitive: 'requests to sensitive interfaces',
  exports: 'exports',
  sends: 'codes sent',
  benefits: 'benefits taken',
  registers: 'sign-ups',
  logins: 'successful logins',
  login_failures: 'login failures',
  login_success_new: 'successful logins from new places among failures',
  records: 'records delivered',
  assets: 'static files',
  neighbours: 'pairs of neighbouring ids',
  active_minutes: 'active minutes',
  peak_minute: 'requests in the busiest minute',
  top_interface: 'requests to one interface',
  foreign: 'sent to other countries',
  unanswered: 'connections without answer',
  callers: 'callers',
  new_callers: 'callers that never called it before',
  young_callers: 'callers younger than a day',
  single_callers: 'callers that do nothing else',
  failing_callers: 'callers that only fail',
  heavy_callers: 'callers with more than 30 requests',
  few_callers: 'callers with one or two requests',
  top_caller: 'requests of the busiest caller',
  anonymous: 'requests without an account',
  anonymous_ok: 'requests answered without an account',
  new_source_requests: 'requests from new addresses',
  new_source_failures: 'failures from new addresses',
  new_country_requests: 'requests from a country new to the account',
  slow: 'requests slower than 1 s',
  external: 'requests from outside',
  accounts: 'different accounts',
  new_accounts: 'accounts not seen before',
  paths: 'different paths',
  error_paths: 'different paths that failed',
};

const BYTE_FEATURES = new Set(['bytes_out', 'bytes_in', 'foreign']);
const TIME_FEATURES = new Set(['duration_ms']);
/** Features that are a degree, not a number of things: "regularity of 950 in 1000". */
const DEGREES: Readonly<Record<string, string>> = {
  gap_regularity: 'regularity of the gaps between requests (of 1,000)',
};

const SPANS: Readonly<Record<WindowSize, string>> = {
  '1m': 'in this minute',
  '1h': 'in this hour',
  '6h': 'in 6 hours',
  '1d': 'in a day',
  '3d': 'in 3 days',
  '7d': 'in 7 days',
};

const WINDOW_MINUTES: Readonly<Record<WindowSize, number>> = { '1m': 1, '1h': 60, '6h': 360, '1d': 1440, '3d': 4320, '7d': 10_080 };

/** One reason in words: what was seen, what would have been normal, and whose past says so. */
export function reasonText(term: Term, expected: ExpectedRange, entity: EntityRef, alertWindow: WindowSize): string {
  const { base, size } = splitFeature(term.feature, alertWindow);
  const amount = formatAmount(base, term.value);
  const only = term.law.kind === 'floor' || (term.law.kind === 'measure' && term.law.direction === -1) ? 'only ' : '';
  const of = term.law.kind === 'share' ? ` of ${formatAmount(base, term.law.trials)}` : '';
  const what = Object.hasOwn(DEGREES, base)
    ? `${DEGREES[base]} is ${amount}`
    : `${only}${amount}${of} ${Object.hasOwn(PHRASES, base) ? PHRASES[base] : base.replaceAll('_', ' ')}`;
  return `${what} ${SPANS[size]}; ${normalText(base, expected)} ${scopeText(term, entity)} (${baselineText(term, size)})`;
}

/** `requests_7d` is the feature `requests` over 7 days; without a suffix it is over the alert's own window. */
function splitFeature(feature: string, alertWindow: WindowSize): { base: string; size: WindowSize } {
  const match = /^(.*)_(1m|1h|6h|1d|3d|7d)$/.exec(feature);
  return match === null ? { base: feature, size: alertWindow } : { base: match[1], size: match[2] as WindowSize };
}

function normalText(base: string, { low, high }: ExpectedRange): string {
  const lowText = formatAmount(base, low);
  const highText = formatAmount(base, high);
  if (lowText === highText) return `${highText} is normal`;
  if (low <= 0) return `up to ${highText} is normal`;
  return `between ${lowText} and ${highText} is normal`;
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

function baselineText(term: Term, size: WindowSize): string {
  const { scope, size: windows } = term.baseline;
  if (scope === 'fixed') return 'no history needed';
  const label = { own: 'own history', peers: 'history of its peers', tenant: "the tenant's history", prior: 'shipped experience' }[scope];
  return windows > 0 ? `${label}, ${historyLength(windows, size)}` : label;
}

function historyLength(windows: number, size: WindowSize): string {
  const minutes = windows * WINDOW_MINUTES[size];
  const [count, unit] = minutes >= 2880 ? [minutes / 1440, 'day'] : minutes >= 60 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  const rounded = Math.max(1, Math.round(count));
  return `${grouped(rounded)} ${unit}${rounded === 1 ? '' : 's'}`;
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
