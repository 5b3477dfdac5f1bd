import type { Actor } from '../../models/candidate.ts';
import { scoreTerms, type Term } from '../../models/evidence.ts';
import { type CallerKind, callerKind, isSuspect } from '../features/caller-weight.ts';

/** A heavy caller of the window's last hour, by its weight (features/caller-weight.ts). */
export interface HeavyCaller {
  kind: 'account' | 'source';
  id: string;
  weight: number;
}

/** Which callers a feature counts; the name stands without its window. */
const KINDS: Readonly<Record<string, (caller: CallerKind) => boolean>> = {
  failures: (caller) => caller.failures > 0,
  failing_callers: (caller) => caller.failures > 0,
  new_source_failures: (caller) => caller.failures > 0,
  newcomer_failures: (caller) => caller.failures > 0,
  login_success_new: (caller) => caller.failures > 0,
  single_callers: (caller) => caller.single,
  fresh_single_callers: (caller) => caller.single && caller.fresh,
  young_callers: (caller) => caller.young,
  narrow_young_callers: (caller) => caller.young,
  aimed_young_callers: (caller) => caller.young,
  new_callers: (caller) => caller.fresh,
  devoted_callers: (caller) => caller.devoted,
  devoted_new_callers: (caller) => caller.devoted,
  few_callers: (caller) => caller.requests <= 2,
  new_country_requests: (caller) => caller.strange,
};
/** Part of the callers of a kind that must be more than usual, else most of them passed by. */
const LEAST_EXCESS = 0.3;
/** Chance that all of those named passed by, at most: one of a crowd that anyone could be one of is better not named. */
const MOST_INNOCENT = 0.1;

/** What requests can be odd in, whoever makes them: shares of all requests, values or objects. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  'missing',
  'client_errors',
  'refused',
  'targets',
  'run_targets',
  'neighbours',
  'objects',
  'new_object_reads',
]);
/** A kind of caller is who did it where it says at least so much of what the strongest term says of requests. */
const LEAST_SAY = 0.5;
/** Requests of an hour that nobody makes in passing. */
const BUSY = 12;
/** Those named must account for this part of the odd requests. */
const LEAST_EXPLAINED = 0.8;

/**
 * Who is named with a finding at an interface. Where it rests on a kind of caller, those of the kind, and nobody where as
 * many come on any day; where on a part of the requests, the busy ones if they can have made it, and else nobody, since a
 * crowd did; a trained scorer, which says no such thing, names those who look odd; else the heaviest.
 */
export function namedCallers(callers: readonly HeavyCaller[], terms: readonly Term[], trained: boolean): Actor[] {
  if (trained) return callers.filter(({ weight }) => isSuspect(weight)).map(weighed);
  const { contributions } = scoreTerms(terms);
  let kind: ((caller: CallerKind) => boolean) | undefined;
  let excess = 0;
  let most = 0;
  let strongest = 0;
  terms.forEach((term, i) => {
    if (contributions[i] > contributions[strongest]) strongest = i;
    const of = KINDS[baseOf(term)];
    if (of === undefined || contributions[i] <= most) return;
    most = contributions[i];
    kind = of;
    excess = excessOf(term);
  });
  const term = terms[strongest];
  if (term?.law.kind === 'share' && OF_REQUESTS.has(baseOf(term)) && most < LEAST_SAY * contributions[strongest])
    return busyOnes(callers, term);
  if (kind === undefined) return callers.map(heaviest);
  if (excess < LEAST_EXCESS) return [];
  const named = callers.filter(({ weight }) => kind?.(callerKind(weight)) === true);
  return (1 - excess) ** named.length > MOST_INNOCENT ? [] : named.map(weighed);
}

/** A term's feature without its window. */
function baseOf({ feature }: Term): string {
  return feature.replace(/_(6h|1d|3d|7d|running)$/, '');
}

/** The busy ones of the callers, where they can have made the better part of the requests that are odd. */
function busyOnes(callers: readonly HeavyCaller[], term: Term): Actor[] {
  const trials = term.law.kind === 'share' ? term.law.trials : 0;
  let requests = 0;
  for (const { weight } of callers) requests += callerKind(weight).requests;
  const odd = ((excessOf(term) * term.value) / Math.max(1, trials)) * requests;
  const busy = callers.filter(({ weight }) => callerKind(weight).requests >= BUSY);
  let explained = 0;
  for (const { weight } of busy) explained += callerKind(weight).requests;
  return explained < LEAST_EXPLAINED * odd ? [] : busy.map(heaviest);
}

/** The part of a term's value that is above what is usual, 0..1. */
function excessOf({ law, value }: Term): number {
  const usual = law.kind === 'share' ? (law.trials * law.a) / (law.a + law.b) : law.kind === 'count' ? law.mean : 0;
  return value > 0 ? Math.max(0, 1 - usual / value) : 0;
}

/** Of one kind, nobody is so much heavier than the others that they would not be named beside it. */
function weighed({ kind, id, weight }: HeavyCaller): Actor {
  const { failures, requests } = callerKind(weight);
  return { kind, id, weight: 100 + 10 * failures + requests };
}

function heaviest({ kind, id, weight }: HeavyCaller): Actor {
  const { failures, strange, single, fresh, young, requests } = callerKind(weight);
  return {
    kind,
    id,
    weight: 1000 * failures + (strange ? 1000 : 0) + (single ? 200 : 0) + (fresh ? 150 : 0) + (young ? 100 : 0) + requests,
  };
}
