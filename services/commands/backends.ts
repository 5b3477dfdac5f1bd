import { createAutoencoder } from '../../models/autoencoder/autoencoder.ts';
import {
  BACKENDS,
  type Backend,
  type BackendChoice,
  type BackendName,
  type BackendSpeed,
  openBackend,
} from '../../models/autoencoder/backend.ts';
import type { AutoencoderData } from '../../models/autoencoder/data.ts';

/** Where the autoencoder can run on this machine, and where it does. */
export interface BackendsDiagnosis {
  /** what the config says */
  choice: BackendChoice;
  used: BackendName;
  why: string;
  backends: BackendDiagnosis[];
}

export interface BackendDiagnosis {
  name: BackendName;
  /** why it cannot be used */
  problem: string | undefined;
  /** rows scored in a second of CPU time, in batches of 64 and one by one; 0 where it cannot */
  rows_per_second: { batch: number; single: number };
}

/** Widths of the net that is measured: those of the shipped ones, about. */
const SIZES = [32, 24, 8, 24, 32];
const BATCH = 64;
/** ms of CPU time that a net is run for before it is measured (until then it is interpreted, not compiled), and in each of two measurements */
const WARM = 80;
const SPAN = 40;
/** Another backend is worth a word when it is faster by this factor. */
const WORTH = 1.2;

/** Opens and measures every backend; takes well under a second, most of it for loading. */
export async function diagnoseBackends(choice: BackendChoice): Promise<BackendsDiagnosis> {
  const backends: BackendDiagnosis[] = [];
  for (const name of BACKENDS) {
    const backend = await openBackend(name);
    if (backend.name === name) backends.push({ name, problem: undefined, rows_per_second: measure(backend) });
    else backends.push({ name, problem: backend.failures[0].reason, rows_per_second: { batch: 0, single: 0 } });
  }
  const { name: used, warning } = await openBackend(choice);
  return { choice, used, why: warning ?? reasonFor(choice, used, backends), backends };
}

function reasonFor(choice: BackendChoice, used: BackendName, backends: readonly BackendDiagnosis[]): string {
  const because = choice === 'auto' ? 'the default' : 'as models.backend says';
  const speeds: BackendSpeed[] = backends.map(({ name, rows_per_second }) => ({ name, rowsPerSecond: rows_per_second.batch }));
  const usedSpeed = speeds.find(({ name }) => name === used)?.rowsPerSecond ?? 0;
  const faster = speeds.filter(({ rowsPerSecond }) => rowsPerSecond > WORTH * usedSpeed).map(({ name }) => name);
  return faster.length === 0 ? because : `${because}; ${faster.join(' and ')} would be faster`;
}

/** What of `weir doctor` is about backends, as names and values. */
export function backendFields({ used, why, backends }: BackendsDiagnosis): [name: string, value: string][] {
  const thousands = (n: number): string => `${Math.round(n / 1000)} k`;
  return [
    ['autoencoder', `${used} (${why})`],
    ...backends.map(({ name, problem, rows_per_second: { batch, single } }): [string, string] => [
      `  ${name}`,
      problem !== undefined
        ? `cannot be used: ${problem}`
        : `${thousands(batch)} rows/s in batches of ${BATCH}, ${thousands(single)} one by one`,
    ]),
  ];
}

function measure(backend: Backend): BackendDiagnosis['rows_per_second'] {
  const scorer = createAutoencoder(sampleNet(), backend, { name: 'doctor', version: '0' });
  try {
    const rows = Float64Array.from({ length: BATCH * SIZES[0] }, (_, i) => Math.sin(i));
    const scores = new Float64Array(BATCH);
    const rate = (batch: number, span: number): number => {
      const before = process.cpuUsage();
      let done = 0;
      let spent = 0;
      while (spent < span) {
        for (let i = 0; i < 4; i++, done += batch) scorer.score(rows, batch, scores);
        const { user, system } = process.cpuUsage(before);
        spent = (user + system) / 1000;
      }
      return Math.round((1000 * done) / spent);
    };
    rate(BATCH, WARM / 2);
    rate(1, WARM / 2);
    return { batch: rate(BATCH, SPAN), single: rate(1, SPAN) };
  } finally {
    scorer.dispose();
  }
}

/** A net of the usual size whose numbers mean nothing. */
function sampleNet(): AutoencoderData {
  const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(7 * i) / 4);
  return {
    features: Array.from({ length: SIZES[0] }, (_, i) => `input_${i}`),
    sizes: SIZES,
    weights: SIZES.slice(1).map((out, i) => numbers(SIZES[i] * out)),
    biases: SIZES.slice(1).map(numbers),
    center: new Float64Array(SIZES[0]),
    scale: new Float64Array(SIZES[0]).fill(1),
  };
}
