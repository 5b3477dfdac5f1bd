import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { listenError, parseListen } from '../../telemetry/listen-address.ts';
import { HistogramRecorder } from '../../telemetry/samples.ts';
import { BodyRoom, readBody } from './body.ts';
import { type Inlet, InletFull } from './inlet.ts';
import { closedLines, jsonLines } from './lines.ts';
import { Refusal } from './refusal.ts';

/** A source that records are posted to. */
export interface HttpSource {
  name: string;
  /** what senders have to show */
  token: string;
  inlet: Inlet;
}

export interface HttpInletsOptions {
  /** host:port; port 0 takes a free one */
  listen: string;
  sources: readonly HttpSource[];
  /** bytes of one body, unpacked */
  maxBody: number;
  /** bytes of a source that may wait to be read */
  maxWaiting: number;
  /** told of every post that is refused; `source` is '' where no valid token was shown */
  onRefused?(source: string, code: number, reason: string): void;
}

/** How often a source's requests were answered with a code. */
export interface HttpCount {
  /** '' for requests that showed no valid token */
  source: string;
  code: number;
  count: number;
}

/** Seconds after which a sender that has to wait may try again. */
const RETRY_AFTER = 5;
/** Room for bodies, over all requests at one time, in largest bodies. */
const ROOM_BODIES = 16;
/** ms that a request may take to arrive. */
const REQUEST_TIMEOUT = 120_000;
/** ms that requests under way are given when the endpoint closes. */
const CLOSE_PATIENCE = 3_000;

type Entry = HttpSource & { digest: Buffer };

/**
 * The HTTP endpoint: POST /v1/sources/NAME takes NDJSON, JSON or lines of text, plain or gzip, and answers 202 once they
 * are durable. A request without a valid token is always answered 401, one with a token of another source 404: neither
 * says which sources there are.
 */
export class HttpInlets {
  private readonly options: HttpInletsOptions;
  private readonly sources: readonly Entry[];
  private readonly room: BodyRoom;
  private readonly app: FastifyInstance;
  private readonly codes = new Map<string, HttpCount>();
  private readonly times = new Map<string, HistogramRecorder>();
  private closing = false;
  private full: string | undefined;

  private constructor(options: HttpInletsOptions) {
    this.options = options;
    this.sources = options.sources.map((source) => ({ ...source, digest: digestOf(source.token) }));
    this.room = new BodyRoom(ROOM_BODIES * options.maxBody);
    this.app = fastify({ logger: false, requestTimeout: REQUEST_TIMEOUT, bodyLimit: options.maxBody, forceCloseConnections: 'idle' });
    this.app.removeAllContentTypeParsers();
    this.app.addContentTypeParser('*', (_request, _payload, done) => done(null)); // bodies are read where they are unpacked
    this.app.post<{ Params: { name: string } }>('/v1/sources/:name', (request, reply) => this.answer(request, reply));
    this.app.setNotFoundHandler((_request, reply) => this.refuse(reply, '', new Refusal(404, 'POST /v1/sources/NAME is all there is')));
    this.app.setErrorHandler((error, _request, reply) => {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      return this.refuse(reply, '', new Refusal(status, status < 500 ? (error as Error).message : 'internal error'));
    });
  }

  /** Listens. Throws WeirError `usage` when the address cannot be taken. */
  static async listen(options: HttpInletsOptions): Promise<HttpInlets> {
    const inlets = new HttpInlets(options);
    const { host, port } = parseListen(options.listen, 'serve.http.listen');
    try {
      await inlets.app.listen({ host, port });
    } catch (error) {
      await inlets.app.close();
      throw listenError(error, options.listen, 'serve.http.listen');
    }
    return inlets;
  }

  /** Where it listens. */
  get url(): string {
    const { address, port, family } = this.app.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Answers so far. */
  counts(): readonly HttpCount[] {
    return [...this.codes.values()];
  }

  /** Seconds until posts were durable and answered, by source. */
  durations(): ReadonlyMap<string, HistogramRecorder> {
    return this.times;
  }

  /** Why records are refused at the moment, for all that is known; undefined when they are not. */
  trouble(): string | undefined {
    return this.full;
  }

  /** Refuses what comes from now on (503), answers what has been taken, then closes; senders that are slow are cut off. */
  async close(): Promise<void> {
    this.closing = true;
    const patience = setTimeout(() => this.app.server.closeAllConnections(), CLOSE_PATIENCE);
    await this.app.close();
    clearTimeout(patience);
  }

  private async answer(request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply): Promise<FastifyReply> {
    let source = '';
    let held = 0;
    const begun = performance.now();
    try {
      const entry = this.authorised(request.headers.authorization, request.params.name);
      source = entry.name;
      this.checkWaiting(entry);
      const inJson = isJson(request.headers['content-type']);
      const body = await readBody(request.raw, { maxBody: this.options.maxBody, room: this.room });
      held = body.length;
      const lines = inJson ? jsonLines(body) : closedLines(body);
      this.checkWaiting(entry);
      await entry.inlet.append(lines);
      this.full = undefined;
      this.timesOf(source).observe((performance.now() - begun) / 1000);
      this.count(source, 202);
      return reply.code(202).send({ accepted_bytes: body.length });
    } catch (error) {
      if (error instanceof Refusal) return this.refuse(reply, source, error);
      if (error instanceof InletFull) {
        this.full = error.message;
        return this.refuse(reply, source, new Refusal(503, 'there is no room to keep what is posted', RETRY_AFTER));
      }
      return this.refuse(reply, source, new Refusal(503, 'what is posted cannot be kept', RETRY_AFTER));
    } finally {
      this.room.give(held);
    }
  }

  /** Throws Refusal 401 without a valid token, 404 for a source that the token is not for. */
  private authorised(header: string | undefined, name: string): Entry {
    const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '';
    const digest = digestOf(token);
    let valid = false;
    let found: Entry | undefined;
    for (const entry of this.sources) {
      const fits = timingSafeEqual(digest, entry.digest);
      valid = fits || valid;
      if (fits && entry.name === name) found = entry;
    }
    if (token === '' || !valid) throw new Refusal(401, 'Authorization: Bearer TOKEN of the source is needed');
    if (found === undefined) throw new Refusal(404, 'this token is for no source of that name');
    return found;
  }

  private checkWaiting({ inlet }: Entry): void {
    if (this.closing) throw new Refusal(503, 'Weir is stopping', RETRY_AFTER);
    if (inlet.waiting > this.options.maxWaiting)
      throw new Refusal(429, 'more has been taken than could be processed so far: try again', RETRY_AFTER);
  }

  private refuse(reply: FastifyReply, source: string, { status, message, retryAfter }: Refusal): FastifyReply {
    this.count(source, status);
    this.options.onRefused?.(source, status, message);
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (status === 415) reply.header('accept-encoding', 'gzip, identity');
    if (status === 413 || this.closing) reply.header('connection', 'close');
    return reply.code(status).send({ error: message });
  }

  private timesOf(source: string): HistogramRecorder {
    let times = this.times.get(source);
    if (times === undefined) {
      times = new HistogramRecorder();
      this.times.set(source, times);
    }
    return times;
  }

  private count(source: string, code: number): void {
    const key = `${source} ${code}`;
    const entry = this.codes.get(key) ?? { source, code, count: 0 };
    entry.count++;
    this.codes.set(key, entry);
  }
}

/** True when the body is JSON of which records are made, false for lines. Throws Refusal 415. */
function isJson(header: string | undefined): boolean {
  const type = (header ?? '').split(';')[0].trim().toLowerCase();
  if (type === 'application/json') return true;
  if (/^(text\/plain|application\/(x-ndjson|ndjson|jsonl|json-lines|x-jsonlines|jsonlines))$/.test(type)) return false;
  throw new Refusal(
    415,
    `Content-Type ${type === '' ? 'is missing' : type.slice(0, 60)}: application/x-ndjson, application/json or text/plain is taken`,
  );
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
