import type { SimulatedFormat } from './formats/write-line.ts';
import { interfaceIn } from './formats/write-line.ts';
import type { Operation } from './interfaces.ts';
import type { World } from './world.ts';

const ACCOUNT_FIELD: Partial<Record<SimulatedFormat, string>> = {
  'nginx-json': 'http_x_consumer_id',
  apisix: 'consumer.username',
  kong: 'consumer.username',
  'envoy-json': 'x_consumer_username',
};

/** What an operator of a simulated tenant would write into weir.yaml: plain data, by its keys. */
export interface MatchingConfig {
  tenants: Record<string, Record<string, unknown>>;
  sources: Record<string, unknown>[];
}

/** The config that fits the logs of worlds: zone, calendar, roles, what is sensitive, proxies and field names. `file` names a tenant's log. */
export function matchingConfig(
  worlds: readonly World[],
  format: (world: World) => SimulatedFormat,
  file: (world: World) => string,
): MatchingConfig {
  const tenants: MatchingConfig['tenants'] = {};
  const sources: MatchingConfig['sources'] = [];
  for (const world of worlds) {
    const of = format(world);
    tenants[world.plan.name] = tenantOf(world, of);
    sources.push(sourceOf(world, of, file(world)));
  }
  return { tenants, sources };
}

function tenantOf(world: World, format: SimulatedFormat): Record<string, unknown> {
  const { plan, people, api } = world;
  const ids = (...operations: Operation[]): string[] => api.ofOperation(...operations).map((one) => interfaceIn(format, one.id, plan.name));
  const admins = people.filter((person) => person.role === 'admin').map((person) => person.name);
  const services = people.filter((person) => person.role === 'service').map((person) => person.name);
  const tags: Record<string, string[]> = {
    login: ids('login'),
    register: ids('register'),
    send_code: ids('send_code'),
    benefit: ids('benefit'),
    export: ids('export'),
  };
  return {
    time_zone: plan.time_zone,
    calendar: { country: plan.country, ...(Object.keys(plan.calendar).length > 0 ? { days: plan.calendar } : {}) },
    ...(world.contracts.length > 0
      ? { peers: Object.fromEntries(world.contracts.map(({ member, until }, i) => [`contract-${i + 1}`, { members: [member], until }])) }
      : {}),
    ...(plan.kind === 'network'
      ? {}
      : {
          sensitive: ids('sensitive'),
          tags,
          ...(admins.length + services.length > 0 ? { roles: { admin: admins, service: services } } : {}),
        }),
  };
}

function sourceOf(world: World, format: SimulatedFormat, file: string): Record<string, unknown> {
  const { plan, nuisances } = world;
  const base = { name: plan.name, tenant: plan.name, format, files: [file] };
  if (plan.kind === 'network') return base;
  const account = ACCOUNT_FIELD[format];
  return {
    ...base,
    ...(nuisances.forwarded ? { trusted_proxies: nuisances.proxies } : {}),
    ...(account === undefined ? {} : { identity: [account] }),
    targets: [...(nuisances.logsLogin && format !== 'combined' ? ['login_user'] : []), `arg_${world.phoneArgument}`],
    ...(nuisances.loginFailure === 200 && format !== 'combined' ? { failure: { field: 'body_code', is: [nuisances.failureCode] } } : {}),
  };
}
