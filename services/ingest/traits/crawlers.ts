/** A search engine or the like whose crawlers say who they are, and can be held to it. */
interface Crawler {
  /** of the company, or of the crawler where that is better known; a list is its own when the list's name contains it */
  company: string;
  agent: RegExp;
  /**
   * AS numbers from which its crawlers come; empty: from networks of others, which says nothing. They can refute a claim
   * and never prove one: most of them carry customers' machines as well.
   */
  networks: readonly number[];
  /** its addresses are not in the company's usual list of crawlers: not to be in a list says nothing */
  unlisted?: true;
}

/**
 * Crawlers that publish where they come from. By the companies' own pages for webmasters (agents and ranges), and for the
 * networks by who announces these ranges. Only those that are clear: an agent that is left out is a robot like any other.
 */
const CRAWLERS: readonly Crawler[] = [
  { company: 'google', agent: /Googlebot|Storebot-Google|Google-InspectionTool|GoogleOther/, networks: [15169] },
  { company: 'google', agent: /AdsBot-Google|Mediapartners-Google|APIs-Google/, networks: [15169, 396982], unlisted: true },
  { company: 'bing', agent: /bingbot|BingPreview|adidxbot|msnbot/i, networks: [8075, 8068, 8069, 8070] },
  { company: 'yandex', agent: /Yandex(?:Bot|Images|Mobile|Accessibility|Render)/, networks: [13238] },
  // its crawlers come from carriers' data centres too
  { company: 'baidu', agent: /Baiduspider/, networks: [55967, 38365, 38627, 23724, 4808, 4837, 4134] },
  { company: 'apple', agent: /Applebot/, networks: [714, 6185] },
  { company: 'facebook', agent: /facebookexternalhit|meta-externalagent|facebookcatalog/i, networks: [32934, 63293] },
  { company: 'petal', agent: /PetalBot/, networks: [136907] },
  { company: 'amazonbot', agent: /Amazonbot/, networks: [16509, 14618] },
  { company: 'duckduck', agent: /DuckDuckBot/, networks: [] },
  { company: 'openai', agent: /GPTBot|OAI-SearchBot/, networks: [] },
  { company: 'perplexity', agent: /PerplexityBot/, networks: [] },
  { company: 'ccbot', agent: /CCBot/, networks: [] },
  { company: 'ahrefs', agent: /AhrefsBot/, networks: [] },
];

/** Companies by number, from 1; 0 is none. */
export const CRAWLER_COMPANIES: readonly string[] = ['', ...new Set(CRAWLERS.map(({ company }) => company))];

/** Number of the crawler that an agent says it is, from 1; 0: of none that can be checked. */
export function crawlerOf(agent: string): number {
  return CRAWLERS.findIndex((crawler) => crawler.agent.test(agent)) + 1;
}

/** Number of the company that a crawler is of. */
export function companyOf(crawler: number): number {
  return crawler === 0 ? 0 : CRAWLER_COMPANIES.indexOf(CRAWLERS[crawler - 1].company);
}

/** Companies that a list of crawlers is about, as bits by number: those that its name contains, else all. `named`: it names some. */
export function companiesOf(list: string): { bits: number; named: boolean } {
  let bits = 0;
  CRAWLER_COMPANIES.forEach((company, number) => {
    if (number > 0 && list.toLowerCase().includes(company)) bits |= 1 << number;
  });
  return bits === 0 ? { bits: 2 * (2 ** (CRAWLER_COMPANIES.length - 1) - 1), named: false } : { bits, named: true };
}

/**
 * Whether an agent that says it is a crawler lies: its company's own list does not have the address, or the network is
 * known and none from which that crawler comes.
 * @param listed its company has a list of its own that holds, and the address is in none
 * @param asn 0: not known, which says nothing
 */
export function isFakeCrawler(crawler: number, listed: boolean, asn: number): boolean {
  if (crawler === 0) return false;
  const { networks, unlisted } = CRAWLERS[crawler - 1];
  if (listed && unlisted !== true) return true;
  return asn !== 0 && networks.length > 0 && !networks.includes(asn);
}
