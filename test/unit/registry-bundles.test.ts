import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BundleData } from '../../models/learned/learned-models.ts';
import { bundleHash, cardOf, readBundle, sha256, writeBundle } from '../../models/registry/bundle-folder.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { plainBundle } from '../support/bundles.ts';

const text = new TextEncoder();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-registry-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('bundle folder', () => {
  it('reads back what was written, byte for byte, under the same hash', () => {
    const data = plainBundle('1');
    data.files['card.md'] = text.encode('# A card\n');
    writeBundle(join(folder, '1'), data);
    const back = readBundle(join(folder, '1'));
    expect(back).toEqual(data);
    expect(bundleHash(back)).toBe(bundleHash(data));
    expect(cardOf(back)).toBe('# A card\n');
    expect(readdirSync(folder)).toEqual(['1']);
    expect(JSON.parse(readFileSync(join(folder, '1', 'manifest.json'), 'utf8')).version).toBe('1');
  });

  it('never changes a version: the same bytes are fine, others are refused with both hashes', () => {
    const path = join(folder, '1');
    const [data, other] = [plainBundle('1'), plainBundle('1', 'another training')];
    writeBundle(path, data);
    expect(() => writeBundle(path, data)).not.toThrow();
    expect(() => writeBundle(path, other)).toThrow(expect.objectContaining({ code: 'model_exists' }));
    expect(() => writeBundle(path, other)).toThrow(bundleHash(data));
    expect(() => writeBundle(path, other)).toThrow(bundleHash(other));
    const carded = { ...data, files: { ...data.files, 'card.md': text.encode('later') } };
    expect(() => writeBundle(path, carded)).toThrow(/another card\.md/);
    expect(readBundle(path)).toEqual(data);
  });

  it('refuses a file whose bytes changed, naming it and both hashes', () => {
    const data = plainBundle('1');
    writeBundle(join(folder, '1'), data);
    const file = join(folder, '1', 'account-forest.bin');
    appendFileSync(file, '!');
    const attempt = (): unknown => readBundle(join(folder, '1'));
    expect(attempt).toThrow(expect.objectContaining({ code: 'model_corrupt' }));
    expect(attempt).toThrow('account-forest.bin');
    expect(attempt).toThrow(sha256(readFileSync(file)));
    expect(attempt).toThrow(data.manifest.views.account.models.forest?.sha256 ?? '?');
  });

  it('refuses a missing file, a missing folder and a manifest that is no JSON, each by its path', () => {
    writeBundle(join(folder, '1'), plainBundle('1'));
    rmSync(join(folder, '1', 'interface-forest.bin'));
    expect(() => readBundle(join(folder, '1'))).toThrow('interface-forest.bin');
    expect(() => readBundle(join(folder, 'none'))).toThrow(join(folder, 'none', 'manifest.json'));
    writeFileSync(join(folder, '1', 'manifest.json'), '{"format":');
    expect(() => readBundle(join(folder, '1'))).toThrow(/manifest\.json is not JSON/);
  });

  const broken: [string, (data: BundleData) => void, RegExp][] = [
    ['another format', ({ manifest }) => Object.assign(manifest, { format: 2 }), /format/],
    ['a version that is a path', ({ manifest }) => Object.assign(manifest, { version: '../1' }), /version/],
    ['a field that nobody knows', ({ manifest }) => Object.assign(manifest, { extra: 1 }), /extra/],
    [
      'a file outside',
      ({ manifest }) => Object.assign(manifest.views.account.models.forest ?? {}, { file: '../../x' }),
      /account\.models\.forest\.file/,
    ],
    ['scores that do not rise', ({ manifest }) => manifest.views.account.models.forest?.evidence.score.reverse(), /scores do not rise/],
    ['decades that fall', ({ manifest }) => manifest.views.account.models.forest?.evidence.decades.reverse(), /decades fall/],
    ['a golden row of another width', ({ manifest }) => manifest.views.account.golden.rows[0].push(1), /3 values for 2 features/],
    ['a golden row without score', ({ manifest }) => manifest.views.interface.golden.scores.forest?.pop(), /0 scores for 1 golden rows/],
    ['a usual range of no feature', ({ manifest }) => Object.assign(manifest.views.account.usual, { other: [0, 1, 2] }), /usual\.other/],
    ['a file that nothing names', ({ files }) => Object.assign(files, { 'rest.bin': text.encode('x') }), /rest\.bin is not named/],
    ['a file that is missing', ({ files }) => delete files['account-forest.bin'], /account-forest\.bin \(account forest\) is missing/],
  ];
  it.each(broken)('writes no bundle with %s', (_, breakIt, message) => {
    const data = structuredClone(plainBundle('1'));
    breakIt(data);
    expect(() => writeBundle(join(folder, '1'), data)).toThrow(message);
    expect(existsSync(join(folder, '1'))).toBe(false);
  });

  it('leaves nothing half-written: what a crash left is cleared, and is no version', () => {
    mkdirSync(join(folder, 'models', '.1.part-99'), { recursive: true });
    writeFileSync(join(folder, 'models', '.1.part-99', 'manifest.json'), '{');
    expect(new BundleCatalogue(folder, join(folder, 'shipped')).bundles).toEqual([]);
    writeBundle(join(folder, 'models', '1'), plainBundle('1'));
    expect(readdirSync(join(folder, 'models'))).toEqual(['1']);
  });
});

describe('bundle catalogue', () => {
  it('is empty without bundles, which is no error', () => {
    const catalogue = new BundleCatalogue(join(folder, 'data'), join(folder, 'shipped'));
    expect(catalogue.bundles).toEqual([]);
    expect(catalogue.newestShipped).toBeUndefined();
    expect(() => catalogue.bundle('1')).toThrow(/there is no model 1; none is known here/);
  });

  it('lists shipped ones first, numbers by value, and reads both kinds', () => {
    const shipped = join(folder, 'shipped');
    for (const version of ['2', '10']) writeBundle(join(shipped, version), plainBundle(version));
    const catalogue = new BundleCatalogue(join(folder, 'data'), shipped);
    expect(catalogue.newestShipped).toBe('10');
    catalogue.add(plainBundle('own-1'));
    const again = new BundleCatalogue(join(folder, 'data'), shipped);
    expect(again.bundles.map(({ version }) => version)).toEqual(['2', '10', 'own-1']);
    expect(again.newestShipped).toBe('10');
    expect(again.bundle('own-1')).toEqual(plainBundle('own-1'));
    expect(() => again.bundle('3')).toThrow(/there is no model 3; known are: 2, 10, own-1/);
  });

  it('gives an own bundle no name of a shipped one, unless it is the same', () => {
    const shipped = join(folder, 'shipped');
    writeBundle(join(shipped, '1'), plainBundle('1'));
    const catalogue = new BundleCatalogue(join(folder, 'data'), shipped);
    expect(() => catalogue.add(plainBundle('1', 'mine'))).toThrow(/version 1 came with this program/);
    expect(catalogue.add(plainBundle('1')).shipped).toBe(true);
    writeBundle(join(folder, 'data', 'models', '1'), plainBundle('1', 'mine'));
    expect(() => new BundleCatalogue(join(folder, 'data'), shipped)).toThrow(/came with this program/);
  });

  it('refuses a folder whose name is not its version', () => {
    writeBundle(join(folder, 'data', 'models', '5'), plainBundle('6'));
    expect(() => new BundleCatalogue(join(folder, 'data'), join(folder, 'shipped')).bundle('5')).toThrow(/holds version 6/);
  });
});
