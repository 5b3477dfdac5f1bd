import { Command } from 'commander';
import { vi } from 'vitest';
import { WeirError } from '../../services/core/errors.ts';

/** What a command ended with. */
export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in this process, as main.ts does. @param registers the commands that there are */
export async function runInProcess(registers: readonly ((program: Command) => void)[], words: readonly string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation(((chunk: string | Uint8Array, done?: () => void) => {
      written[name] += Buffer.from(chunk as Uint8Array).toString('utf8');
      done?.();
      return true;
    }) as typeof process.stdout.write),
  );
  process.exitCode = undefined;
  const program = new Command('weir').exitOverride().option('-q, --quiet');
  for (const register of registers) register(program);
  try {
    await program.parseAsync(['node', 'weir', ...words]);
    return { status: Number(process.exitCode ?? 0), ...written };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    return { status: error.exitCode, stdout: written.stdout, stderr: error.message };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}
