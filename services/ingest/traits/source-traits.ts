import { FLAG } from '../../core/batch.ts';
import type { AddressLists, Listing } from '../addresses/address-lists.ts';
import type { AddressData } from '../addresses/addresses.ts';
import type { IpAddress } from '../addresses/ip-address.ts';
import { NETWORK_KIND } from '../addresses/network-kinds.ts';
import { dayAt, NEVER } from '../addresses/network-table.ts';

/** Words an id has. */
const WORDS = 4;

/** FLAG bits of a kind of network. */
function flagOf(kind: number): number {
  return kind === NETWORK_KIND.hosting ? FLAG.hosting : kind === NETWORK_KIND.mobile ? FLAG.mobile : 0;
}

/**
 * What is known of the addresses of one tenant beside country and network: kind of network, and the lists that have
 * them. Addresses go by the ids of the address book; what an id says is worked out once, and again only for those whose
 * entry in a list ends.
 */
export class SourceTraits {
  private readonly lists: AddressLists;
  private readonly data: AddressData;
  /** by id, WORDS each: flags, companies of crawlers, first day of these, first day on which they are others */
  private words = new Uint32Array(1024 * WORDS);
  /** by id, for those that are in a list that ends: the kind's flags, then its memberships */
  private readonly ending = new Map<number, readonly number[]>();

  constructor(lists: AddressLists, data: AddressData) {
    this.lists = lists;
    this.data = data;
  }

  /** Forgets all ids. */
  reset(): void {
    this.ending.clear();
  }

  /** An address that the book has just taken in. `internal`: it lies in the tenant's own networks, of whose kind nothing is said. */
  enter(id: number, address: IpAddress, asn: number, internal: boolean): void {
    if (WORDS * (id + 1) > this.words.length) {
      const wider = new Uint32Array(Math.max(this.words.length * 2, WORDS * (id + 1)));
      wider.set(this.words);
      this.words = wider;
    }
    const kind = internal ? 0 : flagOf(this.data.kind(address, asn));
    const memberships = this.lists.size === 0 ? [] : this.lists.memberships(address);
    if (memberships.some((until, i) => i % 2 === 1 && until !== NEVER)) this.ending.set(id, [kind, ...memberships]);
    else this.ending.delete(id);
    this.put(id, kind, this.lists.on(0, memberships));
  }

  private put(id: number, kind: number, { flags, crawlers, from, until }: Listing): void {
    const at = WORDS * id;
    this.words[at] = kind | flags;
    this.words[at + 1] = crawlers;
    this.words[at + 2] = from;
    this.words[at + 3] = until;
  }

  /** FLAG bits of an event from this address at this time, whose agent says that it is this crawler (crawlers.ts; 0: none). */
  flags(id: number, at: number, crawler: number, asn: number): number {
    const { words } = this;
    const word = WORDS * id;
    if (words[word + 3] !== NEVER || words[word + 2] !== 0) this.turnTo(id, dayAt(at));
    const flags = words[word];
    return crawler === 0 ? flags : flags | this.lists.crawlerFlags(crawler, words[word + 1], asn, flags, at);
  }

  /** What is said of an id is what lists say on this day. */
  private turnTo(id: number, day: number): void {
    const word = WORDS * id;
    if (day >= this.words[word + 2] && (day < this.words[word + 3] || this.words[word + 3] === NEVER)) return;
    const [kind, ...memberships] = this.ending.get(id) ?? [0];
    this.put(id, kind, this.lists.on(day, memberships));
  }
}
