/**
 * Several detectors on one entity in overlapping windows. The rule: the strongest decides; each other detector that is
 * itself rare (expected on fewer than one entity a day) adds a quarter of its rarity in decades, one decade at most in
 * all, to what the strongest may expect. A quarter, not the whole as Fisher's rule for independent tests would have it,
 * because detectors of one entity share their events; with fully correlated detectors the threshold then moves less
 * than the split of the budget over them had raised it.
 */
const PART_OF_OTHERS = 0.25;
const LARGEST_BONUS = 1;
/** … of what is said of the other side of the events: an account's interface, an interface's only caller. */
const LARGEST_LINKED = 0.4;
const LARGEST_EVIDENCE = 6;

/**
 * Decades by which the allowed exceedances of the strongest grow.
 * @param others expected exceedances a day of the other detectors' scores of the entity
 * @param linked the same of entities that show the same events from their side
 */
export function fusionBonus(others: readonly number[], linked: readonly number[] = []): number {
  return Math.min(LARGEST_BONUS, rarity(others) + Math.min(LARGEST_LINKED, rarity(linked)));
}

function rarity(others: readonly number[]): number {
  let sum = 0;
  for (const exceedances of others) if (exceedances < 1) sum += PART_OF_OTHERS * -Math.log10(Math.max(exceedances, 1e-12));
  return sum;
}

/** Evidence of an entity or incident for its severity: the strongest and a quarter of the others, at most 6 decades of them. */
export function fusedEvidence(evidences: readonly number[]): number {
  let strongest = 0;
  let sum = 0;
  for (const evidence of evidences) {
    sum += evidence;
    if (evidence > strongest) strongest = evidence;
  }
  return strongest + Math.min(LARGEST_EVIDENCE, PART_OF_OTHERS * (sum - strongest));
}
