import { hashString } from '../../../services/core/hash.ts';
import { Sfc32 } from '../../../services/core/sfc32.ts';
import type { ApiDocument } from './api-document.ts';
import { KINDS, pick } from './parameter-values.ts';

/** One request of the bench. */
export interface Request {
  method: string;
  /** path and query */
  path: string;
  status: number;
  caller: string;
  /** ms since 1970 */
  at: number;
  /** index of its operation, -1 noise */
  operation: number;
}

export interface TrafficPlan {
  seed: number;
  requests: number;
  callers: number;
  days: number;
  /** all values of a parameter are as popular; left out: few are popular, many are rare */
  uniform?: boolean;
}

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2);
/** what scanners ask for besides random names */
const PROBES =
  '/.env /.git/config /wp-login.php /wp-admin/setup.php /phpmyadmin/index.php /admin /administrator /backup.zip /config.json /actuator/env /server-status /api/swagger.json /v1/debug /console /solr/admin /cgi-bin/test.cgi /owa/auth/logon.aspx /manager/html /HNAP1 /boaform/admin'.split(
    ' ',
  );

/** Traffic of one document: callers of several roles, popular and rare values, days and nights, failures, scanners. */
export function* trafficOf(document: ApiDocument, plan: TrafficPlan): Generator<Request> {
  const random = new Sfc32(plan.seed, hashString(document.name), 0x7e3a, 20);
  const draw = () => random.next();
  const pools = new Map<string, string[]>();
  /** by parameter: values belong to their callers */
  const owned = new Set<string>();
  const templates = document.operations.map(({ path }) => placed(path));
  for (const key of templates.flat()) {
    if (!key.startsWith('{') || pools.has(key)) continue;
    const { kind, values } = document.parameters[nameOf(key)];
    pools.set(key, values ?? poolOf(kind ?? 'int', draw));
    if (kind === 'user' || kind === 'int' || kind === 'uuid') if (draw() < 0.4) owned.add(key);
  }
  const order = document.operations.map((_, i) => i).sort(() => draw() - 0.5);
  // Weights fall by rank, yet the rarest operation is still called now and then.
  const weights = order.map((_, rank) => 1 / (rank + 2) ** 0.9);
  const total = weights.reduce((a, b) => a + b, 0);
  /** few callers may call an operation of the administrators */
  const few = new Set(order.filter(() => draw() < 0.2));
  const administrators = Math.max(3, Math.round(plan.callers / 40));
  const scanners = 3;
  for (let n = 0; n < plan.requests; n++) {
    const at = START + Math.floor(hourOf(draw, plan.days) * HOUR);
    if (draw() < 0.02) {
      const caller = `scanner${random.int(scanners)}`;
      const path = draw() < 0.4 ? pick(draw, PROBES) : `/${word(random)}${draw() < 0.5 ? `/${word(random)}` : ''}`;
      yield { method: draw() < 0.85 ? 'GET' : 'POST', path, status: draw() < 0.95 ? 404 : 403, caller, at, operation: -1 };
      continue;
    }
    let left = draw() * total;
    let rank = 0;
    while (rank < weights.length - 1 && (left -= weights[rank]) > 0) rank++;
    const operation = order[rank];
    const caller = few.has(operation) ? random.int(administrators) : zipf(draw, plan.callers);
    const { method, path } = document.operations[operation];
    let text = '';
    for (const part of templates[operation]) {
      const pool = pools.get(part);
      if (pool === undefined) text += part;
      else
        text +=
          owned.has(part) && draw() < 0.8
            ? pool[caller % pool.length]
            : pool[plan.uniform ? random.int(pool.length) : zipf(draw, pool.length)];
    }
    if (!path.includes('?') && draw() < 0.15) text += `?page=${random.int(20)}`;
    yield { method, path: text, status: statusOf(method, draw), caller: `caller${caller}`, at, operation };
  }
}

/** One scanner's sweep within a night: 100,000 random paths that are not there, and 10,000 that a catch-all answers. */
export function* scansOf(document: ApiDocument, seed: number): Generator<Request> {
  const random = new Sfc32(seed, hashString(document.name), 0x5ca4, 20);
  const folders = ['', ...new Set(document.operations.map(({ path }) => path.split('{')[0].replace(/\/[^/]*$/, '')))];
  for (let n = 0; n < 110_000; n++) {
    const deep = random.int(3);
    let path = random.int(2) === 0 ? '' : folders[random.int(folders.length)];
    for (let i = 0; i <= deep; i++) path += `/${word(random)}`;
    const there = n % 11 === 0;
    const method = random.int(10) === 0 ? 'POST' : 'GET';
    yield { method, path, status: there ? 200 : 404, caller: 'sweeper', at: START + random.int(6 * HOUR), operation: -1 };
  }
}

/** A path's parts, parameters with the name in front of them: `/posts/{slug}` and `/pages/{slug}` have values of their own. */
function placed(path: string): string[] {
  let before = '';
  return path.split(/(\{[^}]*\})/).map((part) => {
    if (part.startsWith('{')) return `${part} ${before}`;
    before = part.split('/').findLast((name) => name !== '') ?? before;
    return part;
  });
}
const nameOf = (key: string): string => key.slice(1, key.indexOf('}'));

function poolOf(kind: string, draw: () => number): string[] {
  const { size, make } = KINDS[kind];
  const values = new Set<string>();
  for (let i = 0; i < size; i++) values.add(make(draw, i));
  return [...values].sort(() => draw() - 0.5);
}

/** Rank below n with a popularity that falls as rank ^ -0.8 (its integral turned round). */
function zipf(draw: () => number, n: number): number {
  return Math.min(n - 1, Math.floor(n * draw() ** 3 * 0.999));
}

function hourOf(draw: () => number, days: number): number {
  const day = Math.floor(draw() * days);
  // two of three requests by day
  const hour = draw() < 0.67 ? 8 + draw() * 12 : draw() * 24;
  return day * 24 + hour;
}

function statusOf(method: string, draw: () => number): number {
  const u = draw();
  if (u < 0.9) return method === 'POST' && draw() < 0.3 ? 201 : method === 'DELETE' ? 204 : 200;
  if (u < 0.92) return 304;
  if (u < 0.95) return 404;
  if (u < 0.97) return 401;
  return u < 0.99 ? 400 : 500;
}

function word(random: Sfc32): string {
  let text = '';
  const length = 3 + random.int(9);
  for (let i = 0; i < length; i++) text += 'abcdefghijklmnopqrstuvwxyz0123456789'[random.int(random.int(3) === 0 ? 36 : 26)];
  return text;
}
