/** What the project holds itself to, by scenario. */

export const GROUPS = ['low-and-slow', 'others', 'reported apart'] as const;
export type Group = (typeof GROUPS)[number];

/** Numbers of the scenarios that come from many identities with little from each. */
const LOW_AND_SLOW: readonly number[] = [2, 3, 5, 8];
/** An account shared now and then; growth slower than the history is long. */
const APART: readonly number[] = [10, 23];
const APART_NAMES: readonly string[] = ['quiet_takeover'];

/** The group that a scenario is reported in. */
export function groupOf({ number, name }: { number: number; name: string }): Group {
  if (APART.includes(number) || APART_NAMES.includes(name)) return 'reported apart';
  return LOW_AND_SLOW.includes(number) ? 'low-and-slow' : 'others';
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** ms in which half of a scenario's campaigns are to be detected. A working day is read as 24 hours. */
const TIME_GOALS: Readonly<Record<string, number>> = {
  interface_flood: 10 * MINUTE,
  credential_stuffing: 10 * MINUTE,
  sms_bombing: 10 * MINUTE,
  sms_pumping: 10 * MINUTE,
  probing: 10 * MINUTE,
  slow_stuffing: 60 * MINUTE,
  account_enumeration: 60 * MINUTE,
  marketing_fraud: 60 * MINUTE,
  account_takeover: 15 * MINUTE,
  bulk_export: 15 * MINUTE,
  privilege_misuse: 15 * MINUTE,
  scraping: 6 * HOUR,
  scraping_cohort: 6 * HOUR,
  machine_behaviour: 6 * HOUR,
  beaconing: 6 * HOUR,
  ant_moving: 24 * HOUR,
  partner_overpull: 36 * HOUR,
};

/** ms; undefined where none is set. */
export function timeGoal(scenario: string): number | undefined {
  return TIME_GOALS[scenario];
}

/** Shares and rates that a run is held against. */
export const GOALS = {
  /** recall of low-and-slow campaigns, at no more than one false incident a tenant and day */
  lowAndSlow: 0.95,
  falsePerTenantDay: 1,
  /** kinds of tenant in which that holds for campaigns that an hourly z-score does not see, and seeds that they come from */
  kinds: 3,
  seeds: 20,
  /** recall of the others at full intensity, and at a third of it */
  othersFull: 0.9,
  othersThird: 0.85,
  /** false incidents realised by those configured, at most */
  budgetKept: 1.2,
  /** recall of all but those reported apart at a budget of 0.3 a day */
  atTightBudget: 0.75,
  tightBudget: 0.3,
} as const;
