import { CALLER_SAMPLE, DATA_SAMPLE, type InventoryFact, type SensitiveFact } from '../../services/core/inventory.ts';

function smallest(a: readonly number[], b: readonly number[], size: number): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y).slice(0, size);
}

/** Facts joined by plain code, as the table does it: one a key, in the order of the keys. */
export function joinFacts(facts: readonly InventoryFact[]): InventoryFact[] {
  const byKey = new Map<string, InventoryFact>();
  for (const fact of facts) {
    const key = `${fact.interface} ${fact.hour}`;
    const known = byKey.get(key) ?? { ...fact, callers: [], sensitive: [] };
    byKey.set(key, {
      ...known,
      origins: known.origins | fact.origins,
      classes: known.classes | fact.classes,
      callers: smallest(known.callers, fact.callers, CALLER_SAMPLE),
      sensitive: joinForms([...known.sensitive, ...fact.sensitive]),
    });
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fact]) => fact);
}

function joinForms(forms: readonly SensitiveFact[]): SensitiveFact[] {
  const byKey = new Map<string, SensitiveFact>();
  for (const form of forms) {
    const key = `${form.type} ${form.masked} ${form.shape}`;
    byKey.set(key, { ...form, hashes: smallest(byKey.get(key)?.hashes ?? [], form.hashes, DATA_SAMPLE) });
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, form]) => form);
}
