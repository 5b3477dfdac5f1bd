import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { PassThrough, type Readable } from 'node:stream';

/** Bytes read ahead. */
const BUFFERED = 256 * 1024;

/**
 * Standard input by way of a process of its own, so that nothing else here can read from it (the embedded database does:
 * storage/stdin-shield.ts). To be called before the store is opened. In its own process group: a signal from the
 * terminal must not end the input before it has stopped us.
 */
export function takeStdin(): Readable {
  const reader = spawn('cat', [], { stdio: [0, 'pipe', 'inherit'], detached: true });
  const { stdout } = reader as ChildProcessByStdio<null, Readable, null>;
  reader.unref();
  // piped on at once: of a process that has ended, Node throws away what nobody is reading yet
  const input = stdout.pipe(new PassThrough({ highWaterMark: BUFFERED }));
  reader.on('error', (error) => input.destroy(error));
  input.on('close', () => reader.kill());
  return input;
}
