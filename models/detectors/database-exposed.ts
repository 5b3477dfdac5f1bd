import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { fixedTerm } from '../terms.ts';

const SHARE_EXTERNAL = SHARE.external;

/** Well-known ports of data stores (IANA registry and the products' own documentation). */
const DATA_PORTS = new Set([1433, 1521, 2379, 3306, 5432, 5984, 6379, 7000, 8123, 9000, 9042, 9092, 9200, 9300, 11211, 27017, 27018]);

/** Whether the service id (`tcp 10.0.0.5:5432`) is one of a data store. */
export function isDataPort(key: string): boolean {
  return DATA_PORTS.has(Number(key.slice(key.lastIndexOf(':') + 1)));
}

/** A data port reached from outside, or a service by hosts that never go there (scenarios 20, 21). */
export const databaseExposed: Detector<InterfaceBaselines> = {
  name: 'database_exposed',
  view: 'interface',
  window: '1h',
  title: 'Service {key} is reached from where it never was',
  features: ['external', 'external_on_data_port', 'new_callers'],
  needs: ['flow'],
  gate: 4.5,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(window, b) {
    const { values } = window;
    if (values[I.external] === 0 && values[I.new_callers] === 0) return undefined;
    const data = isDataPort(window.key);
    if (!data && b.activeHours < 12) return undefined;
    const terms: Term[] = [];
    if (values[I.external] > 0) {
      addShares(terms, window, b, '1h', 'outside', 1, 'external');
      // a store of data open to the world is odd wherever it is; one packet may be a scan that found it closed
      if (data && b.usual(SHARE_EXTERNAL) < 0.2) terms.push(fixedTerm('external_on_data_port', values[I.external], 0.02, 3, 'port'));
    }
    if (data && b.activeHours >= 24) addShares(terms, window, b, '1h', 'callers', 1, 'new_callers');
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence),
};
