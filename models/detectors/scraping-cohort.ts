import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import type { Term } from '../evidence.ts';
import { addShares } from '../interface-terms.ts';
import { I, interfaceValue } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { countTerm, strongest } from '../terms.ts';

/** Requests and callers from which a crowd can be told, by window. */
const LEAST_REQUESTS = { '1h': 40, '6h': 40, '1d': 40 } as const;
const LEAST_CALLERS = 8;
/** Who weighs more than this part of all named callers is no crowd. */
const ONE_PART = 0.5;
const READS = /^(GET|HEAD) /;
/** Age of the interface from which its callers are known, ms: half of a week. */
const KNOWN_FOR = 3.5 * 86_400_000;

/**
 * Content copied by identities that rotate (scenario 5): the population of an interface changes: callers that do nothing
 * else, callers with one or two requests, new ones, and more objects per request; the interface's own past is the measure.
 */
export const scrapingCohort: Detector<InterfaceBaselines> = {
  name: 'scraping_cohort',
  view: 'interface',
  window: '1d',
  title: 'A crowd of single-purpose callers reads {key}',
  titleOf: ({ entity, actors }) => {
    const done = READS.test(entity.id) ? ['reads', 'read'] : ['uses', 'used'];
    const all = actors.reduce((sum, { weight }) => sum + weight, 0);
    const first = actors.reduce((most, actor) => (actor.weight > most.weight ? actor : most), actors[0]);
    if (first !== undefined && first.weight > ONE_PART * all) return `{key} is ${done[1]} most of all by ${first.id}`;
    return `A crowd of single-purpose callers ${done[0]} {key}`;
  },
  features: [
    'single_callers',
    'few_callers',
    'new_callers',
    'new_object_reads',
    'objects',
    'requests',
    'devoted_callers',
    'devoted_new_callers',
    'single_callers_6h',
    'few_callers_6h',
    'new_callers_6h',
    'new_object_reads_6h',
    'objects_6h',
    'devoted_callers_6h',
    'devoted_new_callers_6h',
    'devoted_callers_1d',
    'devoted_new_callers_1d',
    'single_callers_1d',
    'few_callers_1d',
    'new_callers_1d',
    'new_object_reads_1d',
    'objects_1d',
  ],
  needs: ['account', 'object'],
  gate: 6,
  applies: (flags) => (flags & (FLAG.flow | FLAG.asset | FLAG.export | FLAG.login | FLAG.register | FLAG.sendCode)) === 0,
  terms(window, b) {
    // who is usual has to be known: on the first days everyone is new
    if (b.activeHours < 24 || window.start - window.firstSeen < KNOWN_FOR) return undefined;
    const terms: Term[] = [];
    for (const size of ['1h', '6h', '1d'] as const) {
      if (interfaceValue(window, size, I.requests) < LEAST_REQUESTS[size] || interfaceValue(window, size, I.callers) < LEAST_CALLERS)
        continue;
      addShares(terms, window, b, size, 'who', 1, 'single_callers', 'devoted_callers');
      addShares(terms, window, b, size, 'devoted', 1, 'devoted_new_callers');
      addShares(terms, window, b, size, 'new', 0.5, 'new_callers', 'few_callers');
      addShares(terms, window, b, size, 'breadth', 0.7, 'new_object_reads', 'objects');
    }
    // single-purpose callers alone come with a wave of resets too: they must be new, or read more than others
    const others = strongest(terms, 'new') + strongest(terms, 'breadth');
    if (strongest(terms, 'devoted') < 2 && (strongest(terms, 'who') < 1 || others < 1)) return undefined;
    const expected = b.requests(window.calendar);
    if (window.values[I.requests] > 1.5 * expected.mean)
      terms.push(countTerm('requests', window.values[I.requests], expected, 'volume', 0.3));
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
