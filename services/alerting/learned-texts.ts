import type { ExpectedRange, Term } from '../../models/evidence.ts';
import type { EntityRef } from '../../schemas/alert.ts';

/** How a person calls the features that only trained scorers look at; as the phrases of the others, after a number. */
export const LEARNED_PHRASES: Readonly<Record<string, string | readonly [one: string, many: string]>> = {
  repeated_objects: ['request for an object that was asked for before', 'requests for objects that were asked for before'],
  repeated_targets: ['request for a target that was asked for before', 'requests for targets that were asked for before'],
  records_per_request: 'records per request',
  two_places: ['hour in two countries on two devices', 'hours in two countries on two devices'],
};

/** What is counted over the tenant's running day, whatever the alert's window. */
export const TODAY: ReadonlySet<string> = new Set([
  'new_addresses',
  'new_networks',
  'new_countries',
  'new_devices',
  'new_interfaces',
  'new_environment',
  'two_places',
  'active_hours_1d',
]);

/** Facts: what is said of an entity that does not have them, and of one that has. */
const FACTS: Readonly<Record<string, readonly [no: string, yes: string]>> = {
  admin: ['it is not listed as privileged', 'it is listed as privileged'],
  service: ['it is not listed as a service', 'it is listed as a service'],
  anonymous: ['it is a named account', 'it stands for requests without an account'],
  robot: ['its client does not call itself a robot', 'its client calls itself a robot'],
  flow: ['it is about requests, not network flows', 'it is about network flows'],
  login: ['it is no login', 'it is a login'],
  register: ['it is no sign-up', 'it is a sign-up'],
  send_code: ['it sends no codes', 'it sends codes'],
  benefit: ['it gives no benefits', 'it gives benefits'],
  sensitive: ['it is not listed as sensitive', 'it is listed as sensitive'],
  export: ['it exports nothing', 'it is an export'],
  asset: ['it is no static file', 'it is a static file'],
  working_day: ['it is not a working day', 'it is a working day'],
};

/** A reason of a feature without a law, in words: the value, and what is usual among the windows that the model learned from. */
export function plainText({ feature, value }: Term, { low, high }: ExpectedRange, entity: EntityRef): string {
  if (Object.hasOwn(FACTS, feature)) return FACTS[feature][value > 0 ? 1 : 0];
  const kind = entity.kind;
  switch (feature) {
    case 'days':
      return `its past is ${whole(value, 'active day')} long${value >= high ? ' or more' : ''}; ${whole(low, 'day')} to ${whole(high, 'day')} are usual`;
    case 'hours':
      return `its past is ${whole(value, 'hour')} long${value >= high ? ' or more' : ''}; ${whole(low, 'hour')} to ${whole(high, 'hour')} are usual`;
    case 'concentration':
      return `${percent(value)} of its requests in this hour go to one interface; ${between(low, high)} for ${kind}s`;
    case 'block_share':
      return `${percent(value)} of its active hours usually lie in this part of the day; ${between(low, high)} for ${kind}s`;
    case 'callers_log10':
      return `${whole(callers(value), 'caller')} in this hour; ${callers(low)} to ${callers(high)} are usual for ${kind}s`;
    default:
      return `${feature.replaceAll('_', ' ')} is ${Number(value.toPrecision(3))}; ${Number(low.toPrecision(3))} to ${Number(high.toPrecision(3))} are usual for ${kind}s`;
  }
}

const percent = (value: number): string => `${Math.round(100 * value)} %`;
const between = (low: number, high: number): string => `${percent(low)} to ${percent(high)} are usual`;
const callers = (value: number): number => Math.round(10 ** value - 1);

function whole(value: number, one: string): string {
  const number = Math.round(value);
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
