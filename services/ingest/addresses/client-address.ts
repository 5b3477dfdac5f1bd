import type { ADDRESS_FIELDS } from '../../../schemas/config.ts';
import { type FieldName, SLOT } from '../fields.ts';
import { hexDigit, KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import { type AddressBook, FACT } from './address-book.ts';
import { forwardedFor, forwardedStart } from './forwarded-header.ts';

/** A report of the client's address; `address_from` of a source. */
export type AddressReport = (typeof ADDRESS_FIELDS)[number];

/** Field of a record that holds each report. */
const FIELD_OF: Record<AddressReport, FieldName> = {
  x_forwarded_for: 'forwarded',
  forwarded: 'forwarded_header',
  x_real_ip: 'x_real_ip',
  cf_connecting_ip: 'cf_connecting_ip',
  true_client_ip: 'true_client_ip',
  proxy_protocol_addr: 'proxy_protocol_addr',
};

const REPORTS = Object.values(FIELD_OF).map((field) => SLOT[field]);

/** Hops of one list that are looked at: nobody has so many proxies, and a list may be as long as a header. */
const MOST_HOPS = 64;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** What nginx logs for a peer on a Unix socket: a process of the same machine. */
const UNIX = new TextEncoder().encode('unix:');
const LOOPBACK = new TextEncoder().encode('127.0.0.1');

export interface ClientAddressConfig {
  /** `trusted_proxies` names some: a report is believed when the peer is one of these */
  trusts: boolean;
  /** `proxy_hops`: entries of a list that are our proxies'; 0: not given */
  hops: number;
  /** reports in the order of preference; left out: X-Forwarded-For */
  order?: readonly AddressReport[];
}

/**
 * The client of a request: the peer of the connection, or whom the proxies in front report. Nobody's report is believed
 * unless the peer is a trusted proxy; or, where the proxies' addresses are not known, `hops` says that some stand there.
 * Each trusted hop vouches for the address that it appended, nothing vouches for more: a list is walked from the right
 * over trusted proxies, and the first that is none is the client; with `hops`, that entry from the right. An entry that is
 * no address, or empty, ends the walk at the hop that reported it. A report that names no address leaves it to the next one of the
 * order, and in the end to the peer.
 */
export class ClientAddress {
  private readonly view: RecordView;
  private readonly addresses: AddressBook;
  private readonly hops: number;
  private readonly reports: readonly { slot: number; report: AddressReport }[];
  private readonly trusts: boolean;
  /** requests whose client each report named */
  private readonly believed: Float64Array;
  /** nobody is believed, and the record in hand reports somebody else than its peer */
  reported = false;
  /** of a list in the place of the peer: where the hops before the last one end; -1 without them */
  private hopsEnd = -1;

  constructor(view: RecordView, addresses: AddressBook, config: ClientAddressConfig) {
    this.view = view;
    this.addresses = addresses;
    this.trusts = config.trusts;
    this.hops = config.hops;
    this.reports =
      config.trusts || config.hops > 0
        ? (config.order ?? ['x_forwarded_for']).map((report) => ({ report, slot: SLOT[FIELD_OF[report]] }))
        : [];
    this.believed = new Float64Array(this.reports.length);
  }

  /** Reports in the order in which they are asked, with the requests whose client they named. */
  outcome(): { report: string; events: number }[] {
    return this.reports.map(({ report }, i) => ({ report, events: this.believed[i] }));
  }

  /** Id of the client's address in the address book; -1 when the record names none, or one that is no address. */
  find(): number {
    const { view, addresses } = this;
    const { starts, ends, kinds, workspace } = view;
    let peer = -1;
    this.hopsEnd = -1;
    if (kinds[SLOT.address] !== KIND.absent) {
      peer = addresses.find(workspace, starts[SLOT.address], ends[SLOT.address]);
      if (peer < 0) peer = this.sameMachine();
      if (peer < 0) peer = this.lastOfList();
      if (peer < 0) return -1;
    }
    if (this.reports.length === 0) {
      this.reported = peer >= 0 && this.saysOther();
      return peer;
    }
    if (this.trusts && (peer < 0 || addresses.fact(peer, FACT.trusted) === 0)) return peer;
    for (let i = 0; i < this.reports.length; i++) {
      const { slot, report } = this.reports[i];
      const isAbsent = kinds[slot] !== KIND.text;
      if (isAbsent && (this.hopsEnd < 0 || report !== 'x_forwarded_for')) continue;
      if (!isAbsent && workspace.bytes.subarray(starts[slot], ends[slot]).includes(BACKSLASH)) this.plain(slot);
      const start = starts[isAbsent ? SLOT.address : slot];
      const end = isAbsent ? this.hopsEnd : ends[slot];
      const client =
        report === 'x_forwarded_for'
          ? this.list(start, end, entryStart, undefined)
          : report === 'forwarded'
            ? this.list(start, end, forwardedStart, forwardedFor)
            : addresses.find(workspace, start, end);
      if (client < 0) continue;
      this.believed[i]++;
      return client;
    }
    return peer;
  }

  /**
   * Makes bytes of what is left of a gateway's `\\xHH`: a client can keep a whole value from being read as text with one byte
   * that is none, and what proxies put behind it has to be read all the same. Control characters become spaces.
   */
  private plain(slot: number): void {
    const { starts, ends, workspace } = this.view;
    const { bytes } = workspace;
    if (!workspace.hasRoom(ends[slot] - starts[slot])) return;
    const from = workspace.scratch;
    for (let i = starts[slot]; i < ends[slot]; i++) {
      let c = bytes[i];
      if (c === BACKSLASH && bytes[i + 1] === 0x78 && hexDigit(bytes[i + 2]) >= 0 && hexDigit(bytes[i + 3]) >= 0 && i + 3 < ends[slot]) {
        c = (hexDigit(bytes[i + 2]) << 4) | hexDigit(bytes[i + 3]);
        if (c < 0x20) c = 0x20;
        i += 3;
      }
      bytes[workspace.scratch++] = c;
    }
    starts[slot] = from;
    ends[slot] = workspace.scratch;
  }

  /** Whether some report ends with another text than the peer's. */
  private saysOther(): boolean {
    const { kinds, starts, ends, workspace } = this.view;
    const { bytes } = workspace;
    for (const slot of REPORTS) {
      if (kinds[slot] !== KIND.text) continue;
      let from = ends[slot];
      while (from > starts[slot] && bytes[from - 1] !== COMMA && bytes[from - 1] !== 0x20) from--;
      const peer = starts[SLOT.address];
      let i = 0;
      while (from + i < ends[slot] && bytes[from + i] === bytes[peer + i]) i++;
      // what is left of the peer's text may be its port
      if (from + i < ends[slot] || (peer + i < ends[SLOT.address] && bytes[peer + i] !== 0x3a)) return true;
    }
    return false;
  }

  /** The peer is a process of the same machine: loopback stands for it. -1: it is not. */
  private sameMachine(): number {
    const { starts, ends, workspace } = this.view;
    const start = starts[SLOT.address];
    if (ends[SLOT.address] - start !== UNIX.length || UNIX.some((byte, i) => workspace.bytes[start + i] !== byte)) return -1;
    const from = workspace.put(LOOPBACK, 0, LOOPBACK.length);
    return this.addresses.find(workspace, from, workspace.scratch);
  }

  /**
   * Some gateways log X-Forwarded-For in the place of the peer (Traefik): the last entry is the peer, so far as anybody knows, and those
   * before it are what it reports. -1: it is no list that ends with an address.
   */
  private lastOfList(): number {
    const { kinds, starts, ends, workspace } = this.view;
    if (kinds[SLOT.address] !== KIND.text) return -1;
    const start = starts[SLOT.address];
    const from = entryStart(workspace.bytes, start, ends[SLOT.address]);
    if (from === start) return -1;
    const peer = this.addresses.find(workspace, from, ends[SLOT.address]);
    if (peer >= 0) this.hopsEnd = from - 1;
    return peer;
  }

  /**
   * Walks a list from its right end. `startOf` finds where the entry that ends at `to` begins, `narrow` the span of the
   * address in an entry. -1: the first entry is no address.
   */
  private list(start: number, end: number, startOf: typeof entryStart, narrow: typeof forwardedFor | undefined): number {
    const { addresses, hops } = this;
    const { workspace } = this.view;
    const { bytes } = workspace;
    let id = -1;
    let count = 0;
    for (let to = end; to > start && count < MOST_HOPS; ) {
      const from = startOf(bytes, start, to);
      const span = narrow === undefined ? { start: from, end: to } : narrow(bytes, from, to);
      const hop = span === undefined ? -1 : addresses.find(workspace, span.start, span.end);
      to = from - 1;
      count++;
      if (hops > 0) {
        if (hop >= 0) id = hop;
        if (count === hops) return id;
      } else {
        if (hop < 0) return id;
        id = hop;
        if (addresses.fact(hop, FACT.trusted) === 0) return id;
      }
    }
    return id;
  }
}

/** Start of the entry of a comma-separated list that ends at `to`. */
function entryStart(bytes: Uint8Array, start: number, to: number): number {
  let from = to;
  while (from > start && bytes[from - 1] !== COMMA) from--;
  return from;
}
