import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigSchema, TenantConfig } from '../../schemas/config.ts';
import type { MarkRecord } from '../../schemas/marks.ts';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import type { KnownInput } from '../../services/drivers/embedded/driver.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { DEFAULT_START, tenantPlan } from '../../services/simulation/tenant-plan.ts';
import { writeSimulation } from '../../services/simulation/write-files.ts';
import { labelOf, MARKED, markedRows } from '../../services/training/marked-rows.ts';
import { ATTACK } from '../../services/training/row-store.ts';

const START = Date.UTC(2026, 2, 2, 10);

function mark(parts: Partial<MarkRecord>): MarkRecord {
  return {
    schema_version: 1,
    number: 1,
    marked_at: '2026-03-09T00:00:00.000Z',
    incident_id: '0'.repeat(32),
    mark: 'attack',
    tenant: 't',
    title: 'x',
    entities: [{ kind: 'account', id: 'mallory' }],
    actors: [{ kind: 'source', id: '203.0.113.7' }],
    detectors: ['scraping'],
    from: new Date(START).toISOString(),
    to: new Date(START + 2 * HOUR).toISOString(),
    until: null,
    author: 'a',
    note: '',
    ...parts,
  };
}

describe('what marks say of windows', () => {
  const kind = (marks: MarkRecord[], view: 'account' | 'interface', key: string, hour: number): string =>
    labelOf(marks, view, key, START + hour * HOUR, START + (hour + 1) * HOUR).kind;

  it('is attack or clean for those that the incident names, in its time', () => {
    expect(kind([mark({})], 'account', 'mallory', 1)).toBe('attack');
    expect(kind([mark({})], 'account', '203.0.113.7', 0)).toBe('attack');
    expect(kind([mark({ mark: 'expected' })], 'account', 'mallory', 0)).toBe('clean');
    expect(kind([mark({ mark: 'benign' }), mark({ incident_id: '1'.repeat(32) })], 'account', 'mallory', 0)).toBe('attack');
  });

  it('is nothing for all others', () => {
    expect(kind([mark({})], 'account', 'mallory', 2)).toBe('unsure');
    expect(kind([mark({})], 'account', 'mallory', -1)).toBe('unsure');
    expect(kind([mark({})], 'account', 'alice', 0)).toBe('unsure');
    expect(kind([mark({})], 'interface', 'mallory', 0)).toBe('unsure');
    expect(kind([mark({ entities: [{ kind: 'interface', id: 'GET h/x' }] })], 'interface', 'GET h/x', 0)).toBe('attack');
  });
});

describe('rows of marked windows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-marks-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('come from the tenant’s own log, and only from what was marked', async () => {
    const plan = tenantPlan('consumer', 81, {
      name: 'shop',
      days: 2,
      accounts: 60,
      eventsPerDay: 1500,
      scenarios: [{ scenario: 'object_traversal', at: DEFAULT_START + DAY + 8 * HOUR }],
    });
    const { files, labels, config: matching } = writeSimulation(folder, { tenants: [plan] }, 'nginx-json');
    const config = ConfigSchema.parse(matching);
    const [campaign] = labels.campaigns;
    const input: KnownInput = {
      path: files[0].path,
      tenant: 'shop',
      source: config.sources[0].name,
      partition: files[0].path,
      format: 'nginx-json',
      lateness: 120_000,
    };
    const options = {
      marks: [
        mark({
          tenant: 'shop',
          entities: campaign.accounts.map((id) => ({ kind: 'account' as const, id })),
          actors: [],
          from: campaign.start,
          to: campaign.end,
        }),
      ],
      inputs: [input],
      weight: 3,
      topology: {
        config,
        tenants: config.tenants,
        otherTenant: TenantConfig.parse({}),
        keys: {},
        configVersion: 'x',
        model: { name: 'baselines', version: '1' },
        addresses: await loadAddressTables({}),
      },
    };
    const { tenants, weight, made } = await markedRows(options);
    expect(weight).toBe(3);
    expect(made).toMatchObject({ marks: 1, weight: 3 });
    expect(tenants.map(({ tenant, kind }) => [tenant, kind])).toEqual([['shop', 'own']]);
    const { account } = tenants[0].views;
    expect(account.rows).toBeGreaterThan(0);
    expect([...account.label].every((label) => label === ATTACK)).toBe(true);
    expect(account.unsure).toBeGreaterThan(0);
    expect(account.cleanWindows).toBe(0);
    expect(tenants[0].scenarios).toEqual([MARKED]);
    await expect(markedRows({ ...options, inputs: [] })).rejects.toThrow('no log of it');
    await expect(markedRows({ ...options, marks: [] })).rejects.toThrow('the file of marks is empty');
    const never = { ...options.marks[0], from: '2020-01-01T00:00:00.000Z', to: '2020-01-02T00:00:00.000Z' };
    await expect(markedRows({ ...options, marks: [never] })).rejects.toThrow('none of the windows that the marks of shop name');
  }, 30_000);
});
