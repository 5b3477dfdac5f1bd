import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeLines, numbers, writeLines } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

const RUN = fileURLToPath(new URL('../support/counting-run.mjs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs to the end, or kills the process (-9) after `marks` progress marks. Returns the marks seen and whether it ended by itself. */
function run(options: object, killAfter: number): Promise<{ marks: number; ended: boolean; error: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [RUN, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let marks = 0;
    let error = '';
    child.stdout.on('data', (data: Buffer) => {
      marks += data.length;
      if (marks >= killAfter) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => (error += data.toString()));
    child.on('close', (code) => resolve({ marks, ended: code === 0, error }));
  });
}

/** What stands in the sink's file once it is read as the store would. A line that the kill cut in half was never acknowledged. */
function read(path: string): MemorySink {
  const sink = new MemorySink();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    let entry: { kind: string; value: never };
    try {
      entry = JSON.parse(line);
    } catch {
      continue;
    }
    if (entry.kind === 'windows') sink.windows(new TextEncoder().encode(entry.value));
    else if (entry.kind === 'retract') sink.retract(...(entry.value as [string, string[], string[]]));
    else (sink as unknown as Record<string, (value: unknown) => void>)[entry.kind](entry.value);
  }
  return sink;
}

describe('embedded driver, killed at random moments', () => {
  it('ends with the alerts, windows and ledger of an undisturbed run', async () => {
    const files = [0, 1].map((i) => writeLines(folder, `${i}.log`, makeLines(40 + i, 100_000, 24)));
    const calm = { files, folder: join(folder, 'calm'), out: join(folder, 'calm.ndjson'), cutEvery: 40, threshold: 60 };
    const undisturbed = await run(calm, Number.POSITIVE_INFINITY);
    expect(undisturbed).toMatchObject({ ended: true, error: '' });
    const expected = read(calm.out);
    expect(expected.byId.size).toBeGreaterThan(100);

    const next = numbers(2026);
    const killed = { ...calm, folder: join(folder, 'killed'), out: join(folder, 'killed.ndjson') };
    let kills = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const { ended, error } = await run(killed, attempt < 8 ? Math.ceil(next() * undisturbed.marks * 0.7) : Number.POSITIVE_INFINITY);
      expect(error).toBe('');
      if (ended) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(2);
    expect(existsSync(join(folder, 'killed', 'main'))).toBe(true);
    const result = read(killed.out);
    expect(result.canonical()).toEqual(expected.canonical());
    expect(result.fates()).toEqual(expected.fates());
    expect(result.fates()).toMatchObject({ read: 200_000, windowed: 200_000, late: 0 });
  });
});
