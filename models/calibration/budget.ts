/** What the split needs to know of a detector. */
export interface BudgetEntry {
  name: string;
  /** weight in the split, 1 unless the tenant says otherwise; 0 switches the detector off */
  sensitivity: number;
  informational: boolean;
}

/**
 * Splits a tenant's alert budget over its detectors: shares sum to the budget, so the expected number of false alerts
 * of all detectors together stays below it whatever their dependence (Bonferroni). Informational detectors are not
 * counted; they have a budget of the same size among themselves.
 */
export function splitBudget(budget: number, entries: readonly BudgetEntry[]): Map<string, number> {
  const shares = new Map<string, number>();
  for (const informational of [false, true]) {
    const group = entries.filter((entry) => entry.informational === informational);
    const total = group.reduce((sum, entry) => sum + entry.sensitivity, 0);
    for (const entry of group) shares.set(entry.name, total > 0 ? (budget * entry.sensitivity) / total : 0);
  }
  return shares;
}
