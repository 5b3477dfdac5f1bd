import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBench } from '../../services/simulation/bench.ts';
import { lineChart } from './chart.ts';
import type { Measured } from './measured.ts';
import { measured, median } from './measured.ts';

/**
 * `npm run bench`: the whole job on 2,000,000 events in five files, beside two yardsticks on the same files in the same
 * run (JSON.parse alone; ClickHouse's own SQL computing the minute windows), and how cost and memory grow with events
 * and accounts. `--quick` measures a tenth once; `--out DIR` writes bench.md, bench.json and the charts there.
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'no-growth': { type: 'boolean', default: false },
  },
});
const events = flags.quick ? 200_000 : 2_000_000;
const rounds = flags.quick ? 1 : Number(flags.rounds);

interface WeirResult {
  events: number;
  alerts: number;
}
interface Row {
  job: string;
  rate: number;
  best: number;
  cpu: number;
  peak: number;
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const say = (text: string): void => void process.stderr.write(`${text}\n`);
try {
  const logs = join(folder, 'logs');
  say(`writing ${events.toLocaleString('en')} events`);
  writeBench(logs, { events });
  const runs: Record<string, Measured<WeirResult>[]> = { weir: [], parse: [], sql: [] };
  for (let round = 0; round < rounds; round++) {
    // in turns, so that a slow minute of the machine falls on all of them
    for (const job of Object.keys(runs)) {
      say(`round ${round + 1} of ${rounds}: ${job}`);
      runs[job].push(await measured<WeirResult>(job, { folder: logs, data: fresh() }));
    }
  }
  const rows = [
    row('whole job (weir detect)', runs.weir),
    row('JSON.parse alone, one thread', runs.parse),
    row('ClickHouse SQL, minute windows only', runs.sql),
  ];
  const lines = [
    `${events.toLocaleString('en')} events in five files, one a tenant; ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}; ${rounds} rounds in turns.`,
    '',
    '| job | events/s, median | best | CPU s | µs of CPU an event | peak memory |',
    '|---|---:|---:|---:|---:|---:|',
    ...rows.map(
      ({ job, rate, best, cpu, peak }) =>
        `| ${job} | ${whole(rate)} | ${whole(best)} | ${cpu.toFixed(1)} | ${((cpu / events) * 1e6).toFixed(1)} | ${whole(peak / 1e6)} MB |`,
    ),
    '',
    `Ratio to ClickHouse's SQL: ${(rows[0].rate / rows[2].rate).toFixed(3)} (wall), CPU ${(rows[0].cpu / rows[2].cpu).toFixed(1)} times; to JSON.parse alone: CPU ${(rows[0].cpu / rows[1].cpu).toFixed(1)} times.`,
  ];
  console.log(lines.join('\n'));
  const growth = flags['no-growth'] ? undefined : await grow();
  if (growth !== undefined) console.log(`\n${growth.text}`);
  if (flags.out !== undefined) {
    mkdirSync(flags.out, { recursive: true });
    writeFileSync(join(flags.out, 'bench.json'), `${JSON.stringify({ events, rows, growth: growth?.figures }, null, 2)}\n`);
    writeFileSync(
      join(flags.out, 'bench.md'),
      `# Bench\n\n${lines.join('\n')}\n${growth === undefined ? '' : `\n${growth.text}\n\n${growth.charts.map(([name]) => `![${name}](${name}.svg)`).join('\n')}\n`}`,
    );
    for (const [name, svg] of growth?.charts ?? []) writeFileSync(join(flags.out, `${name}.svg`), svg);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fresh(): string {
  return mkdtempSync(join(folder, 'data-'));
}

function row(job: string, runs: readonly Measured<WeirResult>[]): Row {
  const rates = runs.map(({ wall }) => events / wall);
  return {
    job,
    rate: median(rates),
    best: Math.max(...rates),
    cpu: median(runs.map(({ cpu }) => cpu)),
    peak: Math.max(...runs.map(({ peak }) => peak)),
  };
}

/** Cost and memory against events (20,000 accounts) and against accounts (at least two events each). */
async function grow(): Promise<{ text: string; figures: unknown; charts: [string, string][] }> {
  const scale = flags.quick ? 0.1 : 1;
  const byEvents = await sweep(
    [250_000, 500_000, 1_000_000, 2_000_000, 4_000_000].map((n) => ({ events: n * scale, accounts: 20_000 * scale })),
  );
  const byAccounts = await sweep(
    [10_000, 50_000, 200_000, 500_000, 1_000_000].map((n) => ({ events: 2_000_000 * scale, accounts: n * scale })),
  );
  const table = (found: typeof byEvents): string[] => [
    '| events | accounts | CPU s | µs of CPU an event | peak memory | bytes an account above the smallest |',
    '|---:|---:|---:|---:|---:|---:|',
    ...found.map(({ events: n, accounts, cpu, peak }) => {
      const more = accounts - found[0].accounts;
      return `| ${whole(n)} | ${whole(accounts)} | ${cpu.toFixed(1)} | ${((cpu / n) * 1e6).toFixed(1)} | ${whole(peak / 1e6)} MB | ${more > 0 ? whole((peak - found[0].peak) / more) : ''} |`;
    }),
  ];
  return {
    text: [...table(byEvents), '', ...table(byAccounts)].join('\n'),
    figures: { byEvents, byAccounts },
    charts: [
      [
        'cost-by-events',
        lineChart('CPU seconds against events', 'events', 'CPU s', [
          { name: 'CPU s', points: byEvents.map((p) => ({ x: p.events, y: p.cpu })) },
        ]),
      ],
      [
        'memory-by-events',
        lineChart('Peak memory against events', 'events', 'MB', [
          { name: 'MB', points: byEvents.map((p) => ({ x: p.events, y: p.peak / 1e6 })) },
        ]),
      ],
      [
        'cost-by-accounts',
        lineChart('CPU seconds against accounts, 2 M events', 'accounts', 'CPU s', [
          { name: 'CPU s', points: byAccounts.map((p) => ({ x: p.accounts, y: p.cpu })) },
        ]),
      ],
      [
        'memory-by-accounts',
        lineChart('Peak memory against accounts, 2 M events', 'accounts', 'MB', [
          { name: 'MB', points: byAccounts.map((p) => ({ x: p.accounts, y: p.peak / 1e6 })) },
        ]),
      ],
    ],
  };
}

async function sweep(
  sizes: { events: number; accounts: number }[],
): Promise<{ events: number; accounts: number; cpu: number; peak: number }[]> {
  const found = [];
  for (const size of sizes) {
    say(`growth: ${whole(size.events)} events, ${whole(size.accounts)} accounts`);
    const logs = mkdtempSync(join(folder, 'grow-'));
    writeBench(logs, size);
    const data = fresh();
    const { cpu, peak } = await measured<WeirResult>('weir', { folder: logs, data });
    rmSync(logs, { recursive: true, force: true });
    rmSync(data, { recursive: true, force: true });
    found.push({ ...size, cpu, peak });
  }
  return found;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
