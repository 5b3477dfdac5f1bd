import type { Table } from '../../models/forest/table.ts';
import { type FeatureList, type LearnedView, RowMaker } from '../../models/learned/feature-list.ts';
import type { TenantRows } from './collect-tenant.ts';
import { ATTACK, type ViewRows } from './row-store.ts';

/** Class labels of the table, sorted: the forest's score is the probability of the last one. */
export const CLASSES = ['0-clean', '1-attack'] as const;

/** All tenants' rows of one view, in the order of the tenants, with what judges them. */
export interface ViewTable {
  view: LearnedView;
  list: FeatureList;
  width: number;
  rows: number;
  /** rows x width */
  values: Float64Array;
  label: Uint8Array;
  /** index of the row's tenant in the list */
  tenant: Int32Array;
  /** windows that a row stands for */
  windows: Float64Array;
  /** the baselines' evidence, decades */
  evidence: Float64Array;
  /** name of the scenario of attack rows, '' of clean ones */
  scenario: string[];
  /** id of the campaign of attack rows, '' of clean ones */
  campaign: string[];
  /** ms since the start of the row's log */
  age: Float64Array;
  /** hash of the row's key */
  key: Uint32Array;
  /** clean windows of all tenants, those behind the gate included */
  cleanWindows: number;
}

/** Puts the tenants' rows of a view under each other. */
export function viewTable(view: LearnedView, list: FeatureList, tenants: readonly TenantRows[]): ViewTable {
  const { width } = new RowMaker(list);
  const parts = tenants.map((tenant) => tenant.views[view]);
  const other = parts.find((part) => part.width !== width);
  if (other !== undefined) throw new Error(`rows of view ${view} have ${other.width} numbers, its feature list has ${width}`);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const join = <T extends Float64Array | Uint8Array | Uint32Array>(out: T, of: (part: ViewRows) => T): T => {
    let at = 0;
    for (const part of parts) {
      out.set(of(part), at);
      at += of(part).length;
    }
    return out;
  };
  const tenant = new Int32Array(rows);
  let at = 0;
  parts.forEach((part, t) => {
    tenant.fill(t, at, at + part.rows);
    at += part.rows;
  });
  return {
    view,
    list,
    width,
    rows,
    values: join(new Float64Array(rows * width), (part) => part.values),
    label: join(new Uint8Array(rows), (part) => part.label),
    tenant,
    windows: join(new Float64Array(rows), (part) => part.weight),
    evidence: join(new Float64Array(rows), (part) => part.evidence),
    scenario: tenants.flatMap((one, t) => Array.from(parts[t].scenario, (index) => (index < 0 ? '' : one.scenarios[index]))),
    campaign: tenants.flatMap((one, t) => Array.from(parts[t].campaign, (index) => (index < 0 ? '' : one.campaigns[index]))),
    age: join(new Float64Array(rows), (part) => part.age),
    key: join(new Uint32Array(rows), (part) => part.key),
    cleanWindows: parts.reduce((sum, part) => sum + part.cleanWindows, 0),
  };
}

/** The rows at these places, tenants keeping their numbers; `cleanWindows` is that of the whole. */
export function rowsOf(table: ViewTable, keep: readonly number[]): ViewTable {
  const { width } = table;
  const values = new Float64Array(keep.length * width);
  keep.forEach((row, i) => values.set(table.values.subarray(row * width, (row + 1) * width), i * width));
  return {
    ...table,
    rows: keep.length,
    values,
    label: Uint8Array.from(keep, (row) => table.label[row]),
    tenant: Int32Array.from(keep, (row) => table.tenant[row]),
    windows: Float64Array.from(keep, (row) => table.windows[row]),
    evidence: Float64Array.from(keep, (row) => table.evidence[row]),
    scenario: keep.map((row) => table.scenario[row]),
    campaign: keep.map((row) => table.campaign[row]),
    age: Float64Array.from(keep, (row) => table.age[row]),
    key: Uint32Array.from(keep, (row) => table.key[row]),
  };
}

/** How much is known of a key: it must not tell attacks from clean windows by itself, since only a simulated world begins clean. */
const KNOWN: Readonly<Record<LearnedView, string>> = { account: 'days', interface: 'hours' };
/** Parts of equal attack weight that the amount of knowledge is cut into, and the most that a clean window's weight changes. */
const PARTS = 6;
const MOST_FACTOR = 5;

/**
 * Weights to learn with: every tenant's clean windows weigh alike, every scenario's attack windows weigh alike, a campaign
 * within its scenario by the root of its windows (one that lasts for days is not a hundred attacks), and clean and attack
 * windows weigh the same in all. Then clean windows are weighed so that about as much is known of their keys as of the
 * attacked ones. `own`: factor by row for marked windows of a real tenant, 1 where left out.
 */
export function learningWeights(table: ViewTable, own?: Float64Array): Float64Array {
  const clean = new Map<number, number>();
  const campaigns = new Map<string, number>();
  for (let row = 0; row < table.rows; row++) {
    if (table.label[row] === ATTACK) campaigns.set(table.campaign[row], (campaigns.get(table.campaign[row]) ?? 0) + 1);
    else clean.set(table.tenant[row], (clean.get(table.tenant[row]) ?? 0) + table.windows[row]);
  }
  const scenarios = new Map<string, number>();
  const seen = new Set<string>();
  for (let row = 0; row < table.rows; row++) {
    const campaign = table.campaign[row];
    if (table.label[row] !== ATTACK || seen.has(campaign)) continue;
    seen.add(campaign);
    const scenario = table.scenario[row];
    scenarios.set(scenario, (scenarios.get(scenario) ?? 0) + Math.sqrt(campaigns.get(campaign) as number));
  }
  const half = table.rows / 2;
  const weights = Float64Array.from({ length: table.rows }, (_, row) => {
    if (table.label[row] !== ATTACK) return (half * table.windows[row]) / ((clean.get(table.tenant[row]) as number) * clean.size);
    const windows = campaigns.get(table.campaign[row]) as number;
    return half / (Math.sqrt(windows) * (scenarios.get(table.scenario[row]) as number) * scenarios.size);
  });
  matchKnowledge(table, weights);
  if (own !== undefined) for (let row = 0; row < table.rows; row++) weights[row] *= own[row];
  return weights;
}

/** Changes the weights of clean rows so that the amount of knowledge of their keys is distributed as that of attack rows; their sum stays. */
function matchKnowledge(table: ViewTable, weights: Float64Array): void {
  const at = table.list.features.findIndex(({ name }) => name === KNOWN[table.view]);
  const known = (row: number): number => table.values[row * table.width + at];
  const attacks = Array.from(table.label.keys())
    .filter((row) => table.label[row] === ATTACK)
    .sort((a, b) => known(a) - known(b));
  if (at < 0 || attacks.length < 2 * PARTS) return;
  const total = attacks.reduce((sum, row) => sum + weights[row], 0);
  const edges: number[] = [];
  let mass = 0;
  for (const row of attacks) {
    mass += weights[row];
    if (mass >= ((edges.length + 1) * total) / PARTS && edges.length < PARTS - 1) edges.push(known(row));
  }
  const partOf = (row: number): number => edges.filter((edge) => known(row) > edge).length;
  const sums = [new Float64Array(PARTS), new Float64Array(PARTS)];
  for (let row = 0; row < table.rows; row++) sums[table.label[row]][partOf(row)] += weights[row];
  const [cleanSums, attackSums] = sums;
  const cleanTotal = cleanSums.reduce((sum, part) => sum + part, 0);
  const factors = cleanSums.map((part, p) =>
    part > 0 ? Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, (attackSums[p] * cleanTotal) / (part * total))) : 1,
  );
  const after = cleanSums.reduce((sum, part, p) => sum + part * factors[p], 0);
  for (let row = 0; row < table.rows; row++) if (table.label[row] !== ATTACK) weights[row] *= (factors[partOf(row)] * cleanTotal) / after;
}

/** The table as the forest trainer takes it; groups are tenants. */
export function forestTable(table: ViewTable, weights: Float64Array): Table {
  const columns = table.list.features.map((_, feature) => {
    const column = new Float64Array(table.rows);
    for (let row = 0; row < table.rows; row++) column[row] = table.values[row * table.width + feature];
    return column;
  });
  return {
    features: table.list.features.map(({ name }) => name),
    columns,
    rows: table.rows,
    classes: CLASSES,
    labels: Int32Array.from(table.label),
    groups: table.tenant,
    weights,
  };
}
