import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdtempSync, readFileSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WeirError } from '../core/errors.ts';
import { makeFolder } from '../state/make-folder.ts';
import { answerQuestion, type Handlers, type QueryHandler, type RequestHandler, readQuestion } from './query-socket.ts';
import { storeError } from './store-error.ts';

/**
 * The lock of a data folder. Its holder listens on a socket of its own; the file `lock` says where, and who. Whether
 * the holder lives is asked of the kernel, by connecting: a killed process listens no more, so its lock is stale at
 * once, whatever its process id is used for now. The same socket takes the queries of reading commands.
 * Two processes that take over one stale lock at the same moment could both believe in theirs; the database's own
 * lock lets only one of them in.
 */
export interface Lock {
  readonly folder: string;
  /** From now on answers queries of other processes, and does what they ask for; before, they wait. */
  serve(query: QueryHandler, request?: RequestHandler): void;
  /** Answers what was asked and nothing more; the folder stays taken. Call it before closing what the handler reads. */
  drain(): Promise<void>;
  /** Frees the folder; who still waits for an answer asks the next holder. Close the store before. */
  release(): Promise<void>;
}

/** What the file `lock` says. */
export interface LockHolder {
  pid: number;
  /** `read`: a command that only reads and is done soon; `write`: a run */
  role: 'read' | 'write';
  /** path of the socket */
  socket: string;
  /** tells this lock from any other */
  nonce: string;
}

const LOCK_FILE = 'lock';
/** Socket paths end here on macOS (104 with the closing zero) and Linux (108); longer ones go to the temporary folder. */
const MAX_SOCKET_PATH = 103;
/** How long a writer waits for reading commands to finish. */
const READER_PATIENCE_MS = 15_000;
const POLL_MS = 25;
/** How long the end of a run waits for askers to take their answers. */
const DRAIN_PATIENCE_MS = 30_000;

/**
 * Takes the folder for writing; makes it when missing.
 * @throws WeirError `data_folder_in_use` naming the process that has it; `disk` when the folder cannot be written
 */
export async function lockDataFolder(folder: string): Promise<Lock> {
  const deadline = performance.now() + READER_PATIENCE_MS;
  for (;;) {
    const result = await tryLock(folder, 'write');
    if ('release' in result) return result;
    if (result.role === 'write' || performance.now() > deadline) throw inUse(folder, result);
    await wait(POLL_MS);
  }
}

export function inUse(folder: string, holder: LockHolder): WeirError {
  const doing = holder.role === 'write' ? 'is writing to it' : 'is reading it';
  return new WeirError(
    'data_folder_in_use',
    `data folder ${folder} is in use: process ${holder.pid} ${doing}; wait for it, stop it, or name another folder with --data`,
  );
}

/** One attempt: the lock, or the living process that has it. */
export async function tryLock(folder: string, role: LockHolder['role']): Promise<Lock | LockHolder> {
  const absolute = resolve(folder);
  const lockPath = join(absolute, LOCK_FILE);
  const nonce = randomBytes(6).toString('hex');
  const draft = `${lockPath}.${nonce}`;
  const undo: (() => unknown)[] = [];
  try {
    makeFolder(absolute, 0o700);
    const socket = socketPath(absolute, nonce);
    undo.push(() => removeSocket(socket));
    const listener = await listen(socket);
    undo.push(() => listener.close());
    const own: LockHolder = { pid: process.pid, role, socket, nonce };
    undo.push(() => remove(draft));
    writeFileSync(draft, `${JSON.stringify(own)}\n`, { flag: 'wx', mode: 0o600 });
    for (;;) {
      if (place(draft, lockPath)) {
        remove(draft);
        return createLock(absolute, lockPath, own, listener);
      }
      const holder = readHolder(lockPath);
      if (holder === undefined) continue;
      if (await listens(holder.socket)) {
        for (const step of undo.reverse()) await step();
        return holder;
      }
      removeStale(lockPath, holder, nonce);
    }
  } catch (cause) {
    // what cannot be undone where nothing can be written says less than the cause
    for (const step of undo.reverse())
      await Promise.resolve()
        .then(step)
        .catch(() => undefined);
    throw folderError(cause, folder);
  }
}

function folderError(cause: unknown, folder: string): WeirError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new WeirError('usage', `${folder} is no folder: name another one with --data`, { cause });
  return storeError(cause, folder);
}

/** Who has the folder, as far as the lock file says and the kernel confirms; undefined when nobody has. */
export async function holderOf(folder: string): Promise<LockHolder | undefined> {
  const holder = readHolder(join(resolve(folder), LOCK_FILE));
  return holder !== undefined && (await listens(holder.socket)) ? holder : undefined;
}

function createLock(folder: string, lockPath: string, own: LockHolder, listener: Listener): Lock {
  let released = false;
  return {
    folder,
    serve: (query, request) => listener.serve({ query, request }),
    drain: () => listener.drain(),
    async release() {
      if (released) return;
      released = true;
      await listener.drain();
      // while we still listen nobody takes this file for stale
      if (readHolder(lockPath)?.nonce === own.nonce) remove(lockPath);
      await listener.close();
      removeSocket(own.socket);
    },
  };
}

/** Puts the complete file in its place if there is none: readers never see half of it. */
function place(draft: string, lockPath: string): boolean {
  try {
    linkSync(draft, lockPath);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EMLINK') throw error;
  }
  try {
    // a file system without hard links
    writeFileSync(lockPath, readFileSync(draft), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The lock file's content; undefined when there is none. A damaged one names nobody and is stale. */
function readHolder(lockPath: string): LockHolder | undefined {
  let text: string;
  try {
    text = readFileSync(lockPath, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, role, socket, nonce } = JSON.parse(text) as LockHolder;
    if (typeof pid === 'number' && typeof socket === 'string' && typeof nonce === 'string') return { pid, role, socket, nonce };
  } catch {
    // damaged: falls through
  }
  return { pid: 0, role: 'write', socket: '', nonce: '' };
}

/** Moves the stale lock aside; should it have been replaced by a living one meanwhile, that one goes back. */
function removeStale(lockPath: string, stale: LockHolder, nonce: string): void {
  const aside = `${lockPath}.stale-${nonce}`;
  try {
    renameSync(lockPath, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readHolder(aside)?.nonce === stale.nonce) removeSocket(stale.socket);
  else place(aside, lockPath);
  remove(aside);
}

const SOCKET_NAME = /^weir-[0-9a-f]{12}\.sock$/;

function socketPath(folder: string, nonce: string): string {
  const path = join(folder, `weir-${nonce}.sock`);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  return join(mkdtempSync(join(tmpdir(), 'weir-')), `weir-${nonce}.sock`);
}

/** Removes a socket of ours, and the temporary folder that was made for it. */
function removeSocket(path: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!SOCKET_NAME.test(name)) return;
  remove(path);
  const folder = dirname(path);
  if (dirname(folder) !== tmpdir() || !/^weir-\w{6}$/.test(folder.slice(folder.lastIndexOf('/') + 1))) return;
  try {
    rmdirSync(folder);
  } catch {
    // not empty, or gone: either way not ours to worry about
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Does a process listen there? A full queue or a socket of another user counts as yes. */
export function listens(path: string): Promise<boolean> {
  if (path === '') return Promise.resolve(false);
  return new Promise((settle) => {
    const socket = createConnection(path);
    socket.on('connect', () => {
      socket.destroy();
      settle(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT' && error.code !== 'ENOTSOCK'),
    );
  });
}

interface Listener {
  serve(handlers: Handlers): void;
  /** answers what is being answered; what is asked later waits */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Listens at once, so that the lock can be checked; questions that come before `serve` wait. */
async function listen(path: string): Promise<Listener> {
  const open = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const waiting: { socket: Socket; question: string }[] = [];
  let handler: Handlers | undefined;
  const answer = (socket: Socket, question: string) => {
    if (handler === undefined) {
      waiting.push({ socket, question });
      return;
    }
    const done = answerQuestion(socket, question, handler).finally(() => running.delete(done));
    running.add(done);
  };
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy()); // the asker went away
    void readQuestion(socket).then((question) => {
      if (question === undefined) socket.destroy();
      else answer(socket, question);
    });
  });
  await new Promise<void>((settle, fail) => {
    server.once('error', fail);
    server.listen(path, settle);
  });
  chmodSync(path, 0o600);
  server.unref();
  return {
    serve(answering) {
      handler = answering;
      for (const { socket, question } of waiting.splice(0)) answer(socket, question);
    },
    async drain() {
      handler = undefined;
      const patience = new AbortController();
      // an asker that is stopped and takes no answer must not hold up the end of a run
      const enough = wait(DRAIN_PATIENCE_MS, undefined, { ref: false, signal: patience.signal }).catch(() => undefined);
      await Promise.race([Promise.all(running), enough]);
      patience.abort();
    },
    async close() {
      const closed = new Promise<void>((settle) => server.close(() => settle()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
