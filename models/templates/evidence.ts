import type { InterfaceFacts } from './facts.ts';
import { mergeFacts } from './facts.ts';
import type { Templates } from './learn.ts';

/** Facts of a learned interface. */
export interface FoldedFacts extends InterfaceFacts {
  /** how many raw ids stand behind it; 1 where the caller does not know */
  readonly values?: number;
}

/** Distinct callers, or hours of one caller, from which an interface is believed. */
const LEAST_CALLERS = 2;
const LEAST_HOURS = 2;
/** Hours that a single caller must have come back in: a nightly job has an interface of its own, one scan has none. */
const LEAST_HOURS_ALONE = 3;
/** Values behind a placeholder that one single caller tried: more are a scan of names. */
const MOST_VALUES_ALONE = 50;

/**
 * Whether an interface enters the inventory: it answered (2xx, 3xx), and several callers in more than one hour, or one
 * caller again and again, asked for it. Nothing that only one scanner found does, however much was answered.
 */
export function isEvident(facts: FoldedFacts): boolean {
  if (facts.answered === 0 || isCatchAll(facts.id)) return false;
  if (facts.callers >= LEAST_CALLERS) return facts.hours >= LEAST_HOURS || facts.callers > LEAST_CALLERS;
  return facts.hours >= LEAST_HOURS_ALONE && (facts.values ?? 1) <= MOST_VALUES_ALONE;
}

/** `GET host/{missing}`, `GET host/{file}` and the like: places where paths end that are no interfaces. */
function isCatchAll(id: string): boolean {
  return id.endsWith('/{missing}');
}

/** Facts by learned id, in the order of the ids. */
export function foldFacts(facts: Iterable<InterfaceFacts>, templates: Templates): FoldedFacts[] {
  const folded = new Map<string, FoldedFacts>();
  for (const each of facts) {
    const id = templates.of(each.id);
    const known = folded.get(id);
    folded.set(
      id,
      known === undefined ? { ...each, id, values: 1 } : { ...mergeFacts(id, known, each, false), values: (known.values ?? 1) + 1 },
    );
  }
  return [...folded.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
