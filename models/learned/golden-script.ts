import { FLAG } from '../../services/core/batch.ts';
import { AccountBaselines } from '../baselines/account.ts';
import { InterfaceBaselines } from '../baselines/interface.ts';
import { shippedPrior } from '../prior.ts';
import { ACCOUNT_LIST, accountTerms } from './account-terms.ts';
import { type LearnedView, RowMaker } from './feature-list.ts';
import { GoldenEntity, type GoldenValues } from './golden-windows.ts';
import { INTERFACE_LIST, interfaceTerms } from './interface-terms.ts';

/** Long enough for the long-horizon anchor, which is silent for its first two weeks. */
const DAYS = 17;
/** Of the usual windows every so many give a row; odd ones all do. */
const EVERY = 41;
const SEED = 20260105;

type Draw = (most: number) => number;

/**
 * Rows that the extractor of this program makes of a fixed script: five entities of different roles, weeks of usual hours
 * and odd ones among them, through fresh baselines with the shipped prior. A bundle's manifest holds the rows of the
 * program that trained it; a program that makes other rows (beyond 1e-9) computes other features, and must not use it.
 */
export function goldenRows(view: LearnedView): Float64Array[] {
  return view === 'account' ? accountRows() : interfaceRows();
}

function accountRows(): Float64Array[] {
  const draw = seeded(SEED);
  const baselines = new AccountBaselines();
  const prior = shippedPrior();
  const maker = new RowMaker(ACCOUNT_LIST);
  const rows: Float64Array[] = [];
  const flags = [0, FLAG.admin, FLAG.service, FLAG.anonymous | FLAG.robot, FLAG.flow];
  const entities = flags.map((of, slot) => new GoldenEntity('account', slot, of));
  let count = 0;
  for (let hour = 0; hour < DAYS * 24; hour++) {
    for (let i = 0; i < entities.length; i++) {
      const odd = isOdd(hour, i);
      if (!odd && !isActive(hour, i, draw)) continue;
      const flow = flags[i] === FLAG.flow;
      const window = entities[i].window(hour, odd ? oddAccount(draw, flow) : usualAccount(draw, hour, flow));
      baselines.look(window, prior, undefined);
      if (odd || count++ % EVERY === 0) rows.push(maker.fill(accountTerms(window, baselines), new Float64Array(maker.width)));
      baselines.learn(odd);
    }
  }
  return rows;
}

function interfaceRows(): Float64Array[] {
  const draw = seeded(SEED + 1);
  const baselines = new InterfaceBaselines();
  const prior = shippedPrior();
  const maker = new RowMaker(INTERFACE_LIST);
  const rows: Float64Array[] = [];
  const flags = [0, FLAG.login, FLAG.benefit, FLAG.sensitive | FLAG.export, FLAG.flow];
  const entities = flags.map((of, slot) => new GoldenEntity('interface', slot, of));
  let count = 0;
  for (let hour = 0; hour < DAYS * 24; hour++) {
    for (let i = 0; i < entities.length; i++) {
      const odd = isOdd(hour, i);
      if (!odd && !isActive(hour, i, draw)) continue;
      const window = entities[i].window(hour, odd ? oddInterface(draw) : usualInterface(draw));
      baselines.look(window, prior);
      if (odd || count++ % EVERY === 0) rows.push(maker.fill(interfaceTerms(window, baselines), new Float64Array(maker.width)));
      baselines.learn(odd ? 1 / 3 : 1, false);
    }
  }
  return rows;
}

/** One odd hour a day for one entity after the other, from the third day on, by day and by night. */
function isOdd(hour: number, entity: number): boolean {
  const day = Math.floor(hour / 24);
  return day >= 2 && day % 5 === entity && hour % 24 === (day % 2 === 0 ? 3 : 15);
}

/** Entities keep different hours; not every hour of theirs is used. */
function isActive(hour: number, entity: number, draw: Draw): boolean {
  const ofDay = hour % 24;
  const used = draw(10) < 7;
  return used && ofDay >= 6 + entity && ofDay < 18 + entity && (entity % 2 === 0 || Math.floor(hour / 24) % 7 < 5);
}

function usualAccount(draw: Draw, hour: number, flow: boolean): GoldenValues {
  const requests = 1 + draw(60);
  const objects = draw(Math.min(requests, 12));
  const first = hour < 48;
  return {
    requests,
    failures: draw(2),
    missing: draw(2),
    bytes_out: requests * (500 + draw(4000)),
    duration_ms: requests * (20 + draw(80)),
    interfaces: 1 + draw(6),
    new_interfaces: first ? draw(4) : draw(8) === 0 ? 1 : 0,
    objects,
    new_objects: draw(objects + 1),
    targets: draw(3),
    addresses: 1 + (draw(8) === 0 ? 1 : 0),
    new_addresses: first || draw(12) === 0 ? 1 : 0,
    devices: 1,
    countries: 1,
    sensitive: draw(4),
    exports: draw(20) === 0 ? 1 : 0,
    records: draw(200),
    assets: 2 * requests,
    neighbours: draw(objects + 1),
    active_minutes: Math.min(60, 1 + draw(requests)),
    peak_minute: 1 + draw(8),
    gap_regularity: draw(500),
    top_interface: Math.max(1, Math.ceil(requests / 2)),
    foreign: flow ? draw(100_000) : 0,
    unanswered: flow ? draw(3) : 0,
  };
}

function oddAccount(draw: Draw, flow: boolean): GoldenValues {
  const requests = 200 + draw(400);
  return {
    ...usualAccount(draw, 100, flow),
    requests,
    failures: draw(requests >> 2),
    refused: draw(requests >> 2),
    bytes_out: requests * 20_000,
    interfaces: 10 + draw(30),
    new_interfaces: 5 + draw(10),
    objects: requests - 20,
    new_objects: requests - 40,
    targets: draw(requests),
    addresses: 3,
    new_addresses: 2,
    new_networks: 1,
    new_countries: draw(2),
    new_devices: 1,
    devices: 2,
    countries: 2,
    sensitive: draw(requests >> 1),
    exports: draw(20),
    sends: draw(6),
    benefits: draw(6),
    registers: draw(4),
    logins: 1,
    login_failures: draw(12),
    records: 10_000 + draw(90_000),
    assets: draw(3),
    neighbours: draw(requests >> 1),
    active_minutes: 40 + draw(21),
    peak_minute: 10 + draw(60),
    gap_regularity: 800 + draw(200),
    top_interface: requests - 10,
    foreign: flow ? 500_000_000 : 0,
    unanswered: flow ? requests >> 2 : 0,
    login_success_new: draw(2),
  };
}

function usualInterface(draw: Draw): GoldenValues {
  const requests = 1 + draw(120);
  const callers = 1 + draw(Math.min(requests, 40));
  const part = (whole: number, share: number): number => Math.floor((draw(1000) / 1000) * 2 * share * whole);
  return {
    requests,
    failures: part(requests, 0.05),
    refused: part(requests, 0.02),
    missing: part(requests, 0.03),
    client_errors: part(requests, 0.02),
    server_errors: part(requests, 0.01),
    bytes_out: requests * (800 + draw(1500)),
    duration_ms: requests * (30 + draw(40)),
    callers,
    new_callers: part(callers, 0.2),
    young_callers: part(callers, 0.2),
    single_callers: part(callers, 0.15),
    anonymous: part(requests, 0.2),
    anonymous_ok: part(requests, 0.1),
    new_source_requests: part(requests, 0.1),
    new_source_failures: part(requests, 0.01),
    failing_callers: part(callers, 0.03),
    addresses: callers,
    prefixes: callers - part(callers, 0.1),
    networks: 1 + draw(6),
    countries: 1 + draw(2),
    devices: callers - part(callers, 0.3),
    objects: part(requests, 0.4),
    targets: part(requests, 0.4),
    target_runs: 0,
    neighbours: draw(4),
    records: part(requests, 0.5),
    new_country_requests: part(requests, 0.01),
    top_caller: Math.ceil(requests / callers),
    heavy_callers: 0,
    few_callers: part(callers, 0.4),
    slow: part(requests, 0.02),
    external: part(requests, 0.3),
    new_object_reads: part(requests, 0.2),
  };
}

function oddInterface(draw: Draw): GoldenValues {
  const requests = 300 + draw(900);
  const callers = 150 + draw(100);
  return {
    ...usualInterface(draw),
    requests,
    failures: requests >> 1,
    refused: requests >> 3,
    missing: requests >> 3,
    server_errors: requests >> 4,
    bytes_out: requests * 9000,
    duration_ms: requests * 900,
    callers,
    new_callers: callers - 20,
    young_callers: callers - 25,
    single_callers: callers - 30,
    anonymous: requests >> 1,
    anonymous_ok: requests >> 2,
    new_source_requests: requests >> 1,
    new_source_failures: requests >> 2,
    login_success_new: draw(12),
    failing_callers: callers >> 1,
    addresses: callers,
    prefixes: callers >> 3,
    networks: 20 + draw(20),
    countries: 3 + draw(9),
    devices: 4,
    objects: requests - 10,
    targets: requests - draw(100),
    target_runs: draw(40),
    neighbours: requests >> 1,
    new_country_requests: requests >> 3,
    top_caller: requests >> 3,
    heavy_callers: draw(9),
    few_callers: callers - 20,
    slow: requests >> 2,
    external: requests,
    new_object_reads: requests - 20,
  };
}

/** Whole numbers below `most` (at least 1); mulberry32 by Tommy Ettinger, public domain. */
function seeded(seed: number): Draw {
  let a = seed >>> 0;
  return (most) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * Math.max(1, most));
  };
}
