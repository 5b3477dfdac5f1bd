import type { Emit } from '../event.ts';
import type { Person } from '../people.ts';
import type { TenantKind } from '../plan.ts';
import type { Random } from '../random.ts';
import type { Visit } from '../visit.ts';
import type { World } from '../world.ts';

/** Something that people of a kind of tenant do within a visit. */
export interface Journey {
  name: string;
  /** base weight of the choice */
  weight: number;
  run(visit: Visit, person: Person): void;
}

/** A kind of tenant: its interfaces, its people and what they do. */
export interface Kind {
  name: TenantKind;
  /** declares spaces and interfaces */
  build(world: World, random: Random): void;
  /** makes the accounts of the plan's start and those who join later */
  settle(world: World, random: Random): void;
  journeys: readonly Journey[];
  /** mean journeys a visit */
  journeysPerVisit: number;
  /** what a visit begins with when the token still holds */
  open(visit: Visit, person: Person): void;
  /** a visit of someone who has not logged in and does not */
  guest?(visit: Visit, person: Person): void;
  /** a visit of someone who has just registered */
  welcome?(visit: Visit, person: Person): void;
  /** events that are no visits: machines, batches, flows */
  machines?(world: World, start: number, end: number, emit: Emit): void;
  /** hours that a login holds */
  token: number;
}
