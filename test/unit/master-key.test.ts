import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../services/commands/config.ts';
import { masterKey, tenantKey } from '../../services/commands/master-key.ts';

const { config } = defaultConfig('/srv');
const folder = () => mkdtempSync(join(tmpdir(), 'weir-key-'));

test('a key is made once, readable by its owner alone, and kept with the data', () => {
  const home = { XDG_CONFIG_HOME: folder() };
  const data = folder();
  const made = masterKey(config, data, home);
  expect(made.key).toHaveLength(32);
  expect(statSync(join(data, 'hash-key')).mode & 0o777).toBe(0o600);
  expect(masterKey(config, data, { XDG_CONFIG_HOME: folder() }).key).toEqual(made.key);
});

test("data folders of one user have the same key, other users' another", () => {
  const home = { XDG_CONFIG_HOME: folder() };
  const key = masterKey(config, folder(), home).key;
  expect(masterKey(config, folder(), home).key).toEqual(key);
  expect(masterKey(config, folder(), { XDG_CONFIG_HOME: folder() }).key).not.toEqual(key);
});

test('without a home the data folder has a key of its own', () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  const data = folder();
  expect(masterKey(config, data, { XDG_CONFIG_HOME: file }).key).toEqual(masterKey(config, data, { XDG_CONFIG_HOME: file }).key);
});

test('a key of the environment wins, and a short one is refused', () => {
  const made = masterKey(config, '/nowhere', { WEIR_KEY: 'correct horse battery staple' });
  expect(made.key).toHaveLength(32);
  expect(masterKey(config, '/elsewhere', { WEIR_KEY: 'correct horse battery staple' }).key).toEqual(made.key);
  expect(() => masterKey(config, '/nowhere', { WEIR_KEY: 'short' })).toThrow(/WEIR_KEY has 5 characters/);
});

test('a damaged key file is told, not replaced', () => {
  const data = folder();
  writeFileSync(join(data, 'hash-key'), 'oops');
  expect(() => masterKey(config, data, {})).toThrow(/is no hash key/);
});

test("tenants' keys differ and are a function of master key and name", () => {
  const master = new Uint8Array(32).fill(7);
  expect(tenantKey(master, 'shop')).toEqual(tenantKey(master, 'shop'));
  expect(tenantKey(master, 'shop')).not.toEqual(tenantKey(master, 'bank'));
});
