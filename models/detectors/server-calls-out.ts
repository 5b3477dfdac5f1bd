import { FLAG } from '../../services/core/batch.ts';
import type { AccountBaselines } from '../baselines/account.ts';
import type { Detector } from '../detector.ts';
import { LEVEL } from '../levels.ts';
import { severityOf } from '../severity.ts';

/** Hours of a day that count: hours of one day say the same. */
const HOURS_A_DAY = 8;
/** Hours that nothing abroad was called in, below which that says nothing. */
const LEAST_HOURS = 20;
/** Before anything is known, one host in three calls out in an hour: hours that this is worth. */
const STRENGTH = 2;
/** Nothing that a server does is as rare and as telling as its first call out; a person's machine begins to sooner or later. */
const SERVER_WEIGHT = 2.5;
const HOST_WEIGHT = 1;

/**
 * A server, or another host, that never called anyone outside and now does (scenario 15): a foothold that fetches its
 * tools, a reverse shell, data on its way out. The longer it did not, the odder it is; what answers others day by day is
 * a server even where it never called anyone. An update that is first fetched after weeks looks the same: it is said once.
 * Bad at: servers that always call out (their amounts are for cross_border_transfer), peers whose country is not known.
 */
export const serverCallsOut: Detector<AccountBaselines> = {
  name: 'server_calls_out',
  view: 'account',
  window: '1h',
  title: 'Host {key} calls outside, which it never did',
  features: ['hours_calling_out'],
  needs: ['flow', 'peerCountry'],
  gate: 3,
  applies: (flags) => (flags & FLAG.flow) !== 0,
  terms(_window, b) {
    const level = LEVEL.foreign_kilobytes;
    if (b.amount('1h', level) === 0 || !b.neverHad(level)) return undefined;
    const serverDays = b.serverDays;
    const server = serverDays > 0;
    const hours = Math.max(HOURS_A_DAY * serverDays, Math.min(b.hours, HOURS_A_DAY * b.lifeDays));
    if (hours < LEAST_HOURS) return undefined;
    return [
      {
        feature: 'hours_calling_out',
        value: 1,
        law: { kind: 'count', mean: STRENGTH / 3 / (hours + STRENGTH), dispersion: 1 },
        baseline: { scope: 'own', size: Math.round(hours) },
        group: 'first',
        weight: server ? SERVER_WEIGHT : HOST_WEIGHT,
      },
    ];
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
