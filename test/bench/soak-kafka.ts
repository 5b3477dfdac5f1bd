import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evaluationPlans } from '../../services/simulation/evaluation-plans.ts';
import { Random } from '../../services/simulation/random.ts';
import { writeSimulation } from '../../services/simulation/write-files.ts';
import { openReader } from '../../services/storage/open-reader.ts';
import { startBroker } from '../support/broker.ts';
import { startClickHouse } from '../support/clickhouse-server.ts';
import {
  alertIds,
  anyVersion,
  Drill,
  type DrillSource,
  embeddedRun,
  findings,
  killAfterSnapshot,
  placeOfLine,
  spoiled,
  writeDrillConfig,
} from '../support/kafka-drill.ts';
import { Fleet } from '../support/kafka-fleet.ts';
import { clusterOf } from '../support/kafka-runs.ts';

/**
 * `npm run soak:kafka`: the ledger under faults at full size. Simulated tenants with attacks, through processes of
 * `weir serve` that are killed, stopped, frozen and started anew while they work, whose broker and store go away and come
 * back, and whose config changes. An undisturbed embedded run is the reference. Prints what was done and what was found;
 * the exit code is 1 when anything is not as it should be.
 */
const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '77' },
    partitions: { type: 'string', default: '6' },
    keep: { type: 'boolean', default: false },
  },
});
const BUILT = fileURLToPath(new URL('../..', import.meta.url));
const POISON = fileURLToPath(new URL('../../../test/support/poison.mjs', import.meta.url));
const DAYS = 4;
const KINDS = ['consumer', 'partners', 'office'] as const;
const MALFORMED = 0.001;
const PREFIX = 'soak';
/** where, in the lines of the first source, the record is that stops the account stage */
const POISON_AT = 0.42;
const PATIENCE = 900_000;

const random = new Random(Number(flags.seed));
const next = () => random.next();
const folder = mkdtempSync(join(tmpdir(), 'weir-soak-'));
const figures: [string, string | number][] = [];
let wrong = 0;

function figure(name: string, value: string | number): void {
  figures.push([name, value]);
}

/** A figure that has to be so. */
function verdict(name: string, value: string | number, right: boolean): void {
  if (!right) wrong++;
  figure(name, right ? value : `${value}  WRONG`);
}

function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

const begun = performance.now();
const [broker, store] = await Promise.all([startBroker({ heap: 1024, tiered: true }), startClickHouse()]);
const cluster = clusterOf(broker.bootstrap, PREFIX);
let fleet: Fleet | undefined;
try {
  const eventsPerDay = Number(flags.events) / DAYS / KINDS.length;
  const plans = evaluationPlans({ kinds: KINDS, tenants: 1, days: DAYS, seed: Number(flags.seed), campaigns: 3, tenant: { eventsPerDay } });
  const { files, config } = writeSimulation(join(folder, 'simulation'), { tenants: plans }, 'nginx-json');
  const base = config as unknown as { tenants: Record<string, unknown>; sources: { name: string; tenant: string; files: string[] }[] };
  const bad: string[] = [];
  const sources = base.sources.map(({ files: own, ...options }, i): DrillSource => {
    const whole = own.flatMap((file) => readFileSync(join(folder, 'simulation', file), 'utf8').split('\n')).filter((line) => line !== '');
    const { lines, bad: places } = spoiled(whole, MALFORMED, next);
    const source = { tenant: options.tenant, name: options.name, topic: `gateway-${i}`, partitions: 4 - i, lines, options };
    for (const place of places) {
      const { partition, offset } = placeOfLine(source, place);
      bad.push(`${partition}@${offset}`);
    }
    return source;
  });
  const [first] = sources;
  const poisonLine = Math.floor(first.lines.length * POISON_AT);
  const poison = placeOfLine(first, poisonLine);
  const environment = { ...process.env, WEIR_KEY: 'a master key for the soak', WEIR_TEST_POISON: JSON.stringify(poison) };
  const drill = new Drill(cluster, PREFIX, sources);
  figure('events', drill.events);
  figure('malformed lines', bad.length);
  say(`${drill.events.toLocaleString('en')} events of ${files.length} tenants`);

  const without = sources.map((source) => ({ ...source, lines: source.lines.filter((_, i) => source !== first || i !== poisonLine) }));
  const expected = anyVersion(await embeddedRun(folder, without, base.tenants, environment));
  const ids = alertIds(expected);
  say(`undisturbed, embedded: ${ids.size} alerts`);

  await drill.begin();
  const place = { url: store.url, database: 'soak' };
  const configWith = (budget: number): string =>
    writeDrillConfig(join(folder, `budget-${budget}.yaml`), drill, {
      bootstrap: broker.bootstrap,
      store: place,
      tenants: { ...base.tenants, spare: { alert_budget: budget } },
      kafka: { partitions: Number(flags.partitions), snapshot_every: '5s', idle_after: '1h', session_timeout: '6s' },
    });
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const processes = new Fleet({ config: configWith(5), folder: logs, environment, preload: [POISON], built: BUILT });
  fleet = processes;
  const done = { kills: 0, joins: 0, leaves: 0, brokerKills: 0, brokerStops: 0, outages: 0, zombies: 0, aborted: 0, configs: 0 };

  const start = (name: string): void => {
    if (!processes.members.get(name)?.running) processes.start(name);
  };
  const kill = async (name: string): Promise<void> => {
    done.kills++;
    await processes.get(name).kill();
    start(name);
  };
  const faults: (() => Promise<void>)[] = [
    ...Array.from({ length: Number(flags.kills) - 3 }, () => () => kill(random.pick(['a', 'b', 'c']))),
    ...Array.from({ length: 2 }, () => async () => {
      done.brokerKills++;
      await broker.kill();
      await broker.restart();
    }),
    ...Array.from({ length: 2 }, () => async () => {
      done.brokerStops++;
      await broker.stop();
      await broker.restart();
    }),
    ...Array.from({ length: 3 }, () => async () => {
      done.leaves++;
      await processes.get('c').term();
      await wait(next() * 5000);
      done.joins++;
      start('c');
    }),
  ];
  const order = random.shuffle([...faults]);
  // larger ones have their places among the others
  order.splice(Math.floor(order.length * 0.3), 0, async () => {
    done.outages++;
    await store.kill();
    await wait(5000);
    await kill('a');
    await wait(10_000);
    await store.restart();
  });
  for (const at of [0.45, 0.75]) {
    order.splice(Math.floor(order.length * at), 0, async () => {
      done.zombies++;
      processes.get('b').freeze();
      const fed = await drill.feed(Math.min(0.98, shareOf(step + 1)));
      await drill.untilTaken(fed, PATIENCE);
      processes.get('b').thaw();
    });
  }
  order.splice(Math.floor(order.length * 0.6), 0, async () => {
    for (const name of ['b', 'c']) {
      done.kills++;
      await processes.get(name).kill();
    }
    const [stray] = await Promise.all([
      killAfterSnapshot(drill, processes.get('a'), join(folder, 'state')),
      drill.feed(Math.min(0.98, shareOf(step + 1))),
    ]);
    say(`aborted after snapshot ${stray}`);
    done.aborted++;
    done.configs++;
    processes.config = configWith(6);
    for (const name of ['a', 'b', 'c']) start(name);
  });

  let step = 0;
  const shareOf = (at: number): number => at / (order.length + 1);
  let before = 0;
  for (const name of ['a', 'b', 'c']) start(name);
  for (const fault of order) {
    step++;
    const fed = Math.max(before, await drill.feed(shareOf(step)));
    await drill.untilTaken(before + next() * (fed - before), PATIENCE);
    before = fed;
    await wait(next() * 2000);
    await fault();
    say(`${step}/${order.length}: ${JSON.stringify(done)}, ${await drill.taken()} records taken`);
  }
  await drill.feed(1);
  await drill.end();
  await drill.untilAtRest(PATIENCE);
  await processes.stop();

  const reader = await openReader(place);
  const found = await findings(drill, reader, join(folder, 'found'));
  await reader.close();
  const lines = processes.lines();
  const opened = lines.filter((line) => line.event === 'task_opened');
  figure('kill -9', done.kills);
  figure('processes joined and left on purpose', `${done.joins} and ${done.leaves}`);
  figure('broker killed and stopped', `${done.brokerKills} and ${done.brokerStops}`);
  figure('store outages', done.outages);
  figure('zombies that woke up', done.zombies);
  figure('transactions aborted behind a snapshot', done.aborted);
  figure('config changes while a replay was due', done.configs);
  figure('assignments after rebalances', lines.filter((line) => line.event === 'partitions_assigned').length);
  figure('takeovers', opened.length);
  figure('takeovers with a replay', opened.filter((line) => Number(line.replayed) > 0).length);
  figure(
    'replayed records',
    opened.reduce((sum, line) => sum + Number(line.replayed), 0),
  );
  figure('tasks shut out', lines.filter((line) => line.event === 'task_fenced').length);
  const poisonings = processes.crashes.filter(({ text }) => text.includes(': poison ('));
  figure('crashes on the poison record', poisonings.length);
  const others = processes.crashes.filter(({ text }) => !text.includes(': poison ('));
  verdict('other ends that nobody asked for', others.length, others.length === 0);
  verdict('unexpected errors', count(processes.text(), 'unexpected error'), !processes.text().includes('unexpected error'));

  const { balance } = found;
  const read = balance.sources.reduce((sum, source) => sum + source.read, 0);
  const missing = balance.sources.reduce((sum, source) => sum + Math.abs(source.missing) + source.in_flight, 0);
  verdict('read', read, read === drill.events);
  verdict('balance', missing, missing === 0 && balance.balanced && balance.settled);
  verdict('late', found.late, found.late === 0);
  const poisoned = `${poison.partition}@${poison.offset} poison`;
  const letters = found.dead.filter((letter) => letter !== poisoned).map((letter) => letter.split(' ')[0]);
  verdict('dead letters', found.dead.length, letters.join() === [...bad].sort().join());
  verdict('poison dead letters', found.dead.filter((letter) => letter === poisoned).length, found.dead.includes(poisoned));
  const canonical = anyVersion(found.canonical);
  verdict('alerts', alertIds(canonical).size, canonical.alerts === expected.alerts);
  verdict('windows', canonical.windows.split('\n').length - 1, settledForm(canonical.windows) === settledForm(expected.windows));
  const marks = differing(canonical.windows, expected.windows);
  figure('windows whose end was final in one of the runs only', marks);
  const copies = [...found.said.values()].reduce((sum, times) => sum + times - 1, 0);
  verdict('duplicates on the alert topics', copies, copies === 0 && [...ids.keys()].sort().join() === [...found.said.keys()].sort().join());
  figure('took', `${Math.round((performance.now() - begun) / 1000)} s`);
  for (const { name, text } of others) console.log(`${name} ended by itself: ${text.slice(-600)}`);
} finally {
  await fleet?.kill();
  await cluster.close();
  await Promise.all([broker.remove(), store.remove()]);
  if (flags.keep || wrong > 0) say(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
const width = Math.max(...figures.map(([name]) => name.length));
for (const [name, value] of figures)
  console.log(`${name.padEnd(width)}  ${typeof value === 'number' ? value.toLocaleString('en') : value}`);
console.log(wrong === 0 ? 'nothing lost, nothing doubled' : `${wrong} figures are wrong`);
process.exitCode = wrong === 0 ? 0 : 1;

/** Windows without the mark of those that a longer input may replace. */
function settledForm(windows: string): string {
  return windows.replaceAll(/"final":(true|false)/g, '"final":null');
}

function differing(a: string, b: string): number {
  const lines = b.split('\n');
  return a.split('\n').filter((line, i) => line !== lines[i]).length;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
