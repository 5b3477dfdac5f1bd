import { FLAG } from '../../services/core/batch.ts';
import { INTERFACE_COUNTS, type InterfaceBaselines } from '../baselines/interface.ts';
import type { Law, Term } from '../evidence.ts';
import { I, type Rolled } from '../levels.ts';
import { classOf, LEARNED_SHARES, SHARE, SHARES, sharePart, shareWhole } from '../shares.ts';
import type { ClosedWindow } from '../windows.ts';
import type { FeatureList } from './feature-list.ts';
import { addCount, addLaw, addPlain, fact, type PlainLaws, plain, surprising } from './terms-laws.ts';

/** One share over one window, with its feature's name. */
interface ShareFeature {
  name: string;
  share: number;
  size: '1h' | Rolled;
}

const share = (name: string, size: '1h' | Rolled): ShareFeature => ({
  name: size === '1h' ? name : `${name}_${size}`,
  share: SHARE[name],
  size,
});

/** Shares whose hours say nothing that their days do not say better. */
const HOUR_ONLY: ReadonlySet<string> = new Set(['slow', 'anonymous', 'external', 'top_caller']);
/** What attacks show that spread a few tries over many hours. */
const SIX_HOURS = ['failures', 'failing_callers', 'new_source_failures', 'single_callers', 'few_callers', 'login_success_new'];
const LEARNED = SHARES.slice(0, LEARNED_SHARES);
const SHARE_FEATURES: readonly ShareFeature[] = [
  ...LEARNED.map(({ name }) => share(name, '1h')),
  ...SIX_HOURS.map((name) => share(name, '6h')),
  ...LEARNED.filter(({ name }) => !HOUR_ONLY.has(name)).map(({ name }) => share(name, '1d')),
];

/** Shares of a day that are also compared with the interfaces of the class, which an attack that was always there cannot move. */
const PEERS = ['failures', 'failing_callers', 'missing', 'single_callers', 'few_callers', 'young_callers'].map((name) => ({
  name: `${name}_1d_peers`,
  share: SHARE[name],
}));
/** Interfaces of one class lie about its usual share as if so many trials had been seen. */
const PEER_TRIALS = 4;

/** Counts of an hour that a crowd's growth moves little; the shares of the same name are about parts of the requests. */
const COUNTS = INTERFACE_COUNTS.filter((name) => name !== 'server_errors').map((name) => ({
  count: name,
  name: name in SHARE ? `${name}_count` : name,
}));

/** Classes and tags that are told apart; an interface without any has none of them. */
const TAGS = [
  ['login', FLAG.login],
  ['register', FLAG.register],
  ['send_code', FLAG.sendCode],
  ['benefit', FLAG.benefit],
  ['sensitive', FLAG.sensitive],
  ['export', FLAG.export],
  ['flow', FLAG.flow],
  ['asset', FLAG.asset],
] as const;

/**
 * Hours of past beyond which one interface counts as known. Early, since simulated attacks come after clean days: more
 * hours would tell a model how long the simulation has run.
 */
export const MOST_HOURS = 72;
/** A share that is nearly always all of it cannot be odd upwards: its surprise would only tell of volume and age. */
const MOST_USUAL = 0.9;
/** Callers of an hour beyond which more say nothing new, as a power of ten. */
const MOST_CALLERS = 5;

/** What is usual of the plain features where no trained bundle says it. */
export const INTERFACE_PLAIN: PlainLaws = {
  ...Object.fromEntries(TAGS.map(([name]) => [name, fact(0)])),
  hours: { kind: 'plain', low: 1, usual: MOST_HOURS, high: MOST_HOURS, step: 1 },
  working_day: fact(1),
  callers_log10: { kind: 'plain', low: 0, usual: 1, high: 3, step: 0.01 },
};

/** The ordered inputs of the interface view's learned scorers. */
export const INTERFACE_LIST: FeatureList = {
  view: 'interface',
  version: 1,
  features: [
    ...['requests', 'requests_low'].map(surprising),
    ...SHARE_FEATURES.map(({ name }) => surprising(name)),
    ...PEERS.map(({ name }) => surprising(name)),
    ...['repeated_objects', 'repeated_targets'].map(surprising),
    ...COUNTS.map(({ name }) => surprising(name)),
    ...['mean_duration', 'mean_size', 'mean_size_low', 'requests_per_caller'].map(surprising),
    ...TAGS.map(([name]) => plain(name)),
    ...['hours', 'working_day', 'callers_log10'].map(plain),
  ],
};

/**
 * The learned scorers' inputs for one closed hour of an interface, as terms: called when the baselines have been turned
 * to the window and have not learned it yet. What says nothing (nobody called, no hours known, a share
 * that is always all) is left out; a part of
 * zero says that nothing is much, and is there.
 * @param laws what is usual of the plain features, INTERFACE_PLAIN unless a bundle brings its own
 */
export function interfaceTerms(window: ClosedWindow, b: InterfaceBaselines, laws: PlainLaws = INTERFACE_PLAIN): Term[] {
  const terms: Term[] = [];
  addVolume(terms, window, b);
  for (let i = 0; i < SHARE_FEATURES.length; i++) {
    const { name, share, size } = SHARE_FEATURES[i];
    const trials = shareWhole(window, size, share);
    if (trials < 1) continue;
    const { law, scope, size: known } = b.share(share, size, trials);
    if (law.a > MOST_USUAL * (law.a + law.b)) continue;
    terms.push({ feature: name, value: sharePart(window, size, share), law, baseline: { scope, size: known }, group: name, weight: 1 });
  }
  addPeers(terms, window, b);
  addRepeated(terms, window, b, 'repeated_objects', SHARE.objects, I.objects);
  addRepeated(terms, window, b, 'repeated_targets', SHARE.targets, I.targets);
  addMeasures(terms, window, b);
  const { flags, calendar, values } = window;
  for (const [name, flag] of TAGS) addPlain(terms, laws, name, (flags & flag) === 0 ? 0 : 1);
  addPlain(terms, laws, 'hours', Math.min(MOST_HOURS, b.hours));
  addPlain(terms, laws, 'working_day', calendar.working ? 1 : 0);
  addPlain(terms, laws, 'callers_log10', Math.min(MOST_CALLERS, Math.log10(1 + values[I.callers])));
  return terms;
}

/** The hour's requests against the season, both ways, and amounts of the busiest that hardly grow with them. */
function addVolume(terms: Term[], { values, calendar, partial }: ClosedWindow, b: InterfaceBaselines): void {
  const requests = values[I.requests];
  const season = b.requests(calendar);
  const usual = season.mean;
  addCount(terms, 'requests', requests, season);
  // where the input ended within the hour, little is no news
  if (!partial && b.hours >= 24)
    addLaw(terms, 'requests_low', requests, { kind: 'floor', mean: usual, dispersion: season.dispersion }, season);
  const crowd = Math.min(4, Math.max(1, Math.sqrt(requests / Math.max(usual, 1))));
  for (let i = 0; i < COUNTS.length; i++) {
    const { count, name } = COUNTS[i];
    const expected = b.count(count);
    expected.mean *= crowd;
    addCount(terms, name, values[I[count]], expected);
  }
}

/** Shares of the last day against the tenant's interfaces of the same class. */
function addPeers(terms: Term[], window: ClosedWindow, b: InterfaceBaselines): void {
  const { usual, hours } = b.tenantPrior.classes[classOf(window.flags)];
  for (let i = 0; i < PEERS.length; i++) {
    const { name, share } = PEERS[i];
    const trials = shareWhole(window, '1d', share);
    if (trials < 1) continue;
    const p = Math.min(0.98, Math.max(0.005, usual[share]));
    addLaw(
      terms,
      name,
      sharePart(window, '1d', share),
      { kind: 'share', trials, a: PEER_TRIALS * p, b: PEER_TRIALS * (1 - p) },
      { scope: hours > 0 ? 'tenant' : 'prior', size: hours },
    );
  }
}

/** Requests that name again what was named before in the hour: the other side of a share of different values. */
function addRepeated(terms: Term[], window: ClosedWindow, b: InterfaceBaselines, feature: string, share: number, part: number): void {
  const { values } = window;
  if (values[part] < 1 || values[I.requests] < 2) return;
  const { law, scope, size } = b.share(share, '1h', values[I.requests]);
  const turned: Law = { kind: 'share', trials: law.trials, a: law.b, b: law.a };
  addLaw(terms, feature, Math.max(0, values[I.requests] - values[part]), turned, { scope, size });
}

/** Means of a request and of a caller, where enough hours are known. */
function addMeasures(terms: Term[], { values }: ClosedWindow, b: InterfaceBaselines): void {
  const requests = values[I.requests];
  if (requests < 3) return;
  const duration = b.duration();
  if (duration !== undefined && values[I.duration_ms] > 0)
    addLaw(terms, 'mean_duration', values[I.duration_ms] / requests, duration.law, duration);
  const size = b.size();
  if (size !== undefined && values[I.bytes_out] > 0) {
    const mean = values[I.bytes_out] / requests;
    addLaw(terms, 'mean_size', mean, size.law, size);
    addLaw(terms, 'mean_size_low', mean, { ...size.law, direction: -1 }, size);
  }
  const each = b.perCaller();
  if (each !== undefined && values[I.callers] > 0) addLaw(terms, 'requests_per_caller', requests / values[I.callers], each.law, each);
}
