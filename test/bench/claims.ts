import { parseArgs } from 'node:util';
import type { Measured } from './claims/claims.ts';
import { calendarDays, daysAlike, dayZero, levelShift, slowGrowth, tenMinuteStop, weeklyBatch } from './claims/claims.ts';

/**
 * `npm run evaluate:claims -- [--seeds 1,2,3] [--only NAME,NAME]`: what is claimed of baselines, measured: each claim once a
 * seed (days of the calendar: all seeds together), on logs that are made here (an office with staff of different habits), by the shipped defaults. Exit code 1 where one
 * does not hold.
 */
interface Claim {
  claim: string;
  measure(seed: number): Promise<Measured>;
  /** what all seeds show together, where one shows too little */
  together?(measured: readonly Measured[]): Measured;
}

const CLAIMS: Record<string, Claim> = {
  'day-zero': {
    claim: 'a bulk export of the first hour is caught; 1,000 new accounts raise at most twice the rate of accounts older than 14 days',
    measure: (seed) => dayZero(seed),
  },
  'weekly-batch': { claim: 'a weekly batch is silent from week 2', measure: (seed) => weeklyBatch(seed) },
  'slow-growth': { claim: '+3 % a day of a regular account is caught before it has doubled', measure: (seed) => slowGrowth(seed) },
  'stop-100': { claim: 'a ten-minute stop alarms at the stop', measure: (seed) => tenMinuteStop(seed, { perHour: 100 }) },
  'stop-400': { claim: 'a ten-minute stop alarms at the stop', measure: (seed) => tenMinuteStop(seed, { perHour: 400 }) },
  'stop-2000': { claim: 'a ten-minute stop alarms at the stop', measure: (seed) => tenMinuteStop(seed, { perHour: 2000 }) },
  'level-shift': { claim: 'a new level is raised once, and learned after 7 days', measure: (seed) => levelShift(seed) },
  'level-shift-marked': {
    claim: 'a new level is raised once, and not again after it was marked',
    measure: (seed) => levelShift(seed, { marked: true }),
  },
  calendar: {
    claim: 'a holiday raises no more than free days do, a working Saturday no more than working days',
    measure: (seed) => calendarDays(seed),
    together: daysAlike,
  },
};

const { values: flags } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3' }, only: { type: 'string' } } });
const only = flags.only?.split(',');
let failed = 0;
for (const [name, { claim, measure, together }] of Object.entries(CLAIMS)) {
  if (only !== undefined && !only.includes(name)) continue;
  console.log(`${name}: ${claim}`);
  const all: Measured[] = [];
  for (const seed of flags.seeds.split(',').map(Number)) {
    const begun = performance.now();
    const measured = await measure(seed);
    all.push(measured);
    tell(measured, `seed ${seed}`, begun);
  }
  if (together !== undefined) tell(together(all), 'all seeds');
}
console.log(failed === 0 ? 'all hold' : `${failed} do not hold`);
process.exitCode = failed === 0 ? 0 : 1;

function tell({ holds, text }: Measured, what: string, begun?: number): void {
  if (holds === false) failed++;
  const verdict = holds === undefined ? '     ' : holds ? 'holds' : 'FAILS';
  console.log(`  ${verdict}  ${what}: ${text}${begun === undefined ? '' : `  (${((performance.now() - begun) / 1000).toFixed(1)} s)`}`);
}
