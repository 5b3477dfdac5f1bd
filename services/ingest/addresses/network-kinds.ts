/** What kind of network an address belongs to; 0: not known. The operator's CSV writes these words in its column `kind`. */
export const NETWORK_KIND = { unknown: 0, hosting: 1, mobile: 2, education: 3, isp: 4 } as const;
export type NetworkKind = keyof typeof NETWORK_KIND;

/**
 * Networks (AS numbers) of companies that rent out machines. Curated by hand from the companies' own registrations (the
 * names are those of the packaged data) and their public documentation of address ranges; only networks that carry
 * customers' machines and hardly any people. Left out on purpose: content networks and relays through which people come
 * (Cloudflare, Akamai's and Fastly's edge, Apple), and Google's own network, from which its crawlers and staff come.
 */
const HOSTING = [
  16509,
  14618, // Amazon Web Services
  8075,
  8068,
  8069,
  8070, // Microsoft, Azure among it
  396982, // Google Cloud
  37963,
  45102,
  134963, // Alibaba Cloud
  45090,
  132203,
  133478, // Tencent Cloud
  136907,
  55990, // Huawei Cloud
  38365,
  55967, // Baidu, its cloud among it
  135377, // UCloud
  59019, // Kingsoft Cloud
  31898, // Oracle Cloud
  36351, // IBM Cloud
  16276, // OVH
  24940,
  213230,
  212317, // Hetzner
  14061, // DigitalOcean
  63949, // Akamai Connected Cloud (Linode)
  20473, // Vultr
  12876, // Scaleway
  51167, // Contabo
  60781,
  28753,
  30633, // Leaseweb
  9009, // M247
  62240, // Clouvider
  53667, // FranTech (BuyVM)
  36352,
  54290, // HostPapa (ColoCrossing, Hostwinds)
  8100, // QuadraNet
  46606, // Unified Layer
  26496, // GoDaddy
  197540, // netcup
  8560, // IONOS
  47583, // Hostinger
  55286, // B2 Net Solutions
  40676, // Psychz
  29802, // Hivelocity
  32244, // Liquid Web
  33070,
  19994,
  27357, // Rackspace
  199524, // G-Core
  60068,
  212238, // Datacamp
  200350, // Yandex Cloud
  49981, // WorldStream
  202425, // IP Volume
] as const;

/**
 * Networks of mobile carriers whose customers share addresses (carrier-grade NAT), known by what they are rather than by
 * their name. Carriers that run mobile and fixed lines in one network are left out: their addresses say nothing.
 */
const MOBILE = [
  21928, // T-Mobile US
  22394,
  6167, // Verizon Wireless
  20057, // AT&T Mobility
  55836, // Reliance Jio
  45609, // Bharti Airtel, mobile
  38266, // Vodafone Idea
  60339, // Three UK
  16232, // TIM, mobile
  9605, // NTT Docomo
  23693, // Telkomsel
  31133, // MegaFon
  132061,
  132618, // True Move
  131445, // AIS
  20978, // TT Mobil
] as const;

const HOSTING_NAME =
  /\b(hosting|data ?cent(er|re)s?|vps|colocation|(dedicated|virtual) servers?|cloud (computing|services?|hosting|servers?))\b/i;
const MOBILE_NAME = /\b(mobile|mobility|cellular)\b/i;
/** Carriers called after their mobile business whose networks carry homes, offices and data centres as well. */
const MIXED_NAME = /\bchina mobile\b/i;

const KNOWN = new Map<number, number>([
  ...HOSTING.map((number) => [number, NETWORK_KIND.hosting] as const),
  ...MOBILE.map((number) => [number, NETWORK_KIND.mobile] as const),
]);

/**
 * Kind of a network by its AS number, else by words in its organisation's name that leave little doubt. Most networks are
 * of neither kind or do not say: 0. Bad at: small hosters with fanciful names, carriers that do not call themselves mobile.
 */
export function kindOfNetwork(asn: number, organisation = ''): number {
  const known = KNOWN.get(asn);
  if (known !== undefined) return known;
  if (HOSTING_NAME.test(organisation)) return NETWORK_KIND.hosting;
  if (MOBILE_NAME.test(organisation) && !MIXED_NAME.test(organisation)) return NETWORK_KIND.mobile;
  return NETWORK_KIND.unknown;
}

/** A number of NETWORK_KIND for the operator's word; undefined for a word that is none. */
export function namedKind(word: string): number | undefined {
  const name = word.trim().toLowerCase();
  return Object.hasOwn(NETWORK_KIND, name) ? NETWORK_KIND[name as NetworkKind] : undefined;
}
