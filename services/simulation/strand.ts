import type { Emit, SimulatedEvent } from './event.ts';
import type { BenignNote, Campaign } from './labels.ts';
import type { TenantKind } from './plan.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/**
 * Something that is woven into a tenant's ordinary traffic: a campaign or a hard negative. It is decided when the
 * world is built, from a stream of its own, so that the ordinary traffic is the same with and without it.
 */
export interface Strand {
  campaign?: Campaign;
  note?: BenignNote;
  /** multiplies ordinary activity at an instant */
  rate?(at: number): number;
  /** changes an ordinary event in place; false takes it out of the log */
  touch?(event: SimulatedEvent): boolean;
  /** of a campaign that only changes ordinary events: how many it has changed or taken out so far */
  met?(): number;
  /** adds events that begin in [start, end) */
  hour?(start: number, end: number, emit: Emit): void;
}

/** What a scenario or a hard negative is given. */
export interface Setting {
  id: string;
  world: World;
  random: Random;
  /** 1 as described in full; hard negatives get 1 */
  intensity: number;
  /** asked for as a small share of the traffic: a campaign that can be slow is, and counts may fall to a few */
  slow?: boolean;
  /** wanted begin, ms UTC */
  at: number;
  /** end of the plan, ms UTC: everything has to fit before it */
  end: number;
}

/** A kind of malicious activity. One file each; `list.ts` names them. */
export interface Scenario {
  /** number of the project's table of scenarios */
  number: number;
  name: string;
  title: string;
  kinds: readonly TenantKind[];
  /** least days of a plan that can hold it */
  days: number;
  /** how long it runs, days: begins are drawn so that it fits */
  span: number;
  /** in offices: it takes a login that the internet reaches */
  portal?: true;
  begin(setting: Setting): Strand;
}

/** A kind of benign behaviour that looks odd. */
export interface HardNegative {
  name: string;
  title: string;
  kinds: readonly TenantKind[];
  days: number;
  span: number;
  begin(setting: Setting): Strand;
}
