import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** ms between two looks at the log */
const LOOK_EVERY = 15;
/** ms that a program has to stop when asked to */
const STOP_WITHIN = 15_000;

/** Another program that a test runs, with its output in a file; it does not outlive this process. */
export interface ChildProgram {
  readonly pid: number;
  readonly running: boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** What it has printed in this run. */
  printed(): string;
  /** Resolves when `ready` says so. Throws Error with the end of its output when it ends or `timeout` ms are over. */
  until(ready: (printed: string) => boolean | Promise<boolean>, timeout: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL if that does not end it in time. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a program; its output is appended to the file `log`. Without a shell. */
export function startProgram(command: string, args: readonly string[], log: string, env = process.env): ChildProgram {
  const out = openSync(log, 'a');
  const begin = statSync(log).size;
  const [file, ...given] = [...tied(), command, ...args];
  const child = spawn(file, given, { stdio: ['ignore', out, out], env });
  closeSync(out);
  let failure: Error | undefined;
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', (error) => {
      failure = error;
      done();
    });
  });
  const isRunning = () => failure === undefined && child.exitCode === null && child.signalCode === null;
  const killIt = () => void child.kill('SIGKILL');
  process.once('exit', killIt);
  void ended.then(() => process.off('exit', killIt));
  const printed = () => readFileSync(log).subarray(begin).toString();

  return {
    pid: child.pid ?? 0,
    get running() {
      return isRunning();
    },
    ended,
    printed,
    async until(ready, timeout) {
      const deadline = Date.now() + timeout;
      while (!(await ready(printed()))) {
        const tail = () => `\n${printed().slice(-3_000)}`;
        if (!isRunning()) throw new Error(`${command} has ended: ${failure?.message ?? endOf(child)}${tail()}`);
        if (Date.now() > deadline) throw new Error(`${command} was not ready within ${timeout} ms${tail()}`);
        await wait(LOOK_EVERY);
      }
    },
    signal(name) {
      child.kill(name);
    },
    async stop() {
      if (!isRunning()) return;
      // a frozen program would take the signal only when it is thawed
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(killIt, STOP_WITHIN);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      if (!isRunning()) return;
      killIt();
      await ended;
    },
  };
}

function endOf(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${child.exitCode}`;
}

/** What makes the kernel kill the program when this process is killed, where that is to be had (Linux). */
function tied(): string[] {
  const has = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return has ? ['setpriv', '--pdeathsig', 'KILL'] : [];
}
