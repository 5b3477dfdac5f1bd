import type { Config, ListKind } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { expiredBy, type LoadedList, listTables, loadAddressList } from '../ingest/addresses/address-list-loader.ts';
import { AddressLists } from '../ingest/addresses/address-lists.ts';
import type { AddressData } from '../ingest/addresses/addresses.ts';
import type { NormaliseDeps } from '../ingest/normalise-config.ts';
import { type Check, failed, ok, spanText, warn } from './doctor-check.ts';
import { badEntries } from './list-watch.ts';

const DAY = 86_400_000;
/** Addresses of attackers change hands: what a list of threats says holds for weeks. */
const OLD_THREATS = 30 * DAY;

/** What a kind of list is used for. */
const USED_FOR: Readonly<Record<ListKind, string>> = {
  own: 'access_from_outside, database_exposed, guarded_port_newcomer take them for inside',
  bastion: 'access_from_outside, database_exposed, guarded_port_newcomer expect them',
  partner: 'said in alerts; what calls itself a crawler there is not taken for a fake',
  crawler:
    'probing, scraping, object_traversal, machine_behaviour, learned_account, unusual_account let verified crawlers be; fakes are not excused',
  hosting: 'said in alerts',
  mobile: 'an address there is never named as one actor',
  threat: 'said in alerts, which are a little more severe',
};

/** What lists say, for a tenant's sources. */
export type KnownOf = (tenant: string) => NormaliseDeps;

export interface DiagnosedLists {
  checks: Check[];
  /** those that can be read */
  lists: readonly LoadedList[];
  knownOf: KnownOf;
}

/** Reads every list of a config: what each holds, and what is wrong with it. @param now ms */
export async function diagnoseLists(config: Config, addresses: AddressData, now: number): Promise<DiagnosedLists> {
  const checks: Check[] = [];
  const lists: LoadedList[] = [];
  for (const [tenant, { lists: configured }] of Object.entries(config.tenants)) {
    for (const one of configured) {
      try {
        const list = await loadAddressList(tenant, one);
        lists.push(list);
        checks.push(checkList(list, now));
      } catch (error) {
        if (!(error instanceof WeirError)) throw error;
        checks.push(failed(`list ${one.name}`, error, 'put it there, or take it out of tenants.NAME.lists'));
      }
    }
  }
  const tables = listTables(lists);
  return { checks, lists, knownOf: (tenant) => ({ addresses, lists: new AddressLists(tables[tenant] ?? []) }) };
}

/** How much a list holds, how much of it no longer does, how old it is, what it is for. */
export function checkList(list: LoadedList, now: number): Check {
  const { tenant, kind, networks, file, changed } = list;
  const name = `list ${list.name}`;
  const expired = expiredBy(list, now);
  const count = `${networks.toLocaleString('en')} ${networks === 1 ? 'network' : 'networks'}`;
  const parts = [
    `${kind} of tenant ${tenant}: ${count}`,
    ...(expired > 0 ? [`${expired.toLocaleString('en')} of them expired`] : []),
    ...(file === undefined ? [] : [`changed ${spanText(Math.max(0, now - changed))} ago (${file})`]),
  ];
  const found = `${parts.join(', ')}; ${USED_FOR[kind]}`;
  const bad = badEntries(list);
  if (bad.length > 0) return warn(name, `${found}\n${bad[0]}`, 'put these entries right');
  if (networks > 0 && expired === networks) return warn(name, found, 'nothing of it holds any more: renew it, or take it out');
  if (kind === 'threat' && file !== undefined && now - changed > OLD_THREATS)
    return warn(name, found, 'fetch it anew: addresses change hands');
  return ok(name, found);
}
