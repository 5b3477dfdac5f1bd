import type { LearnedView } from '../../models/learned/feature-list.ts';

/** Labels of rows. */
export const CLEAN = 0;
export const ATTACK = 1;

/** Rows of one view of one tenant, as typed arrays: they cross between threads. */
export interface ViewRows {
  view: LearnedView;
  /** numbers a row */
  width: number;
  rows: number;
  /** rows x width, NaN where a window has no such term */
  values: Float64Array;
  /** CLEAN or ATTACK */
  label: Uint8Array;
  /** how many windows a row stands for: 1, or more where clean ones were left out */
  weight: Float64Array;
  /** evidence of the baselines, decades: the strongest detector's */
  evidence: Float64Array;
  /** index into the tenant's `scenarios`, -1 for clean rows */
  scenario: Int16Array;
  /** index into the tenant's `campaigns`, -1 for clean rows */
  campaign: Int16Array;
  /** ms from the start of the log to that of the window */
  age: Float64Array;
  /** hash of the window's key: tells entities of a tenant apart, nothing else */
  key: Uint32Array;
  /** clean windows of the view in all, those that the gate kept back included */
  cleanWindows: number;
  /** windows left out because nobody can say what they are */
  unsure: number;
  /** hours with enough malicious events, by scenario, whatever the gate let through */
  attackHours: Record<string, number>;
}

/** A window on its way into the store. */
export interface RowMeta {
  label: number;
  evidence: number;
  scenario: number;
  campaign: number;
  age: number;
  key: number;
  /** decides which clean rows are kept: the smallest hashes */
  hash: number;
}

interface Stratum {
  least: number;
  most: number;
  seen: number;
  threshold: number;
  kept: number[];
}

/**
 * Collects rows of one view of one tenant. Attack rows are all kept; of the clean ones, in strata by the baselines'
 * evidence (strong ones are rare and say most), those with the smallest hashes: at most so many of each, and each kept row
 * weighs for those left out. What is kept depends on hashes alone, never on the order.
 */
export class RowStore {
  private readonly width: number;
  private readonly values: Float64Array[] = [];
  private readonly meta: RowMeta[] = [];
  private readonly strata: Stratum[];

  /** @param most clean rows kept of each stratum */
  constructor(width: number, strata: readonly { least: number; most: number }[]) {
    this.width = width;
    this.strata = [...strata]
      .sort((a, b) => b.least - a.least)
      .map(({ least, most }) => ({ least, most, seen: 0, threshold: Number.POSITIVE_INFINITY, kept: [] }));
  }

  /** Takes a row; copies the values only when it is kept. */
  add(values: Float64Array, meta: RowMeta): void {
    if (meta.label === ATTACK) {
      this.put(values, meta);
      return;
    }
    const stratum = this.strata.find(({ least }) => meta.evidence >= least) ?? this.strata[this.strata.length - 1];
    stratum.seen++;
    if (meta.hash > stratum.threshold) return;
    stratum.kept.push(this.put(values, meta));
    if (stratum.kept.length >= 2 * stratum.most) this.cut(stratum);
  }

  private put(values: Float64Array, meta: RowMeta): number {
    this.values.push(values.slice(0, this.width));
    this.meta.push(meta);
    return this.meta.length - 1;
  }

  private cut(stratum: Stratum): void {
    const { kept, most } = stratum;
    if (kept.length <= most) return;
    kept.sort((a, b) => this.meta[a].hash - this.meta[b].hash || this.meta[a].age - this.meta[b].age);
    for (const index of kept.splice(most)) this.values[index] = NOTHING;
    stratum.threshold = this.meta[kept[most - 1]].hash;
  }

  /** The rows in an order that depends on what they are alone. */
  finish(): Pick<ViewRows, 'rows' | 'values' | 'label' | 'weight' | 'evidence' | 'scenario' | 'campaign' | 'age' | 'key'> {
    const weights = new Map<number, number>();
    for (const stratum of this.strata) {
      this.cut(stratum);
      for (const index of stratum.kept) weights.set(index, stratum.seen / stratum.kept.length);
    }
    const order = this.meta
      .map((_, index) => index)
      .filter((index) => this.values[index] !== NOTHING)
      .sort(
        (a, b) => this.meta[a].age - this.meta[b].age || this.meta[a].hash - this.meta[b].hash || this.meta[a].label - this.meta[b].label,
      );
    const rows = order.length;
    const values = new Float64Array(rows * this.width);
    order.forEach((index, row) => values.set(this.values[index], row * this.width));
    const metas = order.map((index) => this.meta[index]);
    return {
      rows,
      values,
      label: Uint8Array.from(metas, ({ label }) => label),
      weight: Float64Array.from(order, (index) => weights.get(index) ?? 1),
      evidence: Float64Array.from(metas, ({ evidence }) => evidence),
      scenario: Int16Array.from(metas, ({ scenario }) => scenario),
      campaign: Int16Array.from(metas, ({ campaign }) => campaign),
      age: Float64Array.from(metas, ({ age }) => age),
      key: Uint32Array.from(metas, ({ key }) => key),
    };
  }
}

const NOTHING = new Float64Array(0);
