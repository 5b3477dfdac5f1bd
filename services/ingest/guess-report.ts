import type { IdentityOrigin } from '../core/batch.ts';
import type { ProxyReport } from './addresses/proxy-signs.ts';

/** What was guessed for a source, and what came of it: for `weir detect` and `weir doctor`. */
export interface GuessReport {
  source: string;
  format: string;
  /** true where the config names them */
  configured: { identity: boolean; proxies: boolean; targets: boolean; failure: boolean; session: boolean; tags: string[] };
  /** identity fields that named an account, with the number of events; field '': none did, the address stood in */
  identity: { field: string; origin: IdentityOrigin; events: number }[];
  /** where the clients' addresses come from; requests only */
  clients: ProxyReport;
  /** fields and parameters that gave targets, with the number of events */
  targets: { field: string; events: number }[];
  /** tagged interfaces, in the order of their first event */
  interfaces: { id: string; tags: string[] }[];
}
