import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Term } from '../evidence.ts';
import { A, NOVELTIES as ALL_NOVELTIES, LEARNED_NOVELTIES, LEVEL, LEVELS, type Level, ROLLED } from '../levels.ts';
import { ACCOUNT_ROLLING, type ClosedWindow } from '../windows.ts';
import type { FeatureList } from './feature-list.ts';
import {
  addAmount,
  addCount,
  addFixed,
  addLaw,
  addLongAmount,
  addPlain,
  addShare,
  FIXED,
  fact,
  type PlainLaws,
  plain,
  surprising,
} from './terms-laws.ts';

const DAY = 86_400_000;

/** The novelties that trained scorers read: those that came later are the baselines' own. */
const NOVELTIES = ALL_NOVELTIES.slice(0, LEARNED_NOVELTIES);

/** Levels that are bytes or records: one answer may be a thousand times another. */
const AMOUNTS: ReadonlySet<Level> = new Set(['kilobytes', 'records', 'foreign_kilobytes']);
/** Levels whose running day (or last 24 hours) is compared with the own days. */
const BY_DAY: ReadonlySet<Level> = new Set(LEVELS.filter((name) => name !== 'interfaces'));
/** What a slow thief takes: looked at over three and seven days. */
const LONG: ReadonlySet<Level> = new Set(['requests', 'kilobytes', 'objects', 'new_objects', 'sensitive', 'records']);
/** Levels whose day is also compared with the peers alone, which a past that was raised slowly cannot move. */
const PEERS: ReadonlySet<Level> = new Set(['requests', 'kilobytes', 'new_objects', 'sensitive', 'records']);

/** One level with its features' names, made once. */
const PLAN = LEVELS.map((name) => ({
  level: LEVEL[name],
  add: AMOUNTS.has(name) ? addAmount : addCount,
  addLong: AMOUNTS.has(name) ? addLongAmount : addCount,
  hour: name,
  day: BY_DAY.has(name) ? `${name}_1d` : '',
  three: LONG.has(name) ? `${name}_3d` : '',
  week: LONG.has(name) ? `${name}_7d` : '',
  peers: PEERS.has(name) ? `${name}_1d_peers` : '',
  weekPeers: PEERS.has(name) && LONG.has(name) ? `${name}_7d_peers` : '',
}));

/** Position of `new_addresses` over seven days among the rolling sums. */
const NEW_ADDRESSES_WEEK = ROLLED['7d'] * ACCOUNT_ROLLING.length + ACCOUNT_ROLLING.indexOf('new_addresses');

/** Own active days from which three, and seven, days in a row are compared. */
const LEAST_DAYS = { three: 3, week: 5 };
/** Days of one account hang together: so much of a day's dispersion is left over three and seven of them. */
const LEFT = { three: 2 / 3, week: 0.45 };

/** Gaps between requests of people have this unevenness (1000 less their regularity), a factor of two apart. */
const USUAL_UNEVENNESS = 700;
/** A person's active minutes of an active hour, and active hours of an active day. */
const PERSON_MINUTES = 17;
const PERSON_HOURS = 6;
/** What hands do in a busy minute; twice a spread of e is what pages that load by themselves do. */
const BUSY_MINUTE = 8;

/** Roles that are told apart, by the flag that says so; a person has none of them. */
const ROLES = [
  ['admin', FLAG.admin],
  ['service', FLAG.service],
  ['anonymous', FLAG.anonymous],
  ['robot', FLAG.robot],
  ['flow', FLAG.flow],
] as const;

/**
 * Days of past beyond which an account counts as known. Early, since simulated attacks come after clean days: more days
 * would tell a model how long the simulation has run.
 */
export const MOST_DAYS = 4;

/** What is usual of the plain features where no trained bundle says it. */
export const ACCOUNT_PLAIN: PlainLaws = {
  ...Object.fromEntries(ROLES.map(([name]) => [name, fact(0)])),
  days: { kind: 'plain', low: 0, usual: MOST_DAYS, high: MOST_DAYS, step: 1 },
  working_day: fact(1),
  concentration: { kind: 'plain', low: 0.15, usual: 0.5, high: 1, step: 0.01 },
  block_share: { kind: 'plain', low: 0.02, usual: 0.3, high: 0.7, step: 0.01 },
};

/** The ordered inputs of the account view's learned scorers. */
export const ACCOUNT_LIST: FeatureList = {
  view: 'account',
  version: 1,
  features: [
    ...PLAN.flatMap(({ hour, day, three, week, peers, weekPeers }) =>
      [hour, day, three, week, peers, weekPeers].filter((name) => name !== '').map(surprising),
    ),
    ...NOVELTIES.map(surprising),
    ...[
      'new_addresses_7d',
      'addresses',
      'devices',
      'login_failures',
      'login_success_new',
      'sends',
      'registers',
      'benefits',
      'peak_minute',
      'errors_of_requests',
      'refused_of_requests',
      'missing_of_requests',
      'sensitive_of_requests',
      'objects_of_requests',
      'new_objects_of_objects',
      'neighbours',
      'unanswered_of_requests',
      'assets',
      'mean_size',
      'records_per_request',
      'gap_unevenness',
      'active_minutes',
      'active_hours_1d',
      'requests_at_this_hour',
    ].map(surprising),
    ...ROLES.map(([name]) => plain(name)),
    ...['days', 'working_day', 'concentration', 'block_share'].map(plain),
  ],
};

/**
 * The learned scorers' inputs for one closed hour of an account, as terms: called when the baselines have been turned to
 * the window and have not learned it yet. What says nothing (no past, nothing to divide by) is left out; an amount of
 * zero against a law says that nothing is much, and is there.
 * @param laws what is usual of the plain features, ACCOUNT_PLAIN unless a bundle brings its own
 */
export function accountTerms(window: ClosedWindow, b: AccountBaselines, laws: PlainLaws = ACCOUNT_PLAIN): Term[] {
  const terms: Term[] = [];
  addLevels(terms, window, b);
  addNovelties(terms, window, b);
  addFixedCounts(terms, window.values);
  addShares(terms, window, b);
  addRhythm(terms, window, b);
  const { values, flags, calendar } = window;
  for (const [name, flag] of ROLES) addPlain(terms, laws, name, (flags & flag) === 0 ? 0 : 1);
  addPlain(terms, laws, 'days', Math.min(MOST_DAYS, b.lifeDays));
  addPlain(terms, laws, 'working_day', calendar.working ? 1 : 0);
  if (values[A.requests] >= 5) addPlain(terms, laws, 'concentration', values[A.top_interface] / values[A.requests]);
  if (b.lifeDays >= 3) addPlain(terms, laws, 'block_share', b.blockShare(calendar.hour, calendar.working));
  return terms;
}

/** Amounts of the hour, the day, three and seven days, against the own past and the peers. */
function addLevels(terms: Term[], window: ClosedWindow, b: AccountBaselines): void {
  const known = b.lifeDays;
  const active = activeOfWeek(window);
  for (let i = 0; i < PLAN.length; i++) {
    const { level, add, addLong, hour, day, three, week, peers, weekPeers } = PLAN[i];
    add(terms, hour, b.amount('1h', level), b.hour(level));
    if (day === '') continue;
    const ofDay = b.amount('1d', level);
    const expected = b.day(level);
    add(terms, day, ofDay, expected);
    if (three !== '' && known >= LEAST_DAYS.three) {
      const { mean, dispersion } = expected;
      expected.mean = 3 * mean;
      expected.dispersion = LEFT.three * dispersion;
      addLong(terms, three, b.amount('3d', level), expected);
      if (known >= LEAST_DAYS.week) {
        expected.mean = active * mean;
        expected.dispersion = LEFT.week * dispersion;
        // the long-horizon anchor where it is old enough, else the own days
        addLong(terms, week, b.amount('7d', level), b.anchoredWeek(level) ?? expected);
        if (weekPeers !== '') addLong(terms, weekPeers, b.amount('7d', level), b.peers(level, active));
      }
    }
    if (peers !== '') add(terms, peers, ofDay, b.peers(level, 1));
  }
}

/** On how many of the last seven days, this one included, the account was active as far as its past goes. */
function activeOfWeek(window: ClosedWindow): number {
  const age = Math.floor((window.start - window.firstSeen) / DAY) + 1;
  const active = window.activeDays + 1;
  return Math.max(1, age <= 7 ? Math.min(active, 7) : (7 * Math.min(active, age)) / age);
}

/** What was new today; on its first day everything is new to an account. */
function addNovelties(terms: Term[], window: ClosedWindow, b: AccountBaselines): void {
  if (b.lifeDays < 1) return;
  for (let kind = 0; kind < NOVELTIES.length; kind++) addCount(terms, NOVELTIES[kind], b.fresh(kind), b.novelty(kind));
  if (b.lifeDays < LEAST_DAYS.week) return;
  const expected = b.novelty(0);
  expected.mean *= activeOfWeek(window);
  addCount(terms, 'new_addresses_7d', window.rolling[NEW_ADDRESSES_WEEK], expected);
}

/** Counts that are about the same in every product: how many phones a person has, how often a password is mistyped. */
function addFixedCounts(terms: Term[], values: Float64Array): void {
  addFixed(terms, 'addresses', values[A.addresses], 1.3, 0.3);
  addFixed(terms, 'devices', values[A.devices], 1, 0.05);
  addFixed(terms, 'login_failures', values[A.login_failures], 0.2, 2);
  addFixed(terms, 'login_success_new', values[A.login_success_new], 0.02, 1);
  addFixed(terms, 'sends', values[A.sends], 0.1, 2);
  addFixed(terms, 'registers', values[A.registers], 0.05, 2);
  addFixed(terms, 'benefits', values[A.benefits], 0.1, 2);
  addLaw(terms, 'peak_minute', values[A.peak_minute], { kind: 'measure', center: BUSY_MINUTE, spread: 1, direction: 1 }, FIXED);
}

/** Parts of the hour's requests and objects, against the own past as far as it goes. */
function addShares(terms: Term[], window: ClosedWindow, b: AccountBaselines): void {
  const { values } = window;
  const requests = values[A.requests];
  const usual = b.hour(LEVEL.requests).mean;
  const errors = b.hour(LEVEL.errors);
  addShare(terms, 'errors_of_requests', b.amount('1h', LEVEL.errors), requests, errors.mean / usual, errors);
  addShare(terms, 'refused_of_requests', values[A.refused], requests, 0.02, FIXED, 2);
  addShare(terms, 'missing_of_requests', values[A.missing], requests, 0.04, FIXED, 2);
  const sensitive = b.hour(LEVEL.sensitive);
  addShare(terms, 'sensitive_of_requests', values[A.sensitive], requests, sensitive.mean / usual, sensitive);
  const unanswered = b.hour(LEVEL.unanswered);
  if ((window.flags & FLAG.flow) !== 0)
    addShare(terms, 'unanswered_of_requests', values[A.unanswered], requests, unanswered.mean / usual, unanswered);
  const objects = b.hour(LEVEL.objects);
  const usualObjects = objects.mean;
  addShare(terms, 'objects_of_requests', values[A.objects], requests, usualObjects / usual, objects);
  const fresh = b.hour(LEVEL.new_objects);
  addShare(terms, 'new_objects_of_objects', values[A.new_objects], values[A.objects], fresh.mean / usualObjects, fresh);
  // lists show neighbours to everyone: a seventh is usual, a half is not rare
  addShare(terms, 'neighbours', values[A.neighbours], values[A.objects], 1 / 7, FIXED, 3.5);
  const assets = b.assetShare();
  if (assets.share > 0.3 && assets.requests > 100 && requests > 5)
    addLaw(
      terms,
      'assets',
      values[A.assets],
      { kind: 'floor', mean: assets.share * requests, dispersion: 0.7 },
      { scope: 'own', size: Math.round(b.days) },
    );
  if (requests < 3) return;
  const kilobytes = b.hour(LEVEL.kilobytes);
  addLaw(
    terms,
    'mean_size',
    values[A.bytes_out] / requests,
    { kind: 'measure', center: 1024 * Math.max(0.05, kilobytes.mean / usual), spread: 0.9, direction: 1 },
    kilobytes,
  );
  const records = b.hour(LEVEL.records);
  addLaw(
    terms,
    'records_per_request',
    values[A.records] / requests,
    { kind: 'measure', center: Math.max(0.2, records.mean / usual), spread: 1, direction: 1 },
    records,
  );
}

/** When and how evenly it is active: gaps, minutes of the hour, hours of the day, the block of the day. */
function addRhythm(terms: Term[], { values, calendar }: ClosedWindow, b: AccountBaselines): void {
  const requests = values[A.requests];
  if (requests >= 10) {
    const own = b.regularity();
    const known = own.hours >= 3 ? own.hours : 0;
    const center = ((1000 - own.mean) * known + USUAL_UNEVENNESS * 3) / (known + 3);
    addLaw(
      terms,
      'gap_unevenness',
      Math.max(1, 1000 - values[A.gap_regularity]),
      { kind: 'measure', center: Math.max(20, center), spread: 0.9, direction: -1 },
      { scope: known > 0 ? 'own' : 'prior', size: Math.round(own.hours) },
    );
  }
  const minutes = b.activeMinutes();
  addShare(
    terms,
    'active_minutes',
    values[A.active_minutes],
    60,
    (minutes.mean * minutes.hours + PERSON_MINUTES * 6) / (minutes.hours + 6) / 60,
    { scope: minutes.hours >= 6 ? 'own' : 'prior', size: Math.round(minutes.hours) },
    4.2 + 4 * Math.min(1, minutes.hours / 12),
  );
  const { today, mean, days } = b.activeHours();
  addShare(
    terms,
    'active_hours_1d',
    today,
    24,
    (mean * days + PERSON_HOURS * 2) / (days + 2) / 24,
    { scope: days >= 2 ? 'own' : 'prior', size: Math.round(days) },
    12,
  );
  if (b.lifeDays < 3) return;
  // an hour like others, but only with the chance of its block of the day: a sixth each would be even
  const chance = Math.min(1, 6 * b.blockShare(calendar.hour, calendar.working));
  const expected = b.hour(LEVEL.requests);
  expected.mean = Math.max(1e-3, expected.mean * chance);
  expected.dispersion = (1 + expected.dispersion) / chance - 1;
  addCount(terms, 'requests_at_this_hour', requests, expected);
}
