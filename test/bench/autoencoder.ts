import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Autoencoder, createAutoencoder } from '../../models/autoencoder/autoencoder.ts';
import { BACKENDS, type Backend, type BackendName, openBackend } from '../../models/autoencoder/backend.ts';
import { decodeAutoencoder, encodeAutoencoder } from '../../models/autoencoder/codec.ts';
import { trainAutoencoder } from '../../models/autoencoder/train.ts';
import { renderTable } from '../../services/console/table.ts';
import { Random } from '../../services/simulation/random.ts';

/**
 * The autoencoder on every backend that loads: `node dist/test/bench/autoencoder.js [backend...]`. Each runs in a process
 * of its own with the same net (32-24-8-24-32, trained on wasm) and the same rows. Exits with 1 when tensors are left
 * behind or scores differ by more than 1e-4.
 */

const WIDTH = 32;
const ROWS = 4096;
const TRAINING_ROWS = 20_000;
const TRAINING_EPOCHS = 2;
const BATCHES = [1, 64, 1024] as const;
/** ms that one figure is measured for */
const SPAN = 1500;
/** calls after which memory is looked at */
const CALLS = [2_000, 6_000, 10_000] as const;
/** rows of the calls that memory is looked at after, in turn */
const CALL_ROWS = [1, 64, 256] as const;
const AGREEMENT = 1e-4;
const MIB = 2 ** 20;

interface Speed {
  /** rows a second of the process's CPU time, all its threads together */
  cpu: number;
  /** rows a second of the clock */
  wall: number;
}

interface Memory {
  calls: number;
  tensors: number;
  rss: number;
  heap: number;
  /** the backend's own memory: WebAssembly's, else what the engine counts */
  own: number;
}

interface Figures {
  backend: BackendName;
  warning: string | undefined;
  /** ms from the first import to the first score */
  start: number;
  /** bytes that the process grew by meanwhile */
  startRss: number;
  scoring: Speed[];
  training: Speed;
  memory: Memory[];
  scores: number[];
}

const [mode, ...given] = process.argv.slice(2);
if (mode === 'measure') process.stdout.write(`${JSON.stringify(await measure(given[0] as BackendName, given[1]))}\n`);
else process.exitCode = await compare(mode === undefined ? BACKENDS : ([mode, ...given] as BackendName[]));

/** Rows that hang together: four hidden numbers, a little noise, one in twenty missing. */
function rowsOf(count: number, seed: number): Float64Array {
  const random = new Random('bench autoencoder', seed);
  const rows = new Float64Array(count * WIDTH);
  for (let i = 0; i < count; i++) {
    const hidden = Array.from({ length: 4 }, () => random.normal());
    for (let j = 0; j < WIDTH; j++)
      rows[i * WIDTH + j] = random.chance(0.05) ? Number.NaN : j + hidden[j % 4] + hidden[(j >> 2) % 4] ** 2 + 0.1 * random.normal();
  }
  return rows;
}

function train(rows: Float64Array, backend: Backend, epochs: number): ReturnType<typeof trainAutoencoder> {
  const features = Array.from({ length: WIDTH }, (_, i) => `input_${i}`);
  return trainAutoencoder(rows, TRAINING_ROWS, features, { epochs }, 1, backend);
}

async function measure(name: BackendName, netFile: string): Promise<Figures> {
  const rows = rowsOf(ROWS, 2);
  const data = decodeAutoencoder(readFileSync(netFile));
  const scores = new Float64Array(ROWS);
  const rss = process.memoryUsage().rss;
  const begun = performance.now();
  const backend = await openBackend(name);
  const scorer = createAutoencoder(data, backend, { name: 'bench', version: '1' });
  scorer.score(rows, 1, scores);
  const start = performance.now() - begun;
  const startRss = process.memoryUsage().rss - rss;

  const scoring = BATCHES.map((batch) =>
    speedOf(() => {
      scorer.score(rows, batch, scores);
      return batch;
    }),
  );
  const memory = memoryOf(backend, scorer, rows);
  const trainingRows = rowsOf(TRAINING_ROWS, 1);
  const training = speedOf(() => {
    train(trainingRows, backend, TRAINING_EPOCHS);
    return TRAINING_EPOCHS * TRAINING_ROWS;
  });
  scorer.score(rows, ROWS, scores);
  return { backend: backend.name, warning: backend.warning, start, startRss, scoring, training, memory, scores: [...scores] };
}

/** Repeats work, which says how many rows it did, for SPAN ms after one round that is not counted. */
function speedOf(work: () => number): Speed {
  work();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let rows = 0;
  do rows += work();
  while (performance.now() - begun < SPAN);
  const wall = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: rows / ((user + system) / 1e6), wall: rows / wall };
}

function memoryOf(backend: Backend, scorer: Autoencoder, rows: Float64Array): Memory[] {
  const look = (calls: number): Memory => {
    globalThis.gc?.();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const { numTensors, numBytes } = backend.tf.memory();
    const { wasm } = backend.tf.backend() as { wasm?: { HEAPU8: Uint8Array } };
    return { calls, tensors: numTensors, rss, heap: heapUsed + arrayBuffers, own: wasm?.HEAPU8.buffer.byteLength ?? numBytes };
  };
  const scores = new Float64Array(ROWS);
  const seen = [look(0)];
  for (let call = 1; call <= CALLS[CALLS.length - 1]; call++) {
    if (call % 10 === 0) scorer.explain(rows.subarray(0, WIDTH));
    else scorer.score(rows, CALL_ROWS[call % CALL_ROWS.length], scores);
    if ((CALLS as readonly number[]).includes(call)) seen.push(look(call));
  }
  return seen;
}

async function compare(names: readonly BackendName[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  try {
    const netFile = join(folder, 'net');
    writeFileSync(netFile, encodeAutoencoder(train(rowsOf(TRAINING_ROWS, 1), await openBackend('wasm'), 10)));
    const all: Figures[] = [];
    for (const name of names) {
      const figures = await inProcess(name, netFile);
      if (figures.backend === name) all.push(figures);
      else process.stdout.write(`${name} is left out: ${figures.warning}\n`);
    }
    return report(all);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function inProcess(name: BackendName, netFile: string): Promise<Figures> {
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), 'measure', name, netFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // libtensorflow tells what CPU it found on every start
    env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`the process of backend ${name} ended with ${code}`);
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Figures;
}

function report(all: readonly Figures[]): number {
  const thousands = ({ cpu, wall }: Speed): string => `${Math.round(cpu / 1000)} (${Math.round(wall / 1000)})`;
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  const right = (title: string) => ({ title, align: 'right' as const });
  process.stdout.write(
    `\nthousands of rows per CPU second (in brackets: per second of the clock), net ${WIDTH}-24-8-24-${WIDTH}\n${renderTable(
      [
        { title: 'backend' },
        ...BATCHES.map((batch) => right(`batch ${batch}`)),
        right('training'),
        right('start ms'),
        right('start RSS MiB'),
      ],
      all.map(({ backend, scoring, training, start, startRss }) => [
        backend,
        ...scoring.map(thousands),
        thousands(training),
        Math.round(start),
        mib(startRss),
      ]),
    )}`,
  );
  process.stdout.write(
    `\nmemory after calls of ${CALL_ROWS.join(', ')} rows in turn\n${renderTable(
      [{ title: 'backend' }, right('calls'), right('tensors'), right('RSS MiB'), right('heap MiB'), right('own MiB')],
      all.flatMap(({ backend, memory }) =>
        memory.map(({ calls, tensors, rss, heap, own }) => [backend, calls, tensors, mib(rss), mib(heap), mib(own)]),
      ),
    )}`,
  );
  const differences = all.flatMap((one, i) =>
    all.slice(i + 1).map((other) => ({ pair: `${one.backend}, ${other.backend}`, ...difference(one, other) })),
  );
  process.stdout.write(
    `\ngreatest difference between scores of ${ROWS} rows\n${renderTable(
      [{ title: 'backends' }, right('absolute'), right('relative to max(1, score)')],
      differences.map(({ pair, absolute, relative }) => [pair, absolute.toExponential(1), relative.toExponential(1)]),
    )}`,
  );
  const leaks = all.filter(({ memory }) => memory.some(({ tensors }) => tensors !== memory[0].tensors));
  for (const { backend } of leaks) process.stderr.write(`backend ${backend} leaves tensors behind\n`);
  const apart = differences.filter(({ relative }) => relative > AGREEMENT);
  for (const { pair } of apart) process.stderr.write(`backends ${pair} differ by more than ${AGREEMENT}\n`);
  return leaks.length + apart.length > 0 ? 1 : 0;
}

function difference(one: Figures, other: Figures): { absolute: number; relative: number } {
  let absolute = 0;
  let relative = 0;
  one.scores.forEach((score, i) => {
    const apart = Math.abs(score - other.scores[i]);
    absolute = Math.max(absolute, apart);
    relative = Math.max(relative, apart / Math.max(1, score));
  });
  return { absolute, relative };
}
