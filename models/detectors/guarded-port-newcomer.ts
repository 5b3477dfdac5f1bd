import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { LEAST_SURPRISE } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE } from '../shares.ts';
import { countTerm, fixedTerm } from '../terms.ts';
import { isGuardedPort } from './database-exposed.ts';

/** Age from which on those who may go there have been seen: four days. */
const KNOWN_FOR = 4 * 24 * 3_600_000;
/** Mean bytes of an answer from which on a session was held: less is a greeting or a refusal. */
const LEAST_ANSWER = 1_000;
/** A single connection in the hour is a session, and no try of a door, when it brought so many bytes. */
const SINGLE_ANSWER = 5_000;
/** Hours in which someone came, remembered for two weeks: a server is administered every few days. */
const LEAST_HOURS = 2;
/** Callers of an hour among whom one newcomer is no longer odd. */
const MOST_CALLERS = 5;
/** One caller-hour in fifty of a guarded port is a newcomer's from within. */
const NEWCOMER_RATE = 0.02;
/** Share of newcomers that those from outside do not explain, from which on a service is open to newcomers. */
const LEAST_CHANGE = 0.04;
/** … and where one host comes at a time, as to a server that is administered; of what the busiest caller does, the part that says so. */
const LEAST_CHANGE_OF_FEW = 0.1;
const ONE_AT_A_TIME = 0.8;

/**
 * A server or a store of data reached around its bastion or its application (scenario 20): sessions from a host within
 * that never went to this port of administration or data, where scans from outside keep the share of newcomers high, so
 * that shares say nothing. Looks at hours without callers from outside only. Bad at: hosts that go there now and then
 * anyway, services younger than four days, networks where anyone administers anything (calibration makes it quiet there).
 */
export const guardedPortNewcomer: Detector<InterfaceBaselines> = {
  name: 'guarded_port_newcomer',
  view: 'interface',
  window: '1h',
  title: 'Service {key} is used by a host that never went there',
  features: ['new_callers_on_guarded_port', 'requests'],
  needs: ['flow'],
  gate: 3,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(window, b) {
    const { values } = window;
    const requests = values[I.requests];
    const newcomers = values[I.new_callers];
    if (newcomers === 0 || values[I.external] > 0 || values[I.callers] > MOST_CALLERS) return undefined;
    // a file share that everyone uses sees single newcomers all the time
    const few = b.usual(SHARE.top_caller) >= ONE_AT_A_TIME && values[I.callers] === 1;
    if (requests < 2 && (!few || values[I.bytes_out] < SINGLE_ANSWER)) return undefined;
    if (values[I.bytes_out] < LEAST_ANSWER * requests || window.start - window.firstSeen < KNOWN_FOR || b.activeHours < LEAST_HOURS)
      return undefined;
    if (!isGuardedPort(window.key)) return undefined;
    // whom scans do not explain: where hosts within come and go, one more is nothing
    if (b.usual(SHARE.new_callers) - b.usual(SHARE.external) >= (few ? LEAST_CHANGE_OF_FEW : LEAST_CHANGE)) return undefined;
    const terms: Term[] = [fixedTerm('new_callers_on_guarded_port', newcomers, NEWCOMER_RATE, 1, 'newcomer', 2)];
    const volume = countTerm('requests', requests, b.requests(window.calendar), 'volume', 0.5);
    if (surprise(volume.law, requests) >= LEAST_SURPRISE) terms.push(volume);
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
