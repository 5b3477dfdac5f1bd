import { hash32, sipHash } from '../core/hash.ts';
import { keyGroup, partitionOf } from '../core/key-groups.ts';
import type { AddressData } from './addresses.ts';
import { putHex } from './hashed-pool.ts';
import { ByteInterner, widen } from './interner.ts';
import { IpAddress, ipText, type NetworkList, parseIp, prefixHash } from './ip-address.ts';
import { TextPool } from './text-pool.ts';
import type { Workspace } from './workspace.ts';

const MAX_ADDRESSES = 1 << 17;
/** Facts of an address; `partition`: the account partition of an anonymous event from it. */
export const FACT = { asn: 0, country: 1, prefix: 2, internal: 3, trusted: 4, partition: 5, hash: 6 } as const;
export const FACTS = 8;
const encoder = new TextEncoder();

export interface AddressBookConfig {
  internal: NetworkList;
  trusted: NetworkList;
  data: AddressData;
  partitions: number;
  seed: number;
  /** hash key when addresses are not stored readable */
  hashKey?: Uint32Array;
}

/** Client addresses and what is known of each, worked out once an address: ids key the columns below. */
export class AddressBook {
  readonly pool: TextPool;
  private readonly config: AddressBookConfig;
  private readonly raw: ByteInterner;
  private rawTo = new Int32Array(512);
  private readonly address = new IpAddress();
  private readonly words = new Uint32Array(2);
  /** what is known by id: field f of address i is facts[i * FACTS + f] (one cache line an address) */
  facts = new Uint32Array(512 * FACTS);

  constructor(config: AddressBookConfig) {
    this.config = config;
    this.pool = new TextPool(MAX_ADDRESSES, config.seed, config.partitions);
    this.raw = new ByteInterner(MAX_ADDRESSES * 2, config.seed);
  }

  /** Forgets everything when full. Call between records. */
  makeRoom(): void {
    if (!this.raw.full && !this.pool.ids.full) return;
    this.raw.reset();
    this.pool.reset();
  }

  /**
   * Id of the address written in a span: IPv4 or IPv6, with or without port, brackets, quotes, spaces around.
   * -1 when it is none.
   */
  find(workspace: Workspace, start: number, end: number): number {
    const bytes = workspace.bytes;
    while (start < end && (bytes[start] === 0x20 || bytes[start] === 0x22)) start++;
    while (end > start && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0x22)) end--;
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
    const rawId = this.raw.intern(workspace.view, start, end);
    if (rawId >= this.rawTo.length) this.rawTo = widen(this.rawTo);
    if (this.raw.lastIsNew) this.rawTo[rawId] = this.enter(bytes, start, end);
    return this.rawTo[rawId];
  }

  private enter(bytes: Uint8Array, start: number, end: number): number {
    const { config, address } = this;
    if (!parseIp(bytes, start, end, address)) return -1;
    let text = ipText(address);
    if (config.hashKey !== undefined) {
      const plain = encoder.encode(text);
      sipHash(config.hashKey, plain, 0, plain.length, this.words);
      const hex = new Uint8Array(16);
      putHex(this.words, hex, 0);
      text = new TextDecoder().decode(hex);
    }
    const id = this.pool.internText(text);
    while ((id + 1) * FACTS > this.facts.length) this.facts = widen(this.facts);
    const { facts } = this;
    const at = id * FACTS;
    const internal = config.internal.has(address);
    facts[at + FACT.internal] = internal ? 1 : 0;
    facts[at + FACT.trusted] = config.trusted.size > 0 && config.trusted.has(address) ? 1 : 0;
    facts[at + FACT.country] = internal ? 0 : config.data.country(address);
    facts[at + FACT.asn] = internal ? 0 : config.data.asn(address);
    facts[at + FACT.prefix] = prefixHash(address);
    const { arena } = this.pool.ids;
    const from = this.pool.ids.start(id);
    const to = this.pool.ids.end(id);
    facts[at + FACT.partition] = partitionOf(keyGroup(arena, from, to), config.partitions);
    facts[at + FACT.hash] = hash32(arena, from, to);
    return id;
  }

  /**
   * The client behind trusted proxies: the peer, or where that is a trusted proxy the last address of X-Forwarded-For
   * that is none (each trusted hop vouches for the address that it appended, nothing vouches for more). A hop that is
   * no address ends the walk at the hop that reported it. -1 when the peer is no address.
   */
  client(workspace: Workspace, peerStart: number, peerEnd: number, listStart: number, listEnd: number): number {
    let id = this.find(workspace, peerStart, peerEnd);
    if (id < 0 || this.facts[id * FACTS + FACT.trusted] === 0) return id;
    const bytes = workspace.bytes;
    let end = listEnd;
    while (end > listStart) {
      let start = end;
      while (start > listStart && bytes[start - 1] !== 0x2c) start--;
      const hop = this.find(workspace, start, end);
      if (hop < 0) return id;
      id = hop;
      if (this.facts[hop * FACTS + FACT.trusted] === 0) return hop;
      end = start - 1;
    }
    return id;
  }
}

/** Nothing, or a colon and digits. */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  if (bytes[start] !== 0x3a || end - start > 6 || end - start < 2) return false;
  for (let i = start + 1; i < end; i++) if (bytes[i] < 0x30 || bytes[i] > 0x39) return false;
  return true;
}
