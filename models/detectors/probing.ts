import { FLAG } from '../../services/core/batch.ts';
import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { severityOf } from '../severity.ts';
import { hasManyAccounts, isSharedSource, ONE_ACTOR } from '../shared-source.ts';
import { countTerm } from '../terms.ts';
import { SOURCE_FEATURES } from '../windows.ts';

const ERROR_PATHS = SOURCE_FEATURES.indexOf('error_paths');
const REQUESTS = SOURCE_FEATURES.indexOf('requests');
const ERRORS = ['failures', 'refused', 'missing', 'client_errors'].map((name) => SOURCE_FEATURES.indexOf(name as 'failures'));
const DEVICES = SOURCE_FEATURES.indexOf('devices');
const LEAST_PATHS = 8;
/** Share of errors among the requests of who probes. */
const LEAST_SHARE = 0.3;
/** The same, and of distinct paths among the errors, of a scanner that changes its agent, or scans from among many. */
const SCAN_SHARE = 0.8;
const SCAN_PATHS = 0.5;
/** Accounts expected in an hour of an address from which on a look cannot tell who of them it is. */
const SHARED_ACCOUNTS = 5;

/** Unknown paths, parameters and methods tried from one source (scenario 17): distinct paths that are refused, and little else. */
export const probing: Detector<SparseBaselines> = {
  name: 'probing',
  view: 'source',
  window: '1h',
  title: '{key} probes for paths that are not there',
  features: ['error_paths', 'error_paths_1d', 'errors_of_requests'],
  needs: ['status', 'path'],
  gate: 7,
  // a crawler that is known to be one follows links that have died
  applies: (flags) => (flags & FLAG.crawler) === 0,
  terms(window, b) {
    // the day counts where it was spent on this: a hundred mistakes of a whole office are none's
    const ofDay = b.amount('1d', 'errors') >= LEAST_SHARE * b.amount('1d', 'requests');
    const paths = window.values[ERROR_PATHS];
    if (paths < LEAST_PATHS && !(ofDay && b.amount('1d', 'error_paths') >= 2 * LEAST_PATHS)) return undefined;
    const requests = window.values[REQUESTS];
    let errors = 0;
    for (const feature of ERRORS) errors += window.values[feature];
    // many people behind one address make many mistakes: who probes does little else
    if (errors < LEAST_SHARE * requests) return undefined;
    // a broken release makes all of them ask for what is not there, beside all else that they do, and for the same things
    if ((isSharedSource(window) || hasManyAccounts(window)) && (errors < SCAN_SHARE * requests || paths < SCAN_PATHS * errors))
      return undefined;
    const terms: Term[] = [countTerm('error_paths', paths, b.expected('1h', 'error_paths'), 'paths')];
    if (ofDay) terms.push(countTerm('error_paths_1d', b.amount('1d', 'error_paths'), b.expected('1d', 'error_paths'), 'paths'));
    terms.push({
      feature: 'errors_of_requests',
      value: Math.min(errors, requests),
      law: { kind: 'share', trials: requests, a: 0.2, b: 2 },
      baseline: { scope: 'fixed', size: 0 },
      group: 'errors',
      weight: 0.7,
    });
    return terms;
  },
  lookTerms(window, b) {
    const paths = window.values[ERROR_PATHS];
    if (paths < LEAST_PATHS) return undefined;
    let errors = 0;
    for (const feature of ERRORS) errors += window.values[feature];
    // a look does not see what else the address does: as many as a usual hour of it has requests are not mistakes among them
    if (errors < b.expected('1h', 'requests').mean || paths < SCAN_PATHS * errors) return undefined;
    if (b.expected('1h', 'accounts').mean >= SHARED_ACCOUNTS) return undefined;
    // several programs are perhaps several people: who of them it is shows at the hour's close
    if (isSharedSource(window) || window.values[DEVICES] > ONE_ACTOR) return undefined;
    return [countTerm('error_paths', paths, b.expected('1h', 'error_paths'), 'paths')];
  },
  severity: (evidence) => severityOf(evidence, 'medium'),
};
