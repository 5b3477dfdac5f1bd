import { WeirError } from '../../core/errors.ts';
import { DAY, HOUR } from '../../core/watermark.ts';
import type { ScenarioRequest } from '../plan.ts';
import { planEnd } from '../plan.ts';
import { Random } from '../random.ts';
import type { Scenario, Strand } from '../strand.ts';
import { World } from '../world.ts';
import { accessAbroad, accessFromOutside } from './access-abroad.ts';
import { accountEnumeration } from './account-enumeration.ts';
import { accountSharing } from './account-sharing.ts';
import { accountTakeover, quietTakeover } from './account-takeover.ts';
import { antMoving } from './ant-moving.ts';
import { baselinePoisoning } from './baseline-poisoning.ts';
import { bulkExport } from './bulk-export.ts';
import { credentialStuffing } from './credential-stuffing.ts';
import { interfaceFailing, interfaceFlood, interfaceLarger, interfaceReplay, interfaceSilent, interfaceSlow } from './interface-trouble.ts';
import { machineBehaviour } from './machine-behaviour.ts';
import { maliciousRegistration } from './malicious-registration.ts';
import { marketingFraud } from './marketing-fraud.ts';
import { beaconing, crossBorderTransfer, databaseExposed, fanOut, hostBypass, serverAbroad } from './network.ts';
import { objectTraversal } from './object-traversal.ts';
import { partnerAfterContract, partnerOverpull } from './partner-overpull.ts';
import { privilegeMisuse } from './privilege-misuse.ts';
import { probing } from './probing.ts';
import { scraping, scrapingCohort } from './scraping.ts';
import { slowStuffing } from './slow-stuffing.ts';
import { smsBombing, smsPumping } from './sms.ts';
import { unauthenticatedInterface } from './unauthenticated.ts';

/** All scenarios. Adding one: a file, and its line here. */
export const SCENARIOS: readonly Scenario[] = [
  credentialStuffing,
  slowStuffing,
  accountEnumeration,
  objectTraversal,
  scraping,
  scrapingCohort,
  maliciousRegistration,
  smsBombing,
  smsPumping,
  marketingFraud,
  accountTakeover,
  quietTakeover,
  accountSharing,
  antMoving,
  bulkExport,
  privilegeMisuse,
  partnerOverpull,
  partnerAfterContract,
  accessAbroad,
  accessFromOutside,
  serverAbroad,
  unauthenticatedInterface,
  probing,
  machineBehaviour,
  interfaceFlood,
  interfaceReplay,
  interfaceFailing,
  interfaceSilent,
  interfaceSlow,
  interfaceLarger,
  hostBypass,
  databaseExposed,
  fanOut,
  crossBorderTransfer,
  beaconing,
  baselinePoisoning,
];

/** The scenario of a name; throws `usage` with the list when there is none. */
export function findScenario(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined)
    throw new WeirError('usage', `there is no scenario "${name}"; there are: ${SCENARIOS.map((scenario) => scenario.name).join(', ')}`);
  return found;
}

/** Weaves a campaign into a world. Without a wanted time it begins in the second half, so that there is a past to learn from. */
export function beginScenario(world: World, request: ScenarioRequest, index: number): Strand {
  const scenario = findScenario(request.scenario);
  const { plan } = world;
  const random = new Random(world.seed, 'scenario', scenario.name, index);
  const end = planEnd(plan);
  const latest = Math.max(plan.start + HOUR, end - scenario.span * DAY);
  const half = plan.start + (end - plan.start) * (scenario.span > plan.days / 2 ? 0.25 : 0.5);
  const drawn = random.range(Math.min(half, latest), latest);
  const at = request.at ?? drawn;
  if (at < plan.start || at >= end) {
    throw new WeirError(
      'usage',
      `${scenario.name} is to begin at ${new Date(at).toISOString()}, outside of ${new Date(plan.start).toISOString()} to ${new Date(end).toISOString()}`,
    );
  }
  const setting = { id: `${plan.name}-${index + 1}-${scenario.name}`, world, random, intensity: request.intensity, at, end };
  if (request.share === undefined) return scenario.begin(setting);
  const intensity = intensityOf(scenario, world, request.share, index, at);
  return scenario.begin({ ...setting, intensity, slow: true });
}

/** Trials until a campaign has the wanted size. */
const TRIALS = 4;
/** The first trial is large enough to tell how long the campaign lasts. */
const FIRST_INTENSITY = 0.5;

/**
 * The intensity at which a campaign's events are a share of the tenant's events while it lasts (an hour at least, by the
 * plan's events a day). Tried in worlds of their own, so that nothing else changes. Scenarios that add no events have no share.
 */
function intensityOf(scenario: Scenario, world: World, share: number, index: number, at: number): number {
  const { plan } = world;
  let intensity = FIRST_INTENSITY;
  let wanted = 0;
  let best = { intensity, error: Number.POSITIVE_INFINITY };
  for (let trial = 0; trial < TRIALS; trial++) {
    const random = new Random(world.seed, 'scenario', scenario.name, index);
    // the begin of the campaign is the first thing that its stream decides
    random.next();
    const id = `${plan.name}-trial-${scenario.name}`;
    const tried = scenario.begin({ id, world: new World(plan), random, intensity, slow: true, at, end: planEnd(plan) }).campaign;
    if (tried === undefined || tried.events === 0)
      throw new WeirError('usage', `${scenario.name} adds no events of its own: give it an intensity, not a share of the traffic`);
    if (trial === 0) wanted = (share * plan.eventsPerDay * Math.max(HOUR, Date.parse(tried.end) - Date.parse(tried.start))) / DAY;
    const error = Math.abs(Math.log(tried.events / Math.max(1, wanted)));
    if (error < best.error) best = { intensity, error };
    intensity = Math.min(10, Math.max(1e-5, (intensity * Math.max(1, wanted)) / tried.events));
  }
  return best.intensity;
}
