import type { Term } from '../../models/evidence.ts';
import { type LearnedView, RowMaker } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import type { ClosedWindow } from '../../models/windows.ts';
import { combine32, hashString } from '../core/hash.ts';
import { ATTACK, CLEAN, RowStore, type ViewRows } from './row-store.ts';
import type { WindowLabel } from './window-labels.ts';

/** Clean rows kept of a tenant and view, by the baselines' evidence. */
export const STRATA: readonly { least: number; most: number }[] = [
  { least: 3, most: 400 },
  { least: 1, most: 700 },
  { least: 0, most: 700 },
];

interface Collecting {
  maker: RowMaker;
  row: Float64Array;
  store: RowStore;
  unsure: number;
  attacks: number;
}

/** Labels the windows of one tenant that the gate of the trained scorers lets through, and keeps their rows. */
export class RowCollector {
  private readonly views: Readonly<Record<LearnedView, Collecting>>;
  private readonly tenant: string;
  private readonly start: number;
  private readonly scenarios: readonly string[];
  private readonly campaigns: readonly string[];
  private readonly labelOf: (view: LearnedView, window: ClosedWindow) => WindowLabel;
  /** ms by which the tenant's hours begin after those of UTC */
  alignment = 0;

  /** @param start ms UTC that ages are counted from */
  constructor(
    tenant: string,
    start: number,
    scenarios: readonly string[],
    campaigns: readonly string[],
    labelOf: (view: LearnedView, window: ClosedWindow) => WindowLabel,
  ) {
    this.tenant = tenant;
    this.start = start;
    this.scenarios = scenarios;
    this.campaigns = campaigns;
    this.labelOf = labelOf;
    this.views = { account: collecting('account'), interface: collecting('interface') };
  }

  /** Takes a window that the gate let through; copies what it keeps. */
  take(view: LearnedView, window: ClosedWindow, terms: readonly Term[], evidence: number): void {
    if (window.partial) return;
    this.alignment = window.start % HOUR;
    const into = this.views[view];
    const label = this.labelOf(view, window);
    if (label.kind === 'unsure') {
      into.unsure++;
      return;
    }
    const attack = label.kind === 'attack';
    if (attack) into.attacks++;
    into.store.add(into.maker.fill(terms, into.row), {
      label: attack ? ATTACK : CLEAN,
      evidence,
      scenario: attack ? this.scenarios.indexOf(label.scenario) : -1,
      campaign: attack ? this.campaigns.indexOf(label.campaign) : -1,
      age: window.start - this.start,
      key: hashString(window.key) >>> 0,
      hash: rowHash(view, this.tenant, window.key, window.start),
    });
  }

  /** @param windows windows of the view in all; undefined: no others are known than those that were taken */
  finish(view: LearnedView, windows: number | undefined, attackHours: Record<string, number>): ViewRows {
    const { maker, store, unsure, attacks } = this.views[view];
    const rows = store.finish();
    const taken = rows.weight.reduce((sum, weight) => sum + weight, 0) - attacks;
    return {
      view,
      width: maker.width,
      ...rows,
      cleanWindows: windows === undefined ? taken : Math.max(taken, windows - unsure - attacks),
      unsure,
      attackHours,
    };
  }
}

const HOUR = 3_600_000;

function collecting(view: LearnedView): Collecting {
  const maker = new RowMaker(FEATURE_LISTS[view]);
  return { maker, row: new Float64Array(maker.width), store: new RowStore(maker.width, STRATA), unsure: 0, attacks: 0 };
}

/** Decides which clean rows are kept; nothing else may lean on it. */
function rowHash(view: LearnedView, tenant: string, key: string, start: number): number {
  return combine32(hashString(`${view}\n${tenant}\n${key}`), Math.floor(start / 60_000) | 0) >>> 0;
}
