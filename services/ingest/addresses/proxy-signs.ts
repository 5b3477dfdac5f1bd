import { type AddressBook, FACT } from './address-book.ts';

/** A peer, with what its requests carried. */
export interface PeerSigns {
  address: string;
  /** in the tenant's own networks */
  internal: boolean;
  events: number;
  /** of these, requests whose account is their address */
  anonymous: number;
  /** of these events, those in which X-Forwarded-For and the like name somebody else, and are not believed */
  reported: number;
}

/** What the clients' addresses say of proxies in front. */
export interface ProxyReport {
  /** requests with an address */
  events: number;
  anonymous: number;
  /** the addresses with most of them, at most 8; of a log with more than 256 none */
  peers: PeerSigns[];
  /** addresses, up to 257 */
  distinct: number;
  /** reports of the client in the order in which they are asked, with the requests whose client they named */
  believed: { report: string; events: number }[];
}

const MOST_PEERS = 256;
const SHOWN_PEERS = 8;
const decoder = new TextDecoder();

/** Counts requests by peer while these are few: a log whose clients are all one or two is a log behind a proxy. */
export class ProxySigns {
  private readonly addresses: AddressBook;
  private readonly peers = new Map<number, PeerSigns>();
  private events = 0;
  private anonymous = 0;
  private many = false;
  private last = -1;
  private lastPeer: PeerSigns | undefined;

  constructor(addresses: AddressBook) {
    this.addresses = addresses;
  }

  /** @param address id in the address book, whose text may change only after `end` */
  take(address: number, anonymous: boolean, reported: boolean): void {
    this.events++;
    if (anonymous) this.anonymous++;
    if (this.many) return;
    if (address !== this.last) {
      this.last = address;
      this.lastPeer = this.peers.get(address) ?? this.enter(address);
    }
    const peer = this.lastPeer;
    if (peer === undefined) return;
    peer.events++;
    if (anonymous) peer.anonymous++;
    if (reported) peer.reported++;
  }

  private enter(address: number): PeerSigns | undefined {
    if (this.peers.size >= MOST_PEERS) {
      this.end();
      return undefined;
    }
    const { addresses } = this;
    const text = decoder.decode(addresses.pool.bytesOf(address));
    const peer = { address: text, internal: addresses.fact(address, FACT.internal) === 1, events: 0, anonymous: 0, reported: 0 };
    this.peers.set(address, peer);
    return peer;
  }

  /** There are many addresses: from here on only the sums are counted. */
  end(): void {
    this.many = true;
    this.peers.clear();
  }

  report(believed: ProxyReport['believed']): ProxyReport {
    const peers = [...this.peers.values()].sort((a, b) => b.events - a.events || (a.address < b.address ? -1 : 1));
    const distinct = this.many ? MOST_PEERS + 1 : peers.length;
    return { events: this.events, anonymous: this.anonymous, peers: peers.slice(0, SHOWN_PEERS), distinct, believed };
  }
}
