/**
 * How odd a caller of an interface is, in one whole number that sorts and can be read back: failures first, then what
 * kind of caller it is, then its requests. The heaviest callers of a pane travel with it.
 */
export interface CallerKind {
  /** failed requests that no success made up for, 10 at most */
  failures: number;
  /** came from a country, or with another device from a network, where it never was */
  strange: boolean;
  /** does little else here than this, from a new place */
  devoted: boolean;
  /** called nothing else */
  single: boolean;
  /** never called this before */
  fresh: boolean;
  /** first seen less than a day ago */
  young: boolean;
  /** requests, 99 at most */
  requests: number;
}

/** No two sets of kinds have the same sum. */
const STRANGE = 20;
const DEVOTED = 10;
const SINGLE = 4;
const FRESH = 3;
const YOUNG = 2;
const MOST_FAILURES = 10;
const MOST_REQUESTS = 99;
const PER_KIND = 100;
const PER_FAILURE = 100 * PER_KIND;
/** Kinds from which on a caller looks odd: it does nothing else and is new, is devoted, or is where it never was. */
const SUSPECT = SINGLE + YOUNG;

export function callerWeight(kind: CallerKind): number {
  const kinds =
    (kind.strange ? STRANGE : 0) +
    (kind.devoted ? DEVOTED : 0) +
    (kind.single ? SINGLE : 0) +
    (kind.fresh ? FRESH : 0) +
    (kind.young ? YOUNG : 0);
  return PER_FAILURE * Math.min(MOST_FAILURES, kind.failures) + PER_KIND * kinds + Math.min(MOST_REQUESTS, kind.requests);
}

/** What a weight was made of. */
export function callerKind(weight: number): CallerKind {
  let kinds = Math.floor((weight % PER_FAILURE) / PER_KIND);
  const strange = kinds >= STRANGE;
  if (strange) kinds -= STRANGE;
  const devoted = kinds >= DEVOTED;
  if (devoted) kinds -= DEVOTED;
  return {
    failures: Math.floor(weight / PER_FAILURE),
    strange,
    devoted,
    single: kinds === SINGLE || kinds === SINGLE + YOUNG || kinds === SINGLE + FRESH || kinds === SINGLE + FRESH + YOUNG,
    fresh: kinds === FRESH || kinds === FRESH + YOUNG || kinds === SINGLE + FRESH || kinds === SINGLE + FRESH + YOUNG,
    young: kinds === YOUNG || kinds === FRESH + YOUNG || kinds === SINGLE + YOUNG || kinds === SINGLE + FRESH + YOUNG,
    requests: weight % PER_KIND,
  };
}

/** Whether a caller of this weight looks odd: it failed, is where it never was, or is new and has nothing else to do. */
export function isSuspect(weight: number): boolean {
  return weight >= PER_FAILURE || weight >= SUSPECT * PER_KIND;
}
