import type { InterfaceFacts } from './facts.ts';
import { mergeFacts } from './facts.ts';
import type { Templates } from './learned-templates.ts';

/** Facts of a learned interface. */
export interface FoldedFacts extends InterfaceFacts {
  /** how many raw ids stand behind it; 1 where the caller does not know */
  readonly values?: number;
}

/** Distinct callers, or hours of one caller, from which an interface is believed. */
const LEAST_CALLERS = 2;
const LEAST_HOURS = 2;
/** Hours that a single caller must have come back in: a nightly job has an interface of its own, one scan has none. Behind a placeholder it may be a scan of names. */
const LEAST_HOURS_ALONE = 3;
/** So many values behind a placeholder are a scan of names, if so few callers tried them in so few hours. */
const MANY_VALUES = 50;
const MANY_CALLERS = 4;
const MANY_HOURS = 12;
/** Where so few of the requests are answered, most come from those who try paths: then it takes more callers. */
const SELDOM_ANSWERED = 0.25;
const CALLERS_OF_SELDOM = 10;

/**
 * Whether an interface enters the inventory: it answered (2xx, 3xx), and several callers in more than one hour, or one
 * caller again and again, asked for it. Nothing that only a scanner or two found does, however much was answered.
 */
export function isEvident(facts: FoldedFacts): boolean {
  if (facts.answered === 0 || isCatchAll(facts.id)) return false;
  if ((facts.values ?? 1) > MANY_VALUES && facts.callers < MANY_CALLERS && facts.hours < MANY_HOURS) return false;
  if (facts.answered < SELDOM_ANSWERED * facts.requests && facts.callers < CALLERS_OF_SELDOM) return false;
  if (facts.callers >= LEAST_CALLERS) return facts.hours >= LEAST_HOURS || facts.callers > LEAST_CALLERS;
  return facts.hours >= LEAST_HOURS_ALONE && !facts.id.includes('{');
}

/** `GET host/{missing}`, `GET host/{file}` and the like: places where paths end that are no interfaces. */
function isCatchAll(id: string): boolean {
  return id.endsWith('/{missing}');
}

/** Facts by learned id, in the order of the ids. What was never answered adds its requests and is no evidence else. */
export function foldFacts(facts: Iterable<InterfaceFacts>, templates: Templates): FoldedFacts[] {
  const folded = new Map<string, FoldedFacts>();
  for (const each of facts) {
    const id = templates.of(each.id);
    const known = folded.get(id);
    if (known === undefined) folded.set(id, { ...each, id, values: each.answered > 0 ? 1 : 0 });
    else if (each.answered === 0) folded.set(id, unanswered(known, each));
    else if (known.answered === 0) folded.set(id, { ...unanswered({ ...each, id }, known), values: 1 });
    else folded.set(id, { ...mergeFacts(id, known, each), values: (known.values ?? 1) + 1 });
  }
  return [...folded.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Adds what failed: it counts as requests and in time. */
function unanswered(known: FoldedFacts, failed: InterfaceFacts): FoldedFacts {
  return {
    ...known,
    requests: known.requests + failed.requests,
    first: Math.min(known.first, failed.first),
    last: Math.max(known.last, failed.last),
  };
}
