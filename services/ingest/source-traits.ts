import { FLAG } from '../core/batch.ts';
import type { AddressLists, Listing } from './address-lists.ts';
import type { AddressData } from './addresses.ts';
import type { IpAddress } from './ip-address.ts';
import { NETWORK_KIND } from './network-kinds.ts';
import { dayAt, NEVER } from './network-table.ts';

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
  /** by id: flags, companies of crawlers, day until which these hold; 3 words each */
  private words = new Uint32Array(1024 * 3);
  /** by id, for those that are in a list that ends */
  private readonly ending = new Map<number, number[]>();

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
    if (3 * id + 2 >= this.words.length) {
      const wider = new Uint32Array(Math.max(this.words.length * 2, 3 * id + 3));
      wider.set(this.words);
      this.words = wider;
    }
    const kind = internal ? 0 : flagOf(this.data.kind(address, asn));
    const memberships = this.lists.size === 0 ? [] : this.lists.memberships(address);
    this.ending.delete(id);
    const ends = memberships.some((until, i) => i % 2 === 1 && until !== NEVER);
    // one that ends is asked by the event's day: 0 holds for none
    const listing = ends ? { flags: 0, crawlers: 0, until: 0 } : this.lists.on(0, memberships);
    if (ends) this.ending.set(id, [kind, ...memberships]);
    this.words[3 * id] = kind | listing.flags;
    this.words[3 * id + 1] = listing.crawlers;
    this.words[3 * id + 2] = listing.until;
  }

  /** FLAG bits of an event from this address at this time, whose agent says that it is this crawler (crawlers.ts; 0: none). */
  flags(id: number, at: number, crawler: number, asn: number): number {
    const at3 = 3 * id;
    let flags = this.words[at3];
    let crawlers = this.words[at3 + 1];
    if (this.words[at3 + 2] !== NEVER) {
      const ended = this.listed(id, at);
      flags = ended.flags;
      crawlers = ended.crawlers;
    }
    return crawler === 0 ? flags : flags | this.lists.crawlerFlags(crawler, crawlers, asn, flags, at);
  }

  private listed(id: number, at: number): Listing {
    const [kind, ...memberships] = this.ending.get(id) ?? [0];
    const listing = this.lists.on(dayAt(at), memberships);
    return { ...listing, flags: listing.flags | kind };
  }
}
