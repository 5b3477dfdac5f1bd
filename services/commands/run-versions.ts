import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import type { Config } from '../../schemas/config.ts';
import type { TenantSwitch } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';
import type { RunVersion } from '../drivers/kafka/driver.ts';
import type { LoadedList } from '../ingest/addresses/address-list-loader.ts';
import type { AddressListTable } from '../ingest/addresses/address-lists.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import { packNetworkTable, unpackNetworkTable } from '../ingest/addresses/network-table.ts';
import type { Documents } from '../ingest/interfaces/openapi-loader.ts';
import { writeDurably } from '../state/durable-file.ts';
import { ALL_TENANTS, BEGINNING, SwitchJournal, switchesOf } from '../state/model-switches.ts';
import { createTopology, joinedTenants } from '../topology.ts';
import type { LoadedConfig } from './config.ts';
import { topologyConfigOf } from './topology-config.ts';

/** All that results depend on beside the log and the master key, as it is kept in the state folder. */
interface KeptVersion {
  configVersion: string;
  config: Config;
  switches: TenantSwitch[];
  upstreams: Readonly<Record<string, number>>;
  /** lists of addresses by tenant; what each held lies in a file of its own */
  lists?: Readonly<Record<string, readonly KeptList[]>>;
  /** what the tenants' OpenAPI documents said */
  documents?: Documents;
}

interface KeptList extends Omit<AddressListTable, 'table'> {
  hash: string;
}

/**
 * The run versions of a state folder: states name the one under which they were made, so that what has to be replayed is
 * replayed as it was first processed, whatever the config says today. None is ever changed or deleted.
 */
export class RunVersions {
  private readonly folder: string;
  private readonly key: Uint8Array;
  private readonly addresses: AddressTables | undefined;
  private readonly lists: readonly LoadedList[];
  private readonly documents: Documents;

  /** `lists`, `documents`: as they are today. */
  constructor(
    stateFolder: string,
    key: Uint8Array,
    addresses: AddressTables | undefined,
    lists: readonly LoadedList[] = [],
    documents: Documents = {},
  ) {
    this.folder = stateFolder;
    this.key = key;
    this.addresses = addresses;
    this.lists = lists;
    this.documents = documents;
  }

  /** Throws `config` when the master key is not the one that the folder's states were made with. */
  checkKey(name: string): void {
    const path = join(this.folder, 'key-check');
    const own = createHmac('sha256', this.key).update('weir state folder').digest('hex').slice(0, 16);
    if (!existsSync(path)) keepOnce(path, own);
    else if (readFileSync(path, 'utf8') !== own)
      throw new WeirError(
        'config',
        `${name} is not the key that the state in ${this.folder} was made with: hashed ids would no longer be the same`,
      );
  }

  /** Names this program's run version, `config-inputs`, and keeps it. `version`: with what the files that it names hold. */
  name({ config, version }: LoadedConfig, upstreams: Readonly<Record<string, number>>): string {
    const switches = this.switches();
    const bundles = hash(JSON.stringify(switches));
    // of tenants whose sessions are joined, account tasks hear of time from others than their inputs
    const inputs = hash(JSON.stringify([...Object.entries(upstreams).sort(), ...joinedTenants(config)]));
    const name = `${version}.${bundles}-${inputs}`;
    const path = this.path(name);
    if (existsSync(path)) return name;
    const { documents } = this;
    const kept: KeptVersion = { configVersion: version, config, switches, upstreams, lists: this.keepLists(), documents };
    keepOnce(path, JSON.stringify(kept));
    return name;
  }

  /** Throws `log_lost` for a version that is not in the folder, `model_unknown` for a bundle that is not. */
  async read(name: string): Promise<RunVersion> {
    const path = this.path(name);
    if (!existsSync(path)) {
      throw new WeirError(
        'log_lost',
        `a committed offset was processed under run version ${name}, which is not in ${join(this.folder, 'versions')}: every process needs the same state folder (kafka.state)`,
      );
    }
    const { config, configVersion, switches, upstreams, lists, documents } = JSON.parse(readFileSync(path, 'utf8')) as KeptVersion;
    const catalogue = new BundleCatalogue(this.folder);
    const named = new Set(switches.flatMap(({ champion, challenger }) => [champion, challenger]).filter((bundle) => bundle !== ''));
    const topology = createTopology(
      topologyConfigOf({
        config,
        version: configVersion,
        sources: config.sources,
        inputs: [],
        key: this.key,
        addresses: this.addresses,
        lists: this.readLists(lists ?? {}),
        documents,
        models: { switches, bundles: [...named].sort().map((bundle) => catalogue.bundle(bundle)) },
      }),
    );
    return { topology, upstreams };
  }

  /** Keeps what the lists hold, each content once. */
  private keepLists(): Record<string, KeptList[]> {
    const kept: Record<string, KeptList[]> = {};
    for (const { tenant, name, kind, until, hash, table } of this.lists) {
      const path = this.listPath(hash);
      if (!existsSync(path)) keepOnce(path, packNetworkTable(table));
      (kept[tenant] ??= []).push({ name, kind, until, hash });
    }
    return kept;
  }

  /** What lists held under a run version; those of today are at hand. */
  private readLists(kept: NonNullable<KeptVersion['lists']>): Record<string, AddressListTable[]> {
    const known = new Map(this.lists.map(({ hash, table }) => [hash, table]));
    return Object.fromEntries(
      Object.entries(kept).map(([tenant, lists]) => [
        tenant,
        lists.map(({ hash, ...list }) => ({ ...list, table: known.get(hash) ?? unpackNetworkTable(readFileSync(this.listPath(hash))) })),
      ]),
    );
  }

  private listPath(hash: string): string {
    return join(this.folder, 'versions', `list-${hash}.bin`);
  }

  /** What was switched in this folder; when nothing was, the newest bundle that came with the program judges. */
  private switches(): TenantSwitch[] {
    const { entries } = new SwitchJournal(this.folder);
    if (entries.length > 0) return switchesOf(entries);
    const champion = new BundleCatalogue(this.folder).newestShipped;
    return champion === undefined ? [] : [{ tenant: ALL_TENANTS, from: BEGINNING, champion, challenger: '' }];
  }

  private path(name: string): string {
    return join(this.folder, 'versions', `${name}.json`);
  }
}

/** Processes that start together may all write it: each its own file, the last one takes the name; they hold the same. */
function keepOnce(path: string, content: string | Uint8Array): void {
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  writeDurably(own, content);
  renameSync(own, path);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
