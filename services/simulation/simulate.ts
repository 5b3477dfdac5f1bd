import { HOUR } from '../core/watermark.ts';
import { beginHardNegative } from './benign/list.ts';
import type { SimulatedEvent } from './event.ts';
import type { Labels } from './labels.ts';
import type { SimulationPlan, TenantPlan } from './plan.ts';
import { planEnd } from './plan.ts';
import { beginScenario } from './scenarios/list.ts';
import { World } from './world.ts';

/** Accounts of the trial that tells how many events a visit has. */
const TRIAL_ACCOUNTS = 2000;

/** Builds a tenant's world with its campaigns and hard negatives woven in. */
export function buildWorld(plan: TenantPlan): World {
  const world = new World(plan);
  // visits of a consumer app are alike in number whoever makes them: a smaller crowd tells as much
  world.calibrate(new World(plan.kind === 'consumer' ? { ...plan, accounts: Math.min(plan.accounts, TRIAL_ACCOUNTS) } : plan));
  for (const [i, name] of plan.hardNegatives.entries()) world.strands.push(beginHardNegative(world, name, i));
  for (const [i, request] of plan.scenarios.entries()) world.strands.push(beginScenario(world, request, i));
  return world;
}

/** Order of a log: by completion; ties by what they are, so that the order never depends on how they were made. */
function byTime(a: SimulatedEvent, b: SimulatedEvent): number {
  return a.at - b.at;
}

/** A world's events in the order of time; a world runs once, its people remember. Memory: the accounts and one hour of events. */
export function* simulateWorld(world: World): Generator<SimulatedEvent> {
  const end = planEnd(world.plan);
  let ahead: SimulatedEvent[] = [];
  for (let start = world.plan.start; start < end; start += HOUR) {
    const edge = start + HOUR;
    const now: SimulatedEvent[] = [];
    const later: SimulatedEvent[] = [];
    const take = (event: SimulatedEvent): void => {
      if (event.at < edge) now.push(event);
      else if (event.at < end) later.push(event);
    };
    for (const event of ahead) take(event);
    world.hour(start, take);
    now.sort(byTime);
    yield* now;
    ahead = later;
  }
}

/** One tenant's events in the order of time. */
export function simulateTenant(plan: TenantPlan): Generator<SimulatedEvent> {
  return simulateWorld(buildWorld(plan));
}

/**
 * All tenants' events in the order of time, streaming. The same plan gives the same events; nothing reads a clock.
 * Memory grows with accounts and with the events of one hour.
 */
export function* simulate(plan: SimulationPlan): Generator<SimulatedEvent> {
  const streams = plan.tenants.map((tenant) => simulateTenant(tenant));
  const heads = streams.map((stream) => stream.next());
  for (;;) {
    let first = -1;
    for (let i = 0; i < heads.length; i++) {
      if (heads[i].done === true) continue;
      if (first < 0 || (heads[i].value as SimulatedEvent).at < (heads[first].value as SimulatedEvent).at) first = i;
    }
    if (first < 0) return;
    yield heads[first].value as SimulatedEvent;
    heads[first] = streams[first].next();
  }
}

/** The campaigns and benign notes of worlds that were built. */
export function labelsOf(worlds: readonly World[]): Labels {
  const strands = worlds.flatMap((world) => world.strands);
  return {
    version: 1,
    campaigns: strands.flatMap((strand) => (strand.campaign === undefined ? [] : [strand.campaign])),
    benign: strands.flatMap((strand) => (strand.note === undefined ? [] : [strand.note])),
  };
}

/** Ids of campaigns that no request met, of a world that has run: an interface that fails while nobody calls leaves nothing in the log. */
export function unmet(world: World): ReadonlySet<string> {
  return new Set(
    world.strands.flatMap(({ campaign, met }) => (campaign === undefined || met === undefined || met() > 0 ? [] : [campaign.id])),
  );
}

/** The campaigns and benign notes of a plan. */
export function labels(plan: SimulationPlan): Labels {
  return labelsOf(plan.tenants.map((tenant) => buildWorld(tenant)));
}
