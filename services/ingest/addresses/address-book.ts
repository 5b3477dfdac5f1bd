import { hash32, sipHash } from '../../core/hash.ts';
import { keyGroup, partitionOf } from '../../core/key-groups.ts';
import { FactPool } from '../pools/fact-pool.ts';
import { putHex } from '../pools/hashed-pool.ts';
import type { Workspace } from '../records/workspace.ts';
import { SourceTraits } from '../traits/source-traits.ts';
import { type AddressLists, NO_LISTS } from './address-lists.ts';
import type { AddressData } from './addresses.ts';
import { IpAddress, ipText, type NetworkList, parseIp, prefixHash } from './ip-address.ts';

const MAX_ADDRESSES = 1 << 17;
/** Facts of an address; `partition`: the account partition of an anonymous event from it. */
export const FACT = { asn: 0, country: 1, prefix: 2, internal: 3, trusted: 4, partition: 5, hash: 6, canonical: 7 } as const;
const FACTS = 8;
/** `canonical` of a text that is no address. */
const NONE = 0xffffffff;
const encoder = new TextEncoder();

export interface AddressBookConfig {
  internal: NetworkList;
  trusted: NetworkList;
  data: AddressData;
  /** the tenant's lists of addresses; left out: none */
  lists?: AddressLists;
  partitions: number;
  seed: number;
  /** hash key when addresses are not stored readable */
  hashKey?: Uint32Array;
}

/**
 * Client addresses and what is known of each, worked out once. The pool holds the texts as they were logged as well as
 * the canonical ones (mostly the same): the fact `canonical` is the id of the latter.
 */
export class AddressBook {
  readonly pool: FactPool;
  /** kind of network and lists of each address, by id */
  readonly traits: SourceTraits;
  private readonly config: AddressBookConfig;
  private readonly address = new IpAddress();
  private readonly words = new Uint32Array(2);

  constructor(config: AddressBookConfig) {
    this.config = config;
    this.traits = new SourceTraits(config.lists ?? NO_LISTS, config.data);
    this.pool = new FactPool(MAX_ADDRESSES, config.seed, config.partitions, FACTS);
  }

  /** Forgets everything when full. Call between records. */
  makeRoom(): void {
    if (!this.pool.ids.full) return;
    this.pool.reset();
    this.traits.reset();
  }

  /**
   * Id of the address written in a span: IPv4 or IPv6, with or without port, brackets, quotes, spaces and tabs around.
   * -1 when it is none.
   */
  find(workspace: Workspace, start: number, end: number): number {
    const bytes = workspace.bytes;
    while (start < end && isAround(bytes[start])) start++;
    while (end > start && isAround(bytes[end - 1])) end--;
    if (bytes[start] === 0x5b) {
      let close = start + 1;
      while (close < end && bytes[close] !== 0x5d) close++;
      if (close === end || !isPort(bytes, close + 1, end)) return -1;
      start++;
      end = close;
    } else {
      let colons = 0;
      let colon = -1;
      for (let i = start; i < end; i++) {
        if (bytes[i] === 0x3a) {
          colons++;
          colon = i;
        }
      }
      if (colons === 1) {
        if (!isPort(bytes, colon, end)) return -1;
        end = colon;
      }
    }
    if (end - start < 2 || end - start > 64) return -1;
    const id = this.pool.ids.intern(workspace.view, start, end);
    if (this.pool.ids.lastIsNew) this.enter(id, bytes, start, end);
    const canonical = this.pool.fact(id, FACT.canonical);
    return canonical === NONE ? -1 : canonical;
  }

  /** A fact (of FACT) of an address. */
  fact(id: number, index: number): number {
    return this.pool.fact(id, index);
  }

  /** Works out what a new text is. */
  private enter(raw: number, bytes: Uint8Array, start: number, end: number): void {
    const { config, address, pool } = this;
    const known = parseIp(bytes, start, end, address);
    const id = known ? pool.internText(this.shown(ipText(address))) : NONE;
    pool.ids.entries[pool.factsAt(raw) + FACT.canonical] = id;
    if (!known) return;
    const { entries, arena } = pool.ids;
    const at = pool.factsAt(id);
    const from = pool.ids.start(id);
    const to = pool.ids.end(id);
    const internal = config.internal.has(address);
    entries[at + FACT.internal] = internal ? 1 : 0;
    entries[at + FACT.trusted] = config.trusted.size > 0 && config.trusted.has(address) ? 1 : 0;
    entries[at + FACT.country] = internal ? 0 : config.data.country(address);
    entries[at + FACT.asn] = internal ? 0 : config.data.asn(address);
    this.traits.enter(id, address, entries[at + FACT.asn], internal);
    entries[at + FACT.prefix] = prefixHash(address);
    entries[at + FACT.partition] = partitionOf(keyGroup(arena, from, to), config.partitions);
    entries[at + FACT.hash] = hash32(arena, from, to);
    // A hashed text is no address itself, should one ever be logged.
    entries[at + FACT.canonical] = config.hashKey === undefined ? id : NONE;
  }

  /** The text that stands for an address: itself, or its keyed hash. */
  private shown(text: string): string {
    if (this.config.hashKey === undefined) return text;
    const plain = encoder.encode(text);
    const hex = new Uint8Array(16);
    sipHash(this.config.hashKey, plain, 0, plain.length, this.words);
    putHex(this.words, hex, 0);
    return new TextDecoder().decode(hex);
  }
}

/** Space, tab, quote. */
function isAround(c: number): boolean {
  return c === 0x20 || c === 0x22 || c === 0x09;
}

/** Nothing, or a colon and digits. */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  if (bytes[start] !== 0x3a || end - start > 6 || end - start < 2) return false;
  for (let i = start + 1; i < end; i++) if (bytes[i] < 0x30 || bytes[i] > 0x39) return false;
  return true;
}
