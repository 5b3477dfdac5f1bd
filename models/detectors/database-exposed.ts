import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { countTerm, fixedTerm, strongest } from '../terms.ts';

const SHARE_EXTERNAL = SHARE.external;

/** Well-known ports of data stores (IANA registry and the products' own documentation). */
const DATA_PORTS = new Set([1433, 1521, 2379, 3306, 5432, 5984, 6379, 7000, 8123, 9000, 9042, 9092, 9200, 9300, 11211, 27017, 27018]);

/** Ports by which machines are administered: remote shells, desktops, management (IANA registry). */
const ADMIN_PORTS = new Set([22, 23, 135, 445, 873, 2049, 3389, 5900, 5985, 5986, 6443, 10250]);

/** Age from which on the few callers of a rarely used service are known: four days. */
const KNOWN_FOR = 4 * 24 * 3_600_000;

/** Share of an hour's callers that are new, from which on a service is open to newcomers. */
const LEAST_CHANGE = 0.04;

function portOf(key: string): number {
  return Number(key.slice(key.lastIndexOf(':') + 1));
}

/** Whether the service id (`tcp 10.0.0.5:5432`) is one of a data store. */
export function isDataPort(key: string): boolean {
  return DATA_PORTS.has(portOf(key));
}

/** Whether the service id is one of a data store or of administration. */
export function isGuardedPort(key: string): boolean {
  return isDataPort(key) || ADMIN_PORTS.has(portOf(key));
}

/** A data port reached from outside, or a service by hosts that never go there (scenarios 20, 21). */
export const databaseExposed: Detector<InterfaceBaselines> = {
  name: 'database_exposed',
  view: 'interface',
  window: '1h',
  title: 'Service {key} is reached from where it never was',
  features: ['external', 'external_on_data_port', 'new_callers', 'new_callers_1d', 'new_callers_on_guarded_port', 'requests'],
  needs: ['flow'],
  gate: 3.3,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(window, b) {
    const { values } = window;
    if (values[I.external] === 0 && values[I.new_callers] === 0) return undefined;
    const data = isDataPort(window.key);
    const guarded = data || ADMIN_PORTS.has(portOf(window.key));
    if (!guarded && b.activeHours < 12) return undefined;
    const terms: Term[] = [];
    if (values[I.external] > 0 && (data || b.activeHours >= 12)) {
      addShares(terms, window, b, '1h', 'outside', 1, 'external');
      // a store of data open to the world is odd wherever it is; one packet may be a scan that found it closed
      if (data && b.usual(SHARE_EXTERNAL) < 0.2) terms.push(fixedTerm('external_on_data_port', values[I.external], 0.02, 3, 'port'));
    }
    // a few sessions a day are enough to know who comes, once there were some days and hardly anyone was new
    const known = b.activeHours >= 4 && window.start - window.firstSeen >= KNOWN_FOR && b.usual(SHARE.new_callers) < LEAST_CHANGE;
    if (guarded && values[I.new_callers] > 0 && known) {
      // who may go there is few and stays the same: a host that never did goes around the bastion or the application
      addShares(terms, window, b, '1h', 'callers', 1, 'new_callers');
      addShares(terms, window, b, '1d', 'callers', 1, 'new_callers');
      if (strongest(terms, 'callers') >= 1.3) {
        terms.push(fixedTerm('new_callers_on_guarded_port', values[I.new_callers], 0.02, 50, 'port'));
        const expected = b.requests(window.calendar);
        if (values[I.requests] > 1.5 * expected.mean) terms.push(countTerm('requests', values[I.requests], expected, 'volume', 0.5));
      }
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence),
};
