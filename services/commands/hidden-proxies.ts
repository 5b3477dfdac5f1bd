import type { ProxyReport } from '../ingest/addresses/proxy-signs.ts';
import type { GuessReport } from '../ingest/guess-report.ts';
import { type Check, warn } from './doctor-check.ts';

/** So many addresses at most are proxies that stand in front. */
const MOST_PROXIES = 8;
/** Share of the requests that come by them. */
const NEARLY_ALL = 0.9;
/** Share of these in which somebody else is reported, from which on that is what the header is for. */
const OFTEN = 0.3;
/** Fewer requests say nothing. */
const LEAST_EVENTS = 20;

export interface HiddenProxies {
  /** the proxies seen */
  proxies: string[];
  /** what is wrong, in one sentence */
  found: string;
  /** the line to add to the source */
  line: string;
  /** the proxies report clients; else that they are proxies is a guess */
  reported: boolean;
  /** all of them lie in one's own networks: no partner's server that reports its own clients */
  own: boolean;
}

/**
 * Proxies that a source does not name: nearly all requests, or nearly all that no account is named in, come from a few
 * addresses, and these report clients that nobody believes, or are all one's own. Undefined where that is not so, or
 * where the config says which proxies there are.
 */
export function hiddenProxies({ configured, clients }: Pick<GuessReport, 'configured' | 'clients'>): HiddenProxies | undefined {
  if (configured.proxies || clients.events < LEAST_EVENTS) return undefined;
  return among(clients, 'anonymous') ?? among(clients, 'events');
}

/** A warning for `weir doctor`. @param name what it calls the source */
export function checkProxies(name: string, guess: GuessReport): Check[] {
  const hidden = hiddenProxies(guess);
  return hidden === undefined ? [] : [warn(name, hidden.found, `add to the source: ${hidden.line}`)];
}

function among({ peers, distinct, ...all }: ProxyReport, count: 'events' | 'anonymous'): HiddenProxies | undefined {
  const total = all[count];
  if (total < LEAST_EVENTS) return undefined;
  const first: typeof peers = [];
  let covered = 0;
  for (const peer of [...peers].sort((a, b) => b[count] - a[count])) {
    if (covered >= NEARLY_ALL * total) break;
    first.push(peer);
    covered += peer[count];
  }
  if (covered < NEARLY_ALL * total || first.length > MOST_PROXIES) return undefined;
  const events = first.reduce((sum, peer) => sum + peer.events, 0);
  const reported = first.reduce((sum, peer) => sum + peer.reported, 0) >= OFTEN * events;
  // one's own people at a few desks look the same, but for the reports; from few addresses all in all nobody else can be told apart
  const own = first.every(({ internal }) => internal) && first.length <= 2 && distinct <= 2 * MOST_PROXIES;
  if (!reported && !own) return undefined;
  const proxies = first.map(({ address }) => address).sort();
  const what = count === 'anonymous' ? 'requests without an account' : 'requests';
  const share = `${Math.round((100 * covered) / total)} % of the ${what} come from ${proxies.join(', ')}`;
  return {
    proxies,
    reported,
    own: first.every(({ internal }) => internal),
    found: reported
      ? `${share}, which report${proxies.length === 1 ? 's' : ''} other clients that are not believed: every actor is the proxy`
      : `${share}, an address of your own, and the log says nothing of who is behind it: is it a proxy? Log X-Forwarded-For`,
    line: `trusted_proxies: [ ${proxies.map((address) => (address.includes(':') ? `"${address}"` : address)).join(', ')} ]`,
  };
}
