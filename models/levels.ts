import { FLAG } from '../services/core/batch.ts';
import { ACCOUNT_FEATURES, ACCOUNT_ROLLING, type ClosedWindow, featureIndex, INTERFACE_FEATURES } from './windows.ts';

/**
 * Levels: the amounts of an account whose day and hour totals are learned, ordered; state and population histograms
 * use the position. Bytes count in KiB, so that single precision keeps its digits. Append only.
 */
export const LEVELS = [
  'requests',
  'kilobytes',
  'objects',
  'new_objects',
  'sensitive',
  'records',
  'errors',
  'exports',
  'targets',
  'interfaces',
  'unanswered',
  'foreign_kilobytes',
] as const;
export type Level = (typeof LEVELS)[number];
export const LEVEL = Object.fromEntries(LEVELS.map((name, i) => [name, i])) as Record<Level, number>;

/** Accounts of small, middling and large amounts vary differently: dispersions are learned by bins of the own mean. */
export const MEAN_BINS = 3;
export function meanBin(mean: number): number {
  return mean < 3 ? 0 : mean < 30 ? 1 : 2;
}

/** Kinds of account that are compared with each other. */
export const GROUPS = ['person', 'admin', 'service', 'anonymous', 'robot', 'host'] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf(flags: number): number {
  if (flags & FLAG.flow) return 5;
  if (flags & FLAG.anonymous) return flags & FLAG.robot ? 4 : 3;
  if (flags & (FLAG.service | FLAG.robot)) return 2;
  return flags & FLAG.admin ? 1 : 0;
}

/** What is new to an account in a window: the kinds whose usual rate is learned. Append only. */
export const NOVELTIES = [
  'new_addresses',
  'new_networks',
  'new_countries',
  'new_devices',
  'new_interfaces',
  'new_environment',
  'two_places',
  'walking_hours',
] as const;
/** How many of them, from the first, the trained scorers of the bundles read. */
export const LEARNED_NOVELTIES = 7;
export type Novelty = (typeof NOVELTIES)[number];
export const NOVELTY = Object.fromEntries(NOVELTIES.map((name, i) => [name, i])) as Record<Novelty, number>;

/**
 * How much of one kind of novelty a window holds. A new environment: a new network (or country) and a new device
 * together; two places: an hour with two countries and two devices; a walking hour: one that holds little else than
 * objects new to the account, of one interface.
 */
export function noveltyOf(values: Float64Array, kind: number): number {
  if (kind < NOVELTY_FEATURES.length) return values[NOVELTY_FEATURES[kind]];
  if (kind === NOVELTY.two_places) return values[A.countries] >= 2 && values[A.devices] >= 2 ? 1 : 0;
  if (kind === NOVELTY.walking_hours) return isWalk(values) ? 1 : 0;
  return values[A.new_devices] > 0 && (values[A.new_networks] > 0 || values[A.new_countries] > 0) ? 1 : 0;
}

/** Of the requests of a walking hour, side requests aside, this much are first looks at objects, and this much at one interface. */
const WALK_PART = 0.8;

function isWalk(values: Float64Array): boolean {
  const least = WALK_PART * (values[A.requests] - values[A.assets]);
  return least > 0 && values[A.new_objects] >= least && values[A.top_interface] >= least;
}

/** Position of every account and interface feature in a window's values. */
export const A = Object.fromEntries(ACCOUNT_FEATURES.map((name, i) => [name, i])) as Record<(typeof ACCOUNT_FEATURES)[number], number>;
export const I = Object.fromEntries(INTERFACE_FEATURES.map((name, i) => [name, i])) as Record<(typeof INTERFACE_FEATURES)[number], number>;

const NOVELTY_FEATURES = [A.new_addresses, A.new_networks, A.new_countries, A.new_devices, A.new_interfaces];

/** Indices of rolling sizes in a window's `rolling`. */
export const ROLLED = { '6h': 0, '1d': 1, '3d': 2, '7d': 3 } as const;
export type Rolled = keyof typeof ROLLED;

/** Direct account features of the levels; -1: made of several. */
const DIRECT = [A.requests, -1, A.objects, A.new_objects, A.sensitive, A.records, -1, A.exports, A.targets, A.interfaces, A.unanswered, -1];

/** The window's own (hour) amount of a level. */
export function hourLevel(values: Float64Array, level: number): number {
  const direct = DIRECT[level];
  if (direct >= 0) return values[direct];
  if (level === LEVEL.kilobytes) return values[A.bytes_out] / 1024;
  if (level === LEVEL.errors) return values[A.failures] + values[A.refused] + values[A.missing];
  return values[A.foreign] / 1024;
}

const R = ACCOUNT_ROLLING.length;
const rolled = (name: (typeof ACCOUNT_ROLLING)[number]) => featureIndex(ACCOUNT_ROLLING, name);
const ROLLED_REFUSED = rolled('refused');
const ROLLED_MISSING = rolled('missing');
const ROLLED_LEVEL = [
  rolled('requests'),
  rolled('bytes_out'),
  rolled('objects'),
  rolled('new_objects'),
  rolled('sensitive'),
  rolled('records'),
  rolled('failures'),
  rolled('exports'),
  rolled('targets'),
  -1,
  -1,
  -1,
];

/** Whether a level is carried by the rolling windows. */
export function isRolled(level: number): boolean {
  return ROLLED_LEVEL[level] >= 0;
}

/** The amount of a level over a rolling window that ends with this pane; only levels for which `isRolled`. */
export function rolledLevel(window: ClosedWindow, size: Rolled, level: number): number {
  const base = ROLLED[size] * R;
  const value = window.rolling[base + ROLLED_LEVEL[level]];
  if (level === LEVEL.kilobytes) return value / 1024;
  if (level === LEVEL.errors) return value + window.rolling[base + ROLLED_REFUSED] + window.rolling[base + ROLLED_MISSING];
  return value;
}

const ROLLED_ACTIVE = rolled('active_hours');

/** Hours of the last 24 in which the account was active, this pane included. */
export function activeHoursOfDay(window: ClosedWindow): number {
  return window.rolling[ROLLED['1d'] * R + ROLLED_ACTIVE];
}

/** Sum of an interface feature over the window: its hour, or a rolling size. */
export function interfaceValue(window: ClosedWindow, size: '1h' | Rolled, feature: number): number {
  return size === '1h' ? window.values[feature] : window.rolling[ROLLED[size] * INTERFACE_FEATURES.length + feature];
}
