/** Adds `from`, times `sign`, to `into`, name by name. */
export function addCounters(into: Record<string, number>, from: Readonly<Record<string, number>>, sign: 1 | -1 = 1): void {
  for (const [name, count] of Object.entries(from)) into[name] = (into[name] ?? 0) + sign * count;
}
