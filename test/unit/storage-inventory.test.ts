import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERFACE_FEATURES } from '../../models/windows.ts';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import { IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { type InventoryFact, STATUS_CLASSES } from '../../services/core/inventory.ts';
import { DAY, HOUR } from '../../services/core/watermark.ts';
import { StoreConnection } from '../../services/storage/connection.ts';
import { inventorySpans, storedData, storedFacts, storedInterfaces } from '../../services/storage/inventory.ts';
import { createLiveStore } from '../../services/storage/live-store.ts';
import type { Reader } from '../../services/storage/reader.ts';
import { openStore, type Store } from '../../services/storage/store.ts';
import { numbers } from '../support/driver-runs.ts';
import { joinFacts } from '../support/inventory.ts';

const START = Date.UTC(2026, 3, 1);
const next = numbers(11);
const hash = (): number => Math.floor(next() * 2 ** 32);
/** Pieces of the facts of a few interfaces and hours. */
const PIECES: InventoryFact[] = Array.from({ length: 400 }, (_, i) => ({
  interface: `GET shop.example/api/${i % 4}`,
  hour: START + (i % 5) * HOUR,
  origins: 1 << Math.floor(next() * 4),
  classes: 1 << Math.floor(next() * 4),
  callers: Array.from({ length: Math.floor(next() * 6) }, hash).sort((a, b) => a - b),
  sensitive:
    i % 3 === 0 ? [{ type: i % 2 === 0 ? 'mobile' : 'email', masked: i % 6 === 0, shape: i % 6 === 0 ? '3*4' : '', hashes: [hash()] }] : [],
}));
const JOINED = joinFacts(PIECES);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-inventory-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function named(bits: number, names: readonly string[]): string[] {
  return names.filter((_, bit) => (bits >> bit) & 1);
}

/** What the views should show of the joined facts. */
function expectedRows(): { facts: unknown[]; data: unknown[] } {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    facts: JOINED.map((fact) => ({
      tenant: 'shop',
      interface: fact.interface,
      hour: time(fact.hour),
      origins: named(fact.origins, IDENTITY_ORIGINS),
      answers: named(fact.classes, STATUS_CLASSES),
      callers: fact.callers,
    })),
    data: JOINED.flatMap((fact) =>
      fact.sensitive.map(({ type, masked, shape, hashes }) => ({
        tenant: 'shop',
        interface: fact.interface,
        hour: time(fact.hour),
        type,
        masked,
        mask: shape,
        hashes,
      })),
    ),
  };
}

async function shown(reader: Reader): Promise<unknown> {
  return {
    facts: await reader.rows('SELECT * EXCEPT stored_at FROM inventory_facts ORDER BY interface, hour'),
    data: await reader.rows('SELECT * EXCEPT stored_at FROM sensitive_data ORDER BY interface, hour, type, masked, mask'),
  };
}

describe('facts of interfaces', () => {
  it('show joined, whoever writes them, in pieces, in any order and again', async () => {
    const path = join(folder, 'joined');
    const store = await openStore({ path });
    for (const piece of PIECES.slice(0, 250)) store.inventory('shop', [piece]);
    await store.flush();
    store.inventory('shop', shuffled(PIECES.slice(100, 300)));
    await store.close();
    const live = await createLiveStore({ path });
    live.inventory('shop', shuffled(PIECES.slice(200)));
    await live.flush();
    expect(await shown(live)).toEqual(expectedRows());
    await live.close();
    const connection = new StoreConnection({ path });
    await connection.command('OPTIMIZE TABLE inventory_facts_raw FINAL');
    await connection.close();
    const merged = await openStore({ path }, { readOnly: true });
    expect(await shown(merged)).toEqual(expectedRows());
    await merged.close();
  });
});

describe('the inventory as it is read', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ path: join(folder, 'read') });
    const rows = new TsvWriter();
    const pane = (key: string, hour: number, values: Partial<Record<(typeof INTERFACE_FEATURES)[number], number>>): void =>
      appendWindowRow(rows, {
        tenant: 'shop',
        view: 'interface',
        size: '1h',
        key,
        start: START + hour * HOUR,
        end: START + (hour + 1) * HOUR,
        final: true,
        values: INTERFACE_FEATURES.map((name) => values[name] ?? 0),
      });
    pane('GET a/x', 0, { requests: 10, missing: 2, callers: 3, bytes_out: 100 });
    pane('GET a/x', 30, { requests: 4, server_errors: 1, callers: 2, bytes_out: 80, anonymous: 2, anonymous_ok: 1 });
    pane('tcp 10.0.0.1:443', 5, { requests: 7, callers: 1 });
    store.windows(rows.take());
    store.inventory('shop', [
      { interface: 'GET a/x', hour: START, origins: 2, classes: 4, callers: [5], sensitive: [] },
      {
        interface: 'GET a/x',
        hour: START + 30 * HOUR,
        origins: 1,
        classes: 8,
        callers: [3],
        sensitive: [{ type: 'mobile', masked: false, shape: '', hashes: [1, 2] }],
      },
    ]);
    await store.flush();
  });
  afterAll(() => store.close());

  it('knows what time the tenant covers', async () => {
    expect(await inventorySpans(store)).toEqual([{ tenant: 'shop', first: START, last: START + 31 * HOUR }]);
    expect(await inventorySpans(store, 'other')).toEqual([]);
  });

  it('counts the span, and tells what is of late from what was before', async () => {
    const span = { since: START + DAY, until: START + 9 * DAY, lately: START + DAY };
    const [row, ...rest] = await storedInterfaces(store, 'shop', span, false);
    expect(rest).toEqual([]);
    expect(row).toEqual({
      interface: 'GET a/x',
      first: START,
      last: START + 31 * HOUR,
      days: [START / DAY, START / DAY + 1],
      hours: 2,
      most_callers: 3,
      answered: 11,
      requests: 4,
      refused: 0,
      missing: 0,
      client_errors: 0,
      server_errors: 1,
      anonymous: 2,
      anonymous_ok: 1,
      bytes_out: 80,
      span_hours: 1,
      late: { requests: 4, bytes: 80, server_errors: 1, anonymous_ok: 1 },
      before: { requests: 10, bytes: 100, server_errors: 0, anonymous_ok: 0 },
    });
    expect((await storedInterfaces(store, 'shop', span, true)).map((flow) => flow.interface)).toEqual(['tcp 10.0.0.1:443']);
  });

  it('tells what was seen before, and what since', async () => {
    expect(await storedFacts(store, 'shop', { lately: START + DAY })).toEqual([
      {
        interface: 'GET a/x',
        origins: ['address', 'consumer'],
        origins_before: ['consumer'],
        answers: ['2xx', '3xx'],
        answers_before: ['2xx'],
        callers: [3, 5],
      },
    ]);
    expect(await storedData(store, 'shop')).toEqual([
      { interface: 'GET a/x', type: 'mobile', masked: false, mask: '', hashes: [1, 2], first: START + 30 * HOUR, last: START + 31 * HOUR },
    ]);
  });
});
