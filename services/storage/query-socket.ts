import type { Socket } from 'node:net';
import { createConnection } from 'node:net';
import type { ErrorCode } from '../core/errors.ts';
import { WeirError } from '../core/errors.ts';
import type { ReadOptions } from './reader.ts';

/**
 * Queries from process to process, over the socket of a data folder's lock, and requests to have something done there. One
 * question a connection: a line of JSON; the answer is a line of JSON and, when it went well, so many bytes as that line says.
 */
export type QueryHandler = (sql: string, options: ReadOptions) => Promise<Uint8Array>;

/** Does what is asked (plain data of any origin) and says what became of it (plain data). */
export type RequestHandler = (request: unknown) => Promise<unknown>;

/** What a process answers that has a data folder. */
export interface Handlers {
  query: QueryHandler;
  /** left out: it only reads */
  request?: RequestHandler;
}

type Question = (ReadOptions & { sql: string }) | { request: unknown };
type Head = { ok: true; length: number } | { ok: false; code: ErrorCode; message: string };

const NEWLINE = 10;
/** Longest question. */
const MAX_QUESTION = 4 << 20;

/** Answers a question; resolves when the answer is sent, or the asker has gone. */
export async function answerQuestion(socket: Socket, question: string, handlers: Handlers): Promise<void> {
  let head: Head;
  let body: Uint8Array = new Uint8Array(0);
  try {
    body = await answerTo(JSON.parse(question) as Question, handlers);
    head = { ok: true, length: body.length };
  } catch (error) {
    const code = error instanceof WeirError ? error.code : 'store_failed';
    head = { ok: false, code, message: error instanceof Error ? error.message : String(error) };
  }
  if (socket.destroyed) return;
  await new Promise<void>((settle) => {
    socket.on('close', () => settle());
    socket.write(`${JSON.stringify(head)}\n`);
    socket.end(body, () => settle());
  });
}

async function answerTo(question: Question, { query, request }: Handlers): Promise<Uint8Array> {
  if ('sql' in question) return query(question.sql, { format: question.format, params: question.params });
  if (request === undefined) throw new WeirError('data_folder_in_use', `process ${process.pid} only reads the data folder`);
  return new TextEncoder().encode(JSON.stringify(await request(question.request)));
}

/** Thrown when the other process went away before it answered in full: ask again, whoever has the folder now. */
export class HolderGone extends Error {}

/**
 * Asks the process that listens at `path`.
 * @throws HolderGone when it is not there or leaves; WeirError as it was thrown there
 */
export async function queryThroughSocket(path: string, sql: string, options: ReadOptions = {}): Promise<Uint8Array> {
  return ask(path, { sql, ...options });
}

/**
 * Has something done by the process that listens at `path`; returns what its handler did.
 * @throws HolderGone when it is not there or leaves: whether it was done is then not known; WeirError as it was thrown there
 */
export async function requestThroughSocket(path: string, request: unknown): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await ask(path, { request })));
}

async function ask(path: string, question: Question): Promise<Uint8Array> {
  const bytes = await exchange(path, `${JSON.stringify(question)}\n`);
  const end = bytes.indexOf(NEWLINE);
  if (end < 0) throw new HolderGone();
  const head = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Head;
  if (!head.ok) throw new WeirError(head.code, head.message);
  const body = bytes.subarray(end + 1);
  if (body.length !== head.length) throw new HolderGone();
  return body;
}

function exchange(path: string, question: string): Promise<Buffer> {
  return new Promise((settle, fail) => {
    const chunks: Buffer[] = [];
    const socket = createConnection(path, () => socket.write(question));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => fail(new HolderGone()));
    socket.on('close', () => settle(Buffer.concat(chunks)));
  });
}

/** The question that comes in on a new connection; undefined when the other side closes before, or sends too much. */
export function readQuestion(socket: Socket): Promise<string | undefined> {
  return new Promise((settle) => {
    const chunks: Buffer[] = [];
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf(NEWLINE);
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      size += chunk.length;
      if (end >= 0) settle(Buffer.concat(chunks).toString('utf8'));
      else if (size > MAX_QUESTION) settle(undefined);
    });
    socket.on('end', () => settle(undefined));
    socket.on('close', () => settle(undefined));
  });
}
