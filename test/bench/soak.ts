import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { evaluationPlans } from '../../services/simulation/evaluation-plans.ts';
import { Random } from '../../services/simulation/random.ts';
import { writeSimulation } from '../../services/simulation/write-files.ts';

/**
 * `npm run soak`: the promises at full size, through the program as users start it. Simulated tenants with attacks; an
 * undisturbed run is the reference. Then the same input killed with kill -9 at random moments and run to the end;
 * shuffled within the lateness; split in four by turns and in consecutive quarters; on one thread; stopped and resumed
 * midway. Every way must end with the same canonical windows and alerts, byte for byte, and a ledger that adds up.
 */
const { values: flags } = parseArgs({
  options: {
    days: { type: 'string', default: '6' },
    seed: { type: 'string', default: '77' },
    kills: { type: 'string', default: '10' },
    keep: { type: 'boolean', default: false },
  },
});
const LAUNCHER = fileURLToPath(new URL('../../services/launcher.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'weir-soak-'));
const random = new Random(Number(flags.seed));
const environment = { ...process.env, WEIR_KEY: 'a master key for the soak', NO_COLOR: '1' };
let failures = 0;

interface Outcome {
  code: number | null;
  took: number;
}

interface Source {
  name: string;
  files: string[];
  [key: string]: unknown;
}

function say(text: string): void {
  console.log(text);
}

/** Runs `weir`, killed after so many ms when a number is given. */
function weir(words: readonly string[], killAfter?: number): Promise<Outcome> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LAUNCHER, ...words], { env: environment, stdio: 'ignore' });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, took: performance.now() - begun });
    });
  });
}

function canonical(name: string): { alerts: string; windows: string } {
  const read = (file: string): string => readFileSync(join(folder, name, 'canonical', `${file}.ndjson`), 'utf8');
  return { alerts: read('alerts'), windows: read('windows') };
}

/** Compares a way with the reference, and its ledger and views with themselves. */
function check(name: string, what: string, reference: { alerts: string; windows: string }): void {
  const found = canonical(name);
  const ledger = spawnSync(process.execPath, [LAUNCHER, 'reconcile', '--data', join(folder, name, 'data')], {
    env: environment,
    encoding: 'utf8',
  });
  const twice = spawnSync(
    process.execPath,
    [LAUNCHER, 'sql', 'SELECT count() - uniqExact(tenant, alert_id) FROM alerts', '--format', 'TSV', '--data', join(folder, name, 'data')],
    { env: environment, encoding: 'utf8' },
  );
  const verdicts = [
    found.windows === reference.windows ? 'same windows' : 'WINDOWS DIFFER',
    found.alerts === reference.alerts ? 'same alerts' : 'ALERTS DIFFER',
    ledger.status === 0 ? 'ledger adds up' : `RECONCILE EXITS ${ledger.status}`,
    twice.stdout.trim() === '0' ? 'no duplicate' : `DUPLICATES: ${twice.stdout.trim()} ${twice.stderr.trim()}`,
  ];
  if (verdicts.some((verdict) => verdict === verdict.toUpperCase() || /[A-Z]{4}/.test(verdict))) failures++;
  say(`${what}: ${verdicts.join(', ')}`);
}

/** Writes a config that is `base` with other files for each source. */
function configWith(name: string, base: { sources: Source[] }, filesOf: (source: Source) => string[]): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, stringify({ ...base, sources: base.sources.map((source) => ({ ...source, files: filesOf(source) })) }));
  return path;
}

async function whole(name: string, config: string, ...more: string[]): Promise<Outcome> {
  mkdirSync(join(folder, name), { recursive: true });
  return weir([
    'detect',
    '--config',
    config,
    '--data',
    join(folder, name, 'data'),
    '--canonical',
    join(folder, name, 'canonical'),
    '--quiet',
    ...more,
  ]);
}

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) lines.push(line);
  return lines;
}

function writeLines(path: string, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const out = createWriteStream(path).on('error', reject).on('finish', resolve);
    for (const line of lines) out.write(`${line}\n`);
    out.end();
  });
}

try {
  const plans = evaluationPlans({
    kinds: ['consumer', 'partners', 'office'],
    tenants: 1,
    days: Number(flags.days),
    seed: Number(flags.seed),
    campaigns: 3,
  });
  const { files, config } = writeSimulation(folder, { tenants: plans }, 'nginx-json');
  const base = config as unknown as { sources: Source[] };
  const plain = configWith('plain', base, (source) => source.files.map((file) => join(folder, file)));
  const logs = new Map<string, string[]>();
  for (const source of base.sources)
    logs.set(source.name, (await Promise.all(source.files.map((file) => linesOf(join(folder, file))))).flat());
  const events = [...logs.values()].reduce((sum, lines) => sum + lines.length, 0);
  say(`${events.toLocaleString('en')} events of ${files.length} tenants, ${flags.days} days`);

  const calm = await whole('calm', plain);
  const reference = canonical('calm');
  say(
    `undisturbed: exit ${calm.code}, ${(calm.took / 1000).toFixed(1)} s, ${reference.alerts.split('\n').length - 1} alerts, ${reference.windows.split('\n').length - 1} windows`,
  );
  check('calm', 'undisturbed', reference);

  mkdirSync(join(folder, 'killed'));
  let kills = 0;
  for (let i = 0; kills < Number(flags.kills) && i < 4 * Number(flags.kills); i++) {
    const run = await weir(
      ['detect', '--config', plain, '--data', join(folder, 'killed', 'data'), '--quiet'],
      500 + random.next() * calm.took * 0.6,
    );
    if (run.code === null) kills++;
  }
  await whole('killed', plain);
  check('killed', `killed with -9 ${kills} times at random moments, then to the end`, reference);

  await whole('again', plain);
  await whole('again', plain);
  check('again', 'the same files twice', reference);

  await whole('one-thread', plain, '--workers', '1');
  check('one-thread', 'one worker thread', reference);

  const shuffled = configWith('shuffled', base, (source) => [join(folder, `${source.name}-shuffled.log`)]);
  for (const [name, lines] of logs) {
    const at = (line: string): number =>
      Number(/"msec":"?([0-9.]+)/.exec(line)?.[1] ?? Date.parse(/"time_iso8601":"([^"]+)/.exec(line)?.[1] ?? '') / 1000) * 1000;
    const order = lines.map((line) => ({ line, key: at(line) + random.next() * 110_000 })).sort((a, b) => a.key - b.key);
    await writeLines(
      join(folder, `${name}-shuffled.log`),
      order.map(({ line }) => line),
    );
  }
  await whole('shuffled', shuffled);
  check('shuffled', 'shuffled within the lateness', reference);

  for (const way of ['turns', 'quarters'] as const) {
    const split = configWith(way, base, (source) => [0, 1, 2, 3].map((i) => join(folder, `${source.name}-${way}-${i}.log`)));
    for (const [name, lines] of logs) {
      const quarter = Math.ceil(lines.length / 4);
      for (let i = 0; i < 4; i++) {
        const part = way === 'turns' ? lines.filter((_, n) => n % 4 === i) : lines.slice(i * quarter, (i + 1) * quarter);
        await writeLines(join(folder, `${name}-${way}-${i}.log`), part);
      }
    }
    await whole(way, split);
    check(way, `split in four ${way === 'turns' ? 'by turns' : 'consecutive quarters'}`, reference);
  }

  const growing = configWith('growing', base, (source) => [join(folder, `${source.name}-growing.log`)]);
  for (const part of [0.5, 1]) {
    for (const [name, lines] of logs)
      await writeLines(join(folder, `${name}-growing.log`), lines.slice(0, Math.floor(lines.length * part)));
    await whole('growing', growing, '--workers', part === 1 ? '1' : '2');
  }
  check('growing', 'half of each log, then grown, on another number of threads', reference);
} finally {
  if (flags.keep) say(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
say(failures === 0 ? 'all ways agree' : `${failures} ways do not agree`);
process.exitCode = failures === 0 ? 0 : 1;
