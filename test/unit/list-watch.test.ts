import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigSchema } from '../../schemas/config.ts';
import { checkList } from '../../services/commands/doctor-lists.ts';
import { ListWatch, readLists } from '../../services/commands/list-watch.ts';
import { WeirError } from '../../services/core/errors.ts';
import { loadAddressList } from '../../services/ingest/addresses/address-list-loader.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-watch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'threats.txt');
const config = ConfigSchema.parse({
  tenants: {
    shop: {
      lists: [
        { name: 'exchange', kind: 'threat', file },
        { name: 'office', kind: 'own', networks: ['192.0.2.0/24'] },
      ],
    },
  },
  sources: [{ name: 'gateway', files: ['x.log'] }],
});

describe('the files of lists', () => {
  let said: string[] = [];
  let changes: { networks: number[]; names: readonly string[] }[] = [];

  /** A watch that is told when to look. */
  async function watching(refuse?: Error): Promise<ListWatch> {
    said = [];
    changes = [];
    return new ListWatch({
      config,
      lists: await readLists(config, (text) => said.push(text)),
      every: 1e9,
      onProblem: (text) => said.push(text),
      onChanged: async (lists, names) => {
        if (refuse !== undefined) throw refuse;
        changes.push({ networks: lists.map(({ networks }) => networks), names });
      },
    });
  }

  beforeEach(() => writeFileSync(file, '203.0.113.0/24\n'));

  test('are read again when they have changed and stayed so for a look', async () => {
    const watch = await watching();
    await watch.look();
    writeFileSync(file, '203.0.113.0/24\n198.51.100.0/24\n');
    await watch.look();
    expect(changes).toEqual([]);
    await watch.look();
    expect(changes).toEqual([{ networks: [2, 1], names: ['exchange'] }]);
    await watch.look();
    await watch.look();
    expect(changes).toHaveLength(1);
    await watch.close();
  });

  test('are not read while they grow', async () => {
    const watch = await watching();
    for (let i = 0; i < 5; i++) {
      writeFileSync(file, '198.51.100.1\n'.repeat(i + 2));
      await watch.look();
    }
    expect(changes).toEqual([]);
    await watch.look();
    expect(changes).toHaveLength(1);
    await watch.close();
  });

  test('that say the same in another way change nothing', async () => {
    const watch = await watching();
    writeFileSync(file, '# of today\n203.0.113.0/25\n203.0.113.128/25\n');
    await watch.look();
    await watch.look();
    expect(changes).toEqual([]);
    expect(said).toEqual([]);
    await watch.close();
  });

  test('that are gone or no list are told of once, and what was in force stays', async () => {
    const watch = await watching();
    unlinkSync(file);
    for (let i = 0; i < 4; i++) await watch.look();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /list exchange of tenant shop: .* does not exist; what list exchange of tenant shop held before stays in force/,
    );
    writeFileSync(file, '<html>\n');
    for (let i = 0; i < 4; i++) await watch.look();
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/line 1: '<html>' is no network/);
    writeFileSync(file, '198.51.100.0/24\n');
    for (let i = 0; i < 4; i++) await watch.look();
    expect(changes).toEqual([{ networks: [1, 1], names: ['exchange'] }]);
    await watch.close();
  });

  test('with some bad entries are taken, and the bad ones told of', async () => {
    const watch = await watching();
    writeFileSync(file, '198.51.100.0/24\nnobody\n');
    await watch.look();
    await watch.look();
    expect(changes).toHaveLength(1);
    expect(said).toEqual([
      `list exchange of tenant shop: 1 entry is left out: ${file} line 2: 'nobody' is no network; 203.0.113.0/24 or 2001:db8::/32 is`,
    ]);
    await watch.close();
  });

  test('that nobody takes are told of', async () => {
    const watch = await watching(new WeirError('disk', 'no room'));
    writeFileSync(file, '198.51.100.0/24\n');
    await watch.look();
    await watch.look();
    expect(said).toEqual(['changed lists were not taken: no room']);
    await watch.close();
  });
});

describe('weir doctor', () => {
  const now = Date.UTC(2026, 5, 15);
  const check = async (text: string, kind: 'threat' | 'crawler' = 'threat', changed = now - 3_600_000) => {
    writeFileSync(file, text);
    return checkList({ ...(await loadAddressList('shop', { name: 'exchange', kind, file })), changed }, now);
  };

  test('says what a list holds, how old it is and what it is for', async () => {
    const { level, found } = await check('network,until\n203.0.113.0/24,\n198.51.100.0/24,2026-06-15\n');
    expect(level).toBe('ok');
    expect(found).toBe(
      `threat of tenant shop: 2 networks, 1 of them expired, changed 1 h ago (${file}); said in alerts, which are a little more severe`,
    );
    expect((await check('192.0.2.0/24\n', 'crawler')).found).toContain('probing, scraping');
  });

  test('warns of bad entries, of lists that hold nothing any more, and of old threats', async () => {
    expect((await check('203.0.113.0/24\nx\n')).level).toBe('warn');
    expect((await check('network,until\n203.0.113.0/24,2026-06-01\n')).remedy).toMatch(/renew it/);
    expect((await check('203.0.113.0/24\n', 'threat', now - 40 * 86_400_000)).remedy).toMatch(/fetch it anew/);
    expect((await check('203.0.113.0/24\n', 'crawler', now - 40 * 86_400_000)).level).toBe('ok');
  });
});
