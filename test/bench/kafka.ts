import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Latency, type LatencyOptions, latency, quantile } from './kafka-latency.ts';
import { type Measures, sizingTable } from './kafka-sizing.ts';
import { Stand } from './kafka-stand.ts';
import { benchFiles, consuming, embedded, type Throughput, throughput, type Yardstick } from './kafka-throughput.ts';
import { transactionCosts } from './kafka-transactions.ts';

/**
 * `npm run bench:kafka`: the main job on a real broker and a real ClickHouse server on this machine. Throughput with one
 * and two processes beside yardsticks on the same lines; where the CPU time goes; what transactions cost; how long
 * alerts take on live traffic, with and without a hot key, a backfill, a late source; and a sizing from these. `--quick`
 * is small; `--only transactions,throughput,profile,commits,latency` measures some; `--out DIR` writes kafka.md and kafka.json.
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'transactions,throughput,profile,commits,latency' },
    events: { type: 'string' },
    hours: { type: 'string', default: '24' },
    rate: { type: 'string' },
    seconds: { type: 'string' },
    speed: { type: 'string', default: '6' },
    scenarios: { type: 'string' },
    commits: { type: 'string', default: '50ms,200ms,1s' },
    out: { type: 'string' },
  },
});
const { quick } = flags;
const only = flags.only.split(',');
const events = Number(flags.events ?? (quick ? 100_000 : 1_000_000));
const rate = Number(flags.rate ?? (quick ? 3000 : 10_000));
const seconds = Number(flags.seconds ?? (quick ? 45 : 150));
/** Event time of the run from which sizes are worked out: as dense as the logs of an installation worth sizing. */
const DENSE_HOURS = 2;
const hours = Number(flags.hours);
const speed = Number(flags.speed);
const LATENCY_HEAD = [
  '| | alerts | topic p50 / p99 | store p50 / p99 | busy tenant, topic p50 / p99 | end of an hour, topic p50 / p99 | CPU µs an event: Weir / broker / ClickHouse | transactions/s | writer behind, ms | remarks |',
  '|---|---:|---:|---:|---:|---:|---:|---:|---:|---|',
];
const lines: string[] = [];
const figures: Record<string, unknown> = { events, rate, seconds, speed };

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

function print(...text: string[]): void {
  lines.push(...text);
  console.log(text.join('\n'));
}

function perEvent(cpu: number, of: number): string {
  return ((cpu / of) * 1e6).toFixed(1);
}

/** CPU µs of an event. */
function cost(cpu: number, { events: of }: Latency): number {
  return (cpu / of) * 1e6;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

const stand = await Stand.open();
try {
  print(
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, broker and ClickHouse on the same machine.`,
    '',
  );
  // first, so that Java has compiled the broker's code when the rest begins
  if (only.includes('transactions')) await measureTransactions();
  const measures = only.includes('throughput') ? await measureThroughput() : undefined;
  if (only.includes('profile')) await measureProfile();
  const live = only.includes('commits') ? await measureCommits() : undefined;
  if (only.includes('latency')) await measureLatency();
  if (measures !== undefined) {
    // live traffic is dearer than a backlog: transactions come by the clock, and hold little
    const costs =
      live === undefined ? {} : { weir: cost(live.weir, live), broker: cost(live.broker, live), clickhouse: cost(live.clickhouse, live) };
    print('## Sizing', '', ...sizingTable({ ...measures, ...costs }), '');
  }
} finally {
  await stand.close();
  if (flags.out !== undefined) {
    mkdirSync(flags.out, { recursive: true });
    writeFileSync(join(flags.out, 'kafka.json'), `${JSON.stringify(figures, null, 2)}\n`);
    writeFileSync(join(flags.out, 'kafka.md'), `# Bench on Kafka\n\n${lines.join('\n')}\n`);
  }
}

async function measureThroughput(): Promise<Measures> {
  const accounts = events / 50;
  const files = benchFiles(stand, events, accounts, hours);
  const yardsticks: Yardstick[] = [];
  const runs: Throughput[] = [];
  say('one process');
  runs.push(
    await throughput(stand, files, {
      processes: 1,
      onFilled: (yardstick) => yardsticks.push(yardstick),
      onInstalled: async (installation) => {
        yardsticks.push(await consuming(stand, installation, events));
      },
    }),
  );
  say('two processes');
  runs.push(await throughput(stand, files, { processes: 2 }));
  say('embedded');
  yardsticks.push(await embedded(stand, files));
  say('ten times the accounts');
  const many = await throughput(stand, benchFiles(stand, events, accounts * 10, hours), { processes: 1 });
  say('one process, dense');
  const dense = await throughput(stand, benchFiles(stand, events, accounts, DENSE_HOURS), { processes: 1 });
  figures.throughput = { runs, many, dense, yardsticks };

  print(`## Throughput: ${whole(events)} events in ${files.length} topics`, '');
  print('| | events/s | CPU µs an event: Weir | broker | ClickHouse | peak memory of a process |', '|---|---:|---:|---:|---:|---:|');
  const rows: [string, Throughput][] = [
    ...runs.map((run): [string, Throughput] => [`${run.processes} process${run.processes > 1 ? 'es' : ''}`, run]),
    [`1 process, ${whole(accounts * 10)} accounts instead of ${whole(accounts)}`, many],
    [`1 process, the same events within ${DENSE_HOURS} hours of event time instead of ${hours}`, dense],
  ];
  for (const [name, run] of rows) {
    print(
      `| ${name} | ${whole(run.events / run.took)} | ${perEvent(sum(run.weir), run.events)} (${run.weir.map((cpu) => cpu.toFixed(1)).join(' + ')} s) | ${perEvent(run.broker, run.events)} | ${perEvent(run.clickhouse, run.events)} | ${whole(Math.max(...run.peak) / 1e6)} MB |`,
    );
  }
  for (const { name, took, cpu, broker } of yardsticks) {
    print(`| ${name} | ${whole(events / took)} | ${perEvent(cpu, events)} | ${broker === 0 ? '' : perEvent(broker, events)} | | |`);
  }
  const [one, two] = runs;
  print(
    '',
    `Two processes against one: ${(one.took / two.took).toFixed(2)} times as fast, ${(sum(two.weir) / sum(one.weir)).toFixed(2)} times the CPU time.`,
  );

  const innerOf = (run: Throughput): [string, number][] =>
    Object.entries(run.topics).filter(([topic]) => /^(events|partials|candidates|windows|shadow)$/.test(topic));
  const perTopic = (run: Throughput): string =>
    innerOf(run)
      .map(([topic, bytes]) => `${topic} ${(bytes / events).toFixed(1)}`)
      .join(', ');
  const lineBytes = sum(files.map(({ bytes }) => bytes)) / events;
  print(
    '',
    ...[one, dense].map(
      (run) =>
        `Within ${run === one ? hours : DENSE_HOURS} hours, for each event: bytes on the broker ${perTopic(run)} (its line has ${lineBytes.toFixed(0)}); in ClickHouse ${(run.stored.bytes / events).toFixed(1)} bytes, ${(run.stored.rows / events).toFixed(2)} rows; ${whole(run.state / accounts)} bytes of the state folder an account; ${whole(run.transactions)} transactions of ${whole(events / run.transactions)} events.`,
    ),
    '',
  );
  const accountBytes = Math.max(0, (many.peak[0] - one.peak[0]) / (accounts * 9));
  return {
    lineBytes,
    weir: (sum(dense.weir) / events) * 1e6,
    broker: (dense.broker / events) * 1e6,
    clickhouse: (dense.clickhouse / events) * 1e6,
    topicBytes: sum(innerOf(dense).map(([, bytes]) => bytes)) / events,
    storeBytes: dense.stored.bytes / events,
    accountBytes,
    processBytes: one.peak[0] - accountBytes * accounts,
  };
}

async function measureProfile(): Promise<void> {
  say('profile');
  const { profile, took } = await throughput(stand, benchFiles(stand, events, events / 50, hours), { processes: 1, profile: true });
  if (profile === undefined) return;
  figures.profile = profile;
  print(
    `## Where the CPU time of one process goes`,
    '',
    `Main thread: ${profile.busy.toFixed(1)} s busy, pipeline ${took.toFixed(1)} s.`,
    '',
    '| part | share |',
    '|---|---:|',
  );
  for (const [part, time] of profile.parts) print(`| ${part} | ${((time / profile.busy) * 100).toFixed(1)} % |`);
  print('', '| function | share |', '|---|---:|');
  for (const [name, time] of profile.functions.slice(0, 25)) print(`| \`${name}\` | ${((time / profile.busy) * 100).toFixed(1)} % |`);
  print('');
}

async function measureTransactions(): Promise<void> {
  say('transactions alone');
  const costs = await transactionCosts(stand, quick ? 50 : 200);
  print('## Transactions', '', '| bytes | partitions | ms | CPU ms, client | CPU ms, broker |', '|---:|---:|---:|---:|---:|');
  for (const { bytes, partitions, took, client, broker } of costs) {
    print(`| ${whole(bytes / 1024)} KiB | ${partitions} | ${took.toFixed(1)} | ${client.toFixed(2)} | ${broker.toFixed(2)} |`);
  }
  figures.transactions = costs;
  print('');
}

/** The same live traffic with other intervals between commits. */
async function measureCommits(): Promise<Latency | undefined> {
  const found: Record<string, Latency> = {};
  print(`## Transactions by \`kafka.commit_every\`: live, ${whole(rate)} events/s in real time`, '', LATENCY_HEAD[0], LATENCY_HEAD[1]);
  for (const every of flags.commits.split(',')) {
    say(`commit_every ${every}`);
    found[every] = await latency(stand, { rate, seconds: Math.min(60, seconds), speed: 1, kafka: { commit_every: every } });
    print(latencyRow(`\`commit_every: ${every}\``, found[every]));
  }
  figures.commits = found;
  print('');
  return found['200ms'];
}

async function measureLatency(): Promise<void> {
  const base: LatencyOptions = { rate, seconds, speed };
  const scenarios: Record<string, LatencyOptions> = {
    'no hot key': base,
    'half of all events on one interface': { ...base, hot: 'interface' },
    'half of all events from one account': { ...base, hot: 'account' },
    'a tenant fills in a week': { ...base, backfill: quick ? 100_000 : 1_000_000 },
    'a source whose lateness is an hour': { ...base, slow: true },
    'an hour ends': { ...base, hourEnd: true },
  };
  const wanted = flags.scenarios?.split(',').map(Number);
  const found: Record<string, Latency> = {};
  print(
    '## Latency of alerts',
    '',
    `${whole(rate)} events/s live, event time ${speed} times as fast as the clock: in each minute of event time two attacks on each tenant; from (window end + lateness) until the alert can be read. Alerts of minutes, of tenants without the hot key, unless said otherwise. The store was asked every 100 ms. ms:`,
    '',
    ...LATENCY_HEAD,
  );
  for (const [i, [name, options]] of Object.entries(scenarios).entries()) {
    if (wanted !== undefined && !wanted.includes(i)) continue;
    say(name);
    found[name] = await latency(stand, options);
    print(latencyRow(name, found[name]));
  }
  figures.latency = found;
  const calm = found['no hot key'];
  if (calm !== undefined) {
    const ratios = Object.entries(found).filter(([name]) => name !== 'no hot key');
    print(
      '',
      `p99 against \`no hot key\`, topic and store: ${ratios.map(([name, run]) => `${name} ${(quantile(run.topic, 0.99) / quantile(calm.topic, 0.99)).toFixed(2)} and ${(quantile(run.store, 0.99) / quantile(calm.store, 0.99)).toFixed(2)}`).join('; ')}.`,
      '',
    );
  }
}

function latencyRow(name: string, run: Latency): string {
  const both = (values: readonly number[]): string => `${whole(quantile(values, 0.5))} / ${whole(quantile(values, 0.99))}`;
  const remarks = [
    ...(run.missing > 0 ? [`${run.missing} alerts not seen in the store`] : []),
    ...(run.late > 0 ? [`${run.late} late events`] : []),
    ...(run.backfilled === undefined ? [] : [`backfill parsed after ${run.backfilled.toFixed(0)} s`]),
  ];
  const cells = [
    name,
    whole(run.topic.length),
    both(run.topic),
    both(run.store),
    both(run.busy),
    both(run.hour),
    [run.weir, run.broker, run.clickhouse].map((cpu) => perEvent(cpu, run.events)).join(' / '),
    (run.transactions / run.seconds).toFixed(0),
    whole(run.behind),
    remarks.join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}
