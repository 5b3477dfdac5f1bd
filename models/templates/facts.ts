/**
 * What is known of one raw interface (`METHOD host/path/{template}` as ingest's pure path rules make it), summed over any
 * span of time. All fields add up or take the larger, so facts of several panes and tasks merge in any order.
 */
export interface InterfaceFacts {
  /** raw id, or an id that was learned before */
  readonly id: string;
  /** requests, whatever the answer */
  readonly requests: number;
  /** requests answered 2xx or 3xx */
  readonly answered: number;
  /** distinct accounts where that is known; else the most that any hour had */
  readonly callers: number;
  /** hours of event time with at least one request: the spread */
  readonly hours: number;
  /** first and last request, ms since 1970 */
  readonly first: number;
  readonly last: number;
  /**
   * Some of the callers (any stable text: account ids, hashes), the smallest few by text so that the sample is the same in
   * any order. Optional, yet only with it can be told whether 10,000 paths had 10,000 callers or one scanner.
   */
  readonly who?: readonly string[];
}

/** Callers kept as a sample with folded facts. */
export const MOST_WHO = 16;

/** Two facts of one interface as one. Callers become the most that is certain. */
export function mergeFacts(id: string, a: InterfaceFacts, b: InterfaceFacts, sameHours = false): InterfaceFacts {
  const who = a.who === undefined && b.who === undefined ? undefined : smallest(a.who ?? [], b.who ?? []);
  return {
    id,
    requests: a.requests + b.requests,
    answered: a.answered + b.answered,
    callers: Math.max(a.callers, b.callers, who?.length ?? 0),
    // hours of different values overlap: the span bounds what the sum claims
    hours: sameHours
      ? Math.max(a.hours, b.hours)
      : Math.max(a.hours, b.hours, Math.min(a.hours + b.hours, hoursBetween(Math.min(a.first, b.first), Math.max(a.last, b.last)))),
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    ...(who === undefined ? {} : { who }),
  };
}

function smallest(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort().slice(0, MOST_WHO);
}

const HOUR = 3_600_000;
function hoursBetween(first: number, last: number): number {
  return Math.floor(last / HOUR) - Math.floor(first / HOUR) + 1;
}
