import type { Random } from './random.ts';
import { fraction } from './random.ts';

export type NetworkKind = 'home' | 'mobile' | 'hosting' | 'office';

/** A public prefix of a real provider, so that country and network lookups say what they would say of real users. */
export interface Prefix {
  country: string;
  kind: NetworkKind;
  base: number;
  bits: number;
}

const TABLE = `
CN home 116.224.0.0/12 123.112.0.0/12 222.64.0.0/13 180.152.0.0/13 114.80.0.0/12 58.208.0.0/12 113.96.0.0/12 27.184.0.0/13 60.176.0.0/12
CN mobile 117.128.0.0/10 223.104.0.0/14 39.128.0.0/10 120.224.0.0/12
CN hosting 39.96.0.0/13 47.92.0.0/14 121.40.0.0/14 139.196.0.0/16
CN office 210.72.0.0/14 61.128.0.0/12
DE home 79.192.0.0/10 87.128.0.0/11 93.192.0.0/10 88.64.0.0/12 178.0.0.0/12 77.176.0.0/13
DE mobile 109.40.0.0/13 80.187.64.0/18 46.114.0.0/15 176.0.0.0/13
DE hosting 116.202.0.0/16 88.198.0.0/16 78.46.0.0/15 138.201.0.0/16
DE office 62.156.0.0/15 217.0.0.0/13
US home 73.0.0.0/8 67.160.0.0/11 71.96.0.0/12 98.192.0.0/11 24.16.0.0/13 107.192.0.0/11 99.0.0.0/11 72.64.0.0/12
US mobile 172.32.0.0/11 174.192.0.0/10 107.64.0.0/11 172.56.0.0/14 166.128.0.0/9
US hosting 165.22.0.0/20 134.209.32.0/19 104.236.0.0/16 45.33.0.0/17
US office 12.0.0.0/9 63.224.0.0/12
GB home 86.128.0.0/11 81.128.0.0/12 90.192.0.0/12 82.0.0.0/12 94.0.0.0/12
GB mobile 82.132.224.0/19 94.196.0.0/15
GB hosting 178.62.0.0/17
GB office 62.6.0.0/15 213.120.0.0/14
FR home 90.0.0.0/11 86.192.0.0/11 82.224.0.0/12
FR mobile 92.184.96.0/19 77.192.0.0/13 176.128.0.0/11
FR hosting 51.254.0.0/16
JP home 126.0.0.0/10 118.0.0.0/12 153.128.0.0/10 114.144.0.0/12 60.32.0.0/12
JP mobile 106.128.0.0/12 1.72.0.0/13 49.96.0.0/13
JP office 210.128.0.0/11 202.32.0.0/14
BR home 177.32.0.0/13 179.96.0.0/13
BR mobile 187.68.0.0/14
IN home 117.192.0.0/11 59.88.0.0/13 122.160.0.0/12 106.51.0.0/16
IN mobile 49.32.0.0/12 157.32.0.0/12 106.192.0.0/11 27.56.0.0/13
SG home 116.86.0.0/15 121.6.0.0/15
SG mobile 111.65.0.0/17
SG hosting 128.199.64.0/18 139.59.224.0/19
AU home 101.160.0.0/11 120.144.0.0/12 110.20.0.0/14
AU mobile 1.120.0.0/13 49.176.0.0/12
NL home 77.160.0.0/12 84.24.0.0/13 83.80.0.0/13
NL hosting 188.166.0.0/17 146.185.128.0/18
VN home 14.160.0.0/11 113.160.0.0/12 171.224.0.0/11
ID home 36.64.0.0/11 114.120.0.0/13
RU home 95.24.0.0/13 178.64.0.0/13 176.192.0.0/14
ES home 83.32.0.0/11 88.0.0.0/11 79.144.0.0/12
IT home 79.0.0.0/10 93.32.0.0/12
TR home 78.160.0.0/11 88.224.0.0/11 85.96.0.0/12
TH home 171.96.0.0/13 125.24.0.0/14 49.228.0.0/14
PH home 112.198.0.0/16 49.144.0.0/13 119.92.0.0/14
NG mobile 105.112.0.0/12 102.88.0.0/13 197.210.0.0/16
`;

function parseTable(): readonly Prefix[] {
  const prefixes: Prefix[] = [];
  for (const line of TABLE.trim().split('\n')) {
    const [country, kind, ...blocks] = line.split(' ');
    for (const block of blocks) {
      const [address, bits] = block.split('/');
      prefixes.push({ country, kind: kind as NetworkKind, base: addressNumber(address), bits: Number(bits) });
    }
  }
  return prefixes;
}

/** Dotted text of a 32-bit address. */
export function addressText(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** 32-bit number of a dotted address. */
export function addressNumber(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** All prefixes, for checks. */
export const PREFIXES: readonly Prefix[] = parseTable();

/** Countries that have home networks, for travellers, attackers and customers abroad. */
export const COUNTRIES: readonly string[] = [
  ...new Set(PREFIXES.filter((prefix) => prefix.kind === 'home').map((prefix) => prefix.country)),
];

/** A block (/18 to /22) of one provider: customers of a town. */
export interface Block {
  country: string;
  kind: NetworkKind;
  base: number;
  bits: number;
}

/** Prefixes of a country and kind; falls back to its homes, then to all homes. */
function prefixesOf(country: string, kind: NetworkKind): readonly Prefix[] {
  const exact = PREFIXES.filter((prefix) => prefix.country === country && prefix.kind === kind);
  if (exact.length > 0) return exact;
  const same = PREFIXES.filter((prefix) => prefix.kind === kind);
  const homes = PREFIXES.filter((prefix) => prefix.country === country && prefix.kind === 'home');
  return kind === 'hosting' ? same : homes.length > 0 ? homes : same;
}

/** Draws a block of `bits` bits (18 = a town of 16,384 addresses). */
export function drawBlock(random: Random, country: string, kind: NetworkKind, bits: number): Block {
  const prefix = random.pick(prefixesOf(country, kind));
  const wanted = Math.max(bits, prefix.bits);
  const slots = 2 ** (wanted - prefix.bits);
  return { country: prefix.country, kind, base: prefix.base + random.int(slots) * 2 ** (32 - wanted), bits: wanted };
}

/** The address number `index` of a block (never its first or last), any integer will do. */
export function addressIn(block: Block, index: number): string {
  const size = 2 ** (32 - block.bits) - 2;
  return addressText(block.base + 1 + Math.floor(fraction(block.base, index, 17) * size));
}

/** The networks that a tenant's people use: its towns, carriers and the places they travel to. */
export class NetworkMap {
  readonly country: string;
  readonly homes: Block[] = [];
  readonly carriers: Block[] = [];
  readonly offices: Block[] = [];
  readonly hosting: Block[] = [];
  private readonly abroad = new Map<string, Block[]>();
  private readonly exponent: number;
  /** addresses a carrier's region hands out for everyone in it */
  readonly natSize: number;

  /** shares of people's visits over mobile networks and over VPN exits */
  private readonly mobile: number;
  private readonly hops: number;

  constructor(random: Random, country: string, towns: number, mobile: number, hops: number) {
    this.country = country;
    this.mobile = mobile;
    this.hops = hops;
    this.exponent = random.range(0.3, 1.1);
    this.natSize = random.between(6, 60);
    for (let i = 0; i < towns; i++) this.homes.push(drawBlock(random, country, 'home', random.between(17, 20)));
    for (let i = 0; i < random.between(2, 6); i++) this.carriers.push(drawBlock(random, country, 'mobile', 22));
    for (let i = 0; i < random.between(2, 8); i++) this.offices.push(drawBlock(random, country, 'office', 26));
    for (let i = 0; i < 6; i++) this.hosting.push(drawBlock(random, random.pick([country, 'US', 'DE', 'NL', 'SG']), 'hosting', 22));
    for (const other of COUNTRIES) {
      if (other === country) continue;
      const blocks: Block[] = [];
      for (let i = 0; i < 5; i++) blocks.push(drawBlock(random, other, 'home', 19));
      this.abroad.set(other, blocks);
    }
  }

  /** A home town, common ones more often. */
  town(random: Random): Block {
    return this.homes[random.zipf(this.homes.length, this.exponent)];
  }

  townAbroad(random: Random, country: string): Block {
    return random.pick(this.abroad.get(country) ?? this.homes);
  }

  /** A home in one of the towns of customers. */
  customerAddress(random: Random): string {
    return addressIn(this.town(random), random.word());
  }

  /** An address of a carrier's NAT: `member` says which of its few public addresses. */
  carrierAddress(carrier: number, member: number): string {
    const block = this.carriers[carrier % this.carriers.length];
    return addressIn(block, Math.abs(member) % this.natSize);
  }

  otherCountry(random: Random): string {
    for (;;) {
      const country = random.pick(COUNTRIES);
      if (country !== this.country) return country;
    }
  }

  /**
   * An exit of a residential proxy as attackers rent them: in the towns and on the carriers of customers, some in other
   * towns of the country, `foreign` of them abroad. A few are VPN exits, which customers use too.
   */
  residential(random: Random, foreign = 0.05): string {
    if (random.chance(foreign)) return addressIn(this.townAbroad(random, this.otherCountry(random)), random.word());
    if (random.chance(this.mobile)) return this.carrierAddress(random.int(this.carriers.length), random.int(1 << 20));
    if (random.chance(this.hops)) return addressIn(random.pick(this.hosting), random.int(97));
    if (random.chance(0.15)) return addressIn(drawBlock(random, this.country, 'home', 19), random.word());
    return addressIn(this.town(random), random.word());
  }
}
