import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { AddressListConfig, TenantConfig } from '../../../schemas/config.ts';
import { WeirError } from '../../core/errors.ts';
import { type ListContent, listedNetworks, parseListFile } from './address-list-file.ts';
import type { AddressListTable } from './address-lists.ts';
import { dayOf, NEVER, packNetworkTable } from './network-table.ts';

/** Bytes of a list's file: a million networks with notes fit in. */
const MOST_BYTES = 256 * 1024 * 1024;

/** A list as it was read. */
export interface LoadedList extends AddressListTable, Omit<ListContent, 'table'> {
  tenant: string;
  /** absolute path; undefined: its networks are in the config */
  file: string | undefined;
  /** last change of the file, ms; 0 without one */
  changed: number;
  /** size, change and number of the file: another one is another file; '' without one */
  stamp: string;
  /** of what it holds: the same for the same networks in whatever order and form */
  hash: string;
}

/** All lists of all tenants, in the order of the config. @throws as `loadAddressList`, naming tenant and list */
export async function loadAddressLists(tenants: Readonly<Record<string, Pick<TenantConfig, 'lists'>>>): Promise<LoadedList[]> {
  const lists = Object.entries(tenants).flatMap(([tenant, { lists }]) => lists.map((list) => ({ tenant, list })));
  return Promise.all(lists.map(({ tenant, list }) => loadAddressList(tenant, list)));
}

/** @throws WeirError `input_missing` or `input_unreadable` for its file, `input_format` for what is in it */
export async function loadAddressList(tenant: string, { name, kind, networks, file, until }: AddressListConfig): Promise<LoadedList> {
  const last = until === undefined ? NEVER : dayOf(until);
  const read = file === undefined ? undefined : await readList(`list ${name} of tenant ${tenant}`, file);
  const content = read === undefined ? listedNetworks(networks ?? [], last) : parseListFile(read.bytes, file as string, last);
  const hash = createHash('sha256').update(packNetworkTable(content.table)).digest('hex').slice(0, 16);
  return { tenant, name, kind, until: last, file, changed: read?.changed ?? 0, stamp: read?.stamp ?? '', hash, ...content };
}

async function readList(what: string, path: string): Promise<{ bytes: Uint8Array; changed: number; stamp: string }> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    if (size > MOST_BYTES) throw new WeirError('input_format', `${what}: ${path} has ${size} bytes; a list has at most ${MOST_BYTES}`);
    return { bytes: await readFile(path), changed: mtimeMs, stamp: `${size} ${mtimeMs} ${ino}` };
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new WeirError('input_missing', `${what}: ${path} does not exist`, { cause });
    throw new WeirError('input_unreadable', `${what}: ${path} cannot be read (${code})`, { cause });
  }
}

/** The lists as stages take them, by tenant. */
export function listTables(lists: readonly LoadedList[]): Record<string, AddressListTable[]> {
  const tables: Record<string, AddressListTable[]> = {};
  for (const { tenant, name, kind, table, until } of lists) (tables[tenant] ??= []).push({ name, kind, table, until });
  return tables;
}

/**
 * A config's version with what the files of its lists hold, which the config does not: another content is another
 * version. 12 hex digits; the config's own where no list has a file.
 */
export function versionWithLists(version: string, lists: readonly LoadedList[]): string {
  const files = lists.filter(({ file }) => file !== undefined).map(({ tenant, name, hash }) => `${tenant} ${name} ${hash}`);
  if (files.length === 0) return version;
  return createHash('sha256')
    .update([version, ...files.sort()].join('\n'))
    .digest('hex')
    .slice(0, 12);
}

/** Networks of a list whose entry no longer held at a time, ms UTC. */
export function expiredBy({ ends }: Pick<ListContent, 'ends'>, at: number): number {
  let expired = 0;
  for (const [day, count] of ends) if (day * 86_400_000 <= at) expired += count;
  return expired;
}
