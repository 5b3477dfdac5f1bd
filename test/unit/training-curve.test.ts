import { expect, it } from 'vitest';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import { Sfc32 } from '../../services/core/sfc32.ts';
import { tenantCurve } from '../../services/training/tenant-curve.ts';
import type { ViewTable } from '../../services/training/view-table.ts';

const list = FEATURE_LISTS.account;
const WIDTH = list.features.length;
const TENANTS = 24;
const EACH = 60;
const tenants = Array.from({ length: TENANTS }, (_, t) => ({
  tenant: `tenant-${t}`,
  kind: t % 2 === 0 ? 'office' : 'consumer',
  cleanWindows: (2 * EACH) / 3,
}));

/** Rows of which a third are attacks; `tell` gives the only number that is not noise. */
function tableOf(tell: (attack: number, tenant: number, noise: number) => number): ViewTable {
  const source = new Sfc32(7, 7, 7, 12);
  const random = (): number => source.next();
  const rows = TENANTS * EACH;
  const label = Uint8Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 1 : 0));
  const tenant = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / EACH));
  const values = Float64Array.from({ length: rows * WIDTH }, () => random());
  for (let row = 0; row < rows; row++) values[row * WIDTH + 3] = tell(label[row], tenant[row], random());
  return {
    view: 'account',
    list,
    width: WIDTH,
    rows,
    values,
    label,
    tenant,
    windows: new Float64Array(rows).fill(1),
    evidence: new Float64Array(rows),
    scenario: Array.from(label, (one) => (one === 1 ? 'scraping' : '')),
    campaign: Array.from(label, (one, row) => (one === 1 ? `campaign-${tenant[row]}` : '')),
    age: new Float64Array(rows),
    key: new Uint32Array(rows),
    cleanWindows: (2 * EACH * TENANTS) / 3,
  };
}
const FOREST = { maxDepth: 6, minLeaf: 2, featuresPerSplit: 20, bootstrap: 'groups' as const };

it('a learning curve goes from few tenants to two thirds of all, and what can be learned is found in tenants not seen', () => {
  const table = tableOf((attack, _, noise) => attack + 1.2 * noise);
  const curve = tenantCurve(table, tenants, FOREST, 1);
  expect(curve.map((point) => point.tenants)).toEqual([2, 4, 8, 16]);
  expect(curve[3].auc).toBeGreaterThan(0.95);
  expect(curve[3].auc).toBeGreaterThan(curve[0].auc);
  for (const { found } of curve) expect([...found].sort((a, b) => b - a)).toEqual(found);
  expect(tenantCurve(table, tenants, FOREST, 1)).toEqual(curve);
});

it('a learning curve is of tenants that were not learned from: what holds within one tenant only is worth nothing', () => {
  const curve = tenantCurve(
    tableOf((attack, tenant) => 100 * tenant ** 1.7 + attack),
    tenants,
    FOREST,
    1,
  );
  expect(curve).toHaveLength(4);
  for (const { auc } of curve) expect(Math.abs(auc - 0.5)).toBeLessThan(0.1);
});

it('clean windows that the gate held back count as lower than every score', () => {
  const table = tableOf((attack, _, noise) => attack + 1.2 * noise);
  const held = tenants.map((one) => ({ ...one, cleanWindows: 10 * EACH }));
  const [plain, more] = [tenants, held].map((each) => tenantCurve(table, each, FOREST, 1)[0]);
  expect(more.auc).toBeGreaterThan(plain.auc);
  expect(more.found[0]).toBeGreaterThanOrEqual(plain.found[0]);
});

it('shares with attacks of nobody are left out', () => {
  const table = tableOf((attack) => attack);
  table.label.fill(0);
  expect(tenantCurve(table, tenants, FOREST, 1)).toEqual([]);
});
