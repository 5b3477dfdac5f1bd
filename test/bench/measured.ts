import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a whole process took: wall clock and CPU seconds, peak resident bytes, and what it printed as its last line (JSON). */
export interface Measured<Result> {
  wall: number;
  cpu: number;
  peak: number;
  result: Result;
}

/**
 * Runs a job of jobs.js, or of another file like it, in a process of its own, so that its CPU time and memory are its own. The job's process tells
 * them itself at its end, all its threads included.
 */
export async function measured<Result>(job: string, argument: unknown, file = './jobs.js'): Promise<Measured<Result>> {
  const begun = performance.now();
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), job, JSON.stringify(argument)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0) throw new Error(`bench job ${job} ended with ${code}: ${last}`);
  const { cpu, peak, result } = JSON.parse(last) as { cpu: number; peak: number; result: Result };
  return { wall: (performance.now() - begun) / 1000, cpu, peak, result };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
