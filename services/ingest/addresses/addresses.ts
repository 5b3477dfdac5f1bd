import type { IpAddress } from './ip-address.ts';
import { kindOfNetwork, NETWORK_KIND } from './network-kinds.ts';

/**
 * Disjoint ascending ranges of addresses with a value each (0: unknown): range i is [start i, start i+1).
 * IPv6 by its upper 64 bits, as two words: what is announced or assigned is never finer.
 */
export interface RangeTable {
  v4Starts: Uint32Array;
  v4Values: Uint32Array;
  v6High: Uint32Array;
  v6Low: Uint32Array;
  v6Values: Uint32Array;
}

/**
 * What is known of addresses: plain typed arrays, on shared memory where the loader made it so. A worker gets the same
 * object through `workerData` or a message without a copy.
 */
export interface AddressTables {
  /** two letters packed, c0 << 8 | c1 */
  country: RangeTable;
  /** autonomous system number */
  asn: RangeTable;
  /** kind of network (NETWORK_KIND) that the operator gave to prefixes; it wins over what the AS number says */
  kind?: RangeTable;
  /** kinds of networks by AS number, from their organisations' names; left out: by number alone */
  kindsOfAsn?: AsnKinds;
  /** where the tables come from, for messages */
  origin: string;
}

/** AS numbers whose kind is known, ascending, with it (NETWORK_KIND). */
export interface AsnKinds {
  numbers: Uint32Array;
  kinds: Uint8Array;
}

/** Country, network and kind of network of addresses. */
export class AddressData {
  readonly tables: AddressTables;

  constructor(tables: AddressTables) {
    this.tables = tables;
  }

  /** Country as two letters packed, 0 unknown. */
  country(address: IpAddress): number {
    return lookUp(this.tables.country, address) & 0xffff;
  }

  /** Autonomous system number, 0 unknown. */
  asn(address: IpAddress): number {
    return lookUp(this.tables.asn, address);
  }

  /** Kind of network (NETWORK_KIND) of an address with this AS number. */
  kind(address: IpAddress, asn: number): number {
    const { kind, kindsOfAsn } = this.tables;
    const own = kind === undefined ? NETWORK_KIND.unknown : lookUp(kind, address);
    if (own !== NETWORK_KIND.unknown || asn === 0) return own;
    if (kindsOfAsn === undefined) return kindOfNetwork(asn);
    const at = lastNotAbove(kindsOfAsn.numbers, asn);
    return at >= 0 && kindsOfAsn.numbers[at] === asn ? kindsOfAsn.kinds[at] : NETWORK_KIND.unknown;
  }
}

const EMPTY: RangeTable = {
  v4Starts: new Uint32Array(0),
  v4Values: new Uint32Array(0),
  v6High: new Uint32Array(0),
  v6Low: new Uint32Array(0),
  v6Values: new Uint32Array(0),
};

/** Address data that knows nothing. */
export const NO_ADDRESS_DATA = new AddressData({ country: EMPTY, asn: EMPTY, origin: 'none' });

function lookUp(table: RangeTable, address: IpAddress): number {
  const w = address.words;
  if (address.family === 4) return valueAt(table.v4Values, lastNotAbove(table.v4Starts, w[3]));
  if (address.family === 6) {
    const { v6High, v6Low } = table;
    let low = 0;
    let high = v6High.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const above = v6High[middle] > w[0] || (v6High[middle] === w[0] && v6Low[middle] > w[1]);
      if (above) high = middle;
      else low = middle + 1;
    }
    return valueAt(table.v6Values, low - 1);
  }
  return 0;
}

function valueAt(values: Uint32Array, index: number): number {
  return index < 0 ? 0 : values[index];
}

/** Index of the last element <= value in an ascending array, -1 when all are above. */
function lastNotAbove(starts: Uint32Array, value: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}
