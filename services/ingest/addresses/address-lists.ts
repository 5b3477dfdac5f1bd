import type { ListKind } from '../../../schemas/config.ts';
import { FLAG } from '../../core/batch.ts';
import { companiesOf, companyOf, isFakeCrawler } from '../traits/crawlers.ts';
import type { IpAddress } from './ip-address.ts';
import { dayAt, NEVER, type NetworkTable, untilOf } from './network-table.ts';

/** One list of a tenant as stages take it: plain data on shared memory. */
export interface AddressListTable {
  name: string;
  kind: ListKind;
  table: NetworkTable;
  /** day from which on nothing of it holds; NEVER: none (network-table.ts) */
  until: number;
}

/** What a kind of list says of an event from an address in it; crawlers' lists speak only where the agent says that it is one. */
const SAYS: Readonly<Record<ListKind, number>> = {
  own: FLAG.own | FLAG.internalSource,
  partner: FLAG.partner,
  bastion: FLAG.bastion | FLAG.internalSource,
  crawler: 0,
  hosting: FLAG.hosting,
  mobile: FLAG.mobile,
  threat: FLAG.threat,
};

/** What the lists say of one address, and on which days they say it. */
export interface Listing {
  /** FLAG bits */
  flags: number;
  /** companies whose crawlers' lists have it, as bits (crawlers.ts) */
  crawlers: number;
  /** first day, and the first on which it is otherwise; NEVER: it stays */
  from: number;
  until: number;
}

/** A tenant's lists of addresses. What they say of an event depends on the address and the event's own time alone. */
export class AddressLists {
  private readonly lists: readonly (AddressListTable & { companies: number })[];
  /** by company: day until which a list of its own holds; 0: it has none */
  private readonly ownUntil: number[] = [];

  constructor(lists: readonly AddressListTable[]) {
    this.lists = lists.map((list) => ({ ...list, companies: list.kind === 'crawler' ? companiesOf(list.name).bits : 0 }));
    for (const { name, kind, until } of lists) {
      const { bits, named } = companiesOf(name);
      if (kind !== 'crawler' || !named) continue;
      for (let company = 1; bits >>> company > 0; company++)
        if ((bits >>> company) & 1) this.ownUntil[company] = Math.max(this.ownUntil[company] ?? 0, until);
    }
  }

  get size(): number {
    return this.lists.length;
  }

  /** Lists that have an address now or had it before: number of the list and the day until which it does, one after the other. */
  memberships(address: IpAddress): number[] {
    const found: number[] = [];
    this.lists.forEach(({ table }, i) => {
      const until = untilOf(table, address);
      if (until > 0) found.push(i, until);
    });
    return found;
  }

  /** What `memberships` come to on a day. */
  on(day: number, memberships: readonly number[]): Listing {
    const listing: Listing = { flags: 0, crawlers: 0, from: 0, until: NEVER };
    for (let i = 0; i < memberships.length; i += 2) {
      const until = memberships[i + 1];
      if (until !== NEVER && until <= day) {
        listing.from = Math.max(listing.from, until);
        continue;
      }
      const { kind, companies } = this.lists[memberships[i]];
      listing.flags |= SAYS[kind];
      listing.crawlers |= companies;
      listing.until = Math.min(listing.until, until);
    }
    return listing;
  }

  /**
   * FLAG bits for an event whose agent says that it is a crawler: `crawler` where a list of its company has the address,
   * `fakeCrawler` where it cannot be one. A tenant's own addresses may say what they like: they test.
   * @param listed companies whose lists have the address, as bits
   */
  crawlerFlags(crawler: number, listed: number, asn: number, flags: number, at: number): number {
    const company = companyOf(crawler);
    if ((listed >>> company) & 1) return FLAG.crawler;
    if (flags & (FLAG.internalSource | FLAG.partner)) return 0;
    const ownUntil = this.ownUntil[company] ?? 0;
    const hasOwn = ownUntil === NEVER || ownUntil > dayAt(at);
    return isFakeCrawler(crawler, hasOwn, asn) ? FLAG.fakeCrawler : 0;
  }
}

/** No lists. */
export const NO_LISTS = new AddressLists([]);
