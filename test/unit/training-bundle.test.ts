import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../models/autoencoder/backend.ts';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import { openBundle } from '../../models/learned/open-bundle.ts';
import { bundleHash, cardOf, readBundle, writeBundle } from '../../models/registry/bundle-folder.ts';
import { type TrainingFigures, trainingFiguresOf } from '../../models/registry/training-figures.ts';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { DEFAULT_START, tenantPlan } from '../../services/simulation/tenant-plan.ts';
import type { FitOptions } from '../../services/training/fit-view.ts';
import { type MadeBundle, type MakeOptions, makeBundle } from '../../services/training/make-bundle.ts';
import type { TrainingTenant } from '../../services/training/training-plans.ts';

const TELL_ALL = { tags: false, sensitive: false, roles: false, calendar: false };
const small = (kind: 'consumer' | 'network', seed: number, scenario: string): TrainingTenant => ({
  plan: tenantPlan(kind, seed, {
    days: 2,
    accounts: 60,
    eventsPerDay: 1500,
    scenarios: [{ scenario, at: DEFAULT_START + DAY + 6 * HOUR }],
    hardNegatives: [],
  }),
  format: kind === 'network' ? 'zeek-conn' : 'apisix',
  untold: TELL_ALL,
});
const FIT: FitOptions = {
  forest: { trees: 12, maxDepth: 5, minLeaf: 2, bootstrap: 'groups' },
  autoencoder: { epochs: 2, rows: 300, hidden: [8, 4, 8] },
  folds: 2,
};

let made: MadeBundle;
let options: MakeOptions;
const folder = mkdtempSync(join(tmpdir(), 'weir-training-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  options = {
    version: 'tiny',
    seed: 5,
    tenants: 3,
    program: '0.0.0',
    threads: 1,
    addresses: await loadAddressTables({}),
    fit: FIT,
    plans: [small('consumer', 71, 'object_traversal'), small('consumer', 72, 'credential_stuffing'), small('network', 73, 'fan_out')],
  };
  made = await makeBundle(options);
}, 60_000);

describe('a trained bundle', () => {
  it('has attack and clean rows of both views, and knows the windows behind the gate', () => {
    for (const view of ['account', 'interface'] as const) {
      const { table } = made.views[view];
      expect(table.width).toBe(FEATURE_LISTS[view].features.length);
      const attacks = table.label.reduce((sum, one) => sum + one, 0);
      expect(attacks).toBeGreaterThan(0);
      expect(table.rows - attacks).toBeGreaterThan(attacks);
      const clean = table.windows.reduce((sum, n, row) => sum + (table.label[row] === 0 ? n : 0), 0);
      expect(table.cleanWindows).toBeGreaterThan(clean);
      expect(new Set(table.scenario)).toContain(view === 'account' ? 'object_traversal' : 'credential_stuffing');
    }
  });

  it('can be written, read, and opened: golden rows and scores hold', async () => {
    const at = join(folder, 'tiny');
    writeBundle(at, made.data);
    const models = await openBundle(readBundle(at), () => openBackend('wasm'));
    expect(models.version).toBe('tiny');
    for (const view of ['account', 'interface'] as const)
      for (const kind of ['forest', 'autoencoder'] as const) expect(models.judge(view, kind)?.evidence([])).toBeGreaterThanOrEqual(0);
  });

  it('has a card with its data and figures', () => {
    const card = cardOf(made.data) as string;
    for (const text of [
      '# Model card: bundle tiny',
      '3 simulated tenants (2 consumer, 1 network)',
      'object_traversal',
      '## Limits',
      'ROC AUC',
    ])
      expect(card).toContain(text);
    expect(card).not.toContain('NaN');
    expect(card).not.toContain('undefined');
  });

  it('has the figures of its training beside it: importance adds up, and the card says the same', () => {
    const { views } = trainingFiguresOf(made.data) as TrainingFigures;
    for (const view of ['account', 'interface'] as const) {
      const { importance } = views[view];
      expect(importance.map(({ feature }) => feature).sort()).toEqual(FEATURE_LISTS[view].features.map(({ name }) => name).sort());
      expect(importance.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(cardOf(made.data)).toContain(`taken away): ${importance[0].feature} `);
    }
    expect(cardOf(made.data)).toContain('Learning curve of the forest');
  });

  it('refuses figures that are none', () => {
    const files = { ...made.data.files, 'training.json': new TextEncoder().encode('{"format":1,"views":{"account":{}}}') };
    expect(() => trainingFiguresOf({ ...made.data, files })).toThrow(/training\.json of bundle tiny.*views\.account/);
    expect(trainingFiguresOf({ ...made.data, files: {} })).toBeUndefined();
  });

  it('is the same when made again, with more threads too', async () => {
    const again = await makeBundle({ ...options, threads: 2 });
    expect(bundleHash(again.data)).toBe(bundleHash(made.data));
    expect(again.data.files).toEqual(made.data.files);
    const other = await makeBundle({ ...options, seed: 6 });
    expect(bundleHash(other.data)).not.toBe(bundleHash(made.data));
  }, 60_000);
});
