import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpInlets } from '../../services/drivers/http/http-inlets.ts';
import { Inlet } from '../../services/drivers/http/inlet.ts';
import { numbers } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

const RUN = fileURLToPath(new URL('../support/live-run.mjs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-http-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Sent {
  token?: string;
  type?: string | null;
  encoding?: string;
}

async function post(
  url: string,
  name: string,
  body: string | Uint8Array | ReadableStream,
  { token = 'secret', type = 'application/x-ndjson', encoding }: Sent = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (type !== null) headers['content-type'] = type;
  if (encoding !== undefined) headers['content-encoding'] = encoding;
  const response = await fetch(`${url}/v1/sources/${name}`, { method: 'POST', headers, body, ...{ duplex: 'half' } } as RequestInit);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
}

const MAX_BODY = 100_000;

describe('HTTP endpoint', () => {
  let http: HttpInlets;
  let gw: Inlet;
  let text: Inlet;
  beforeEach(async () => {
    gw = await Inlet.open(join(folder, 'gw'));
    text = await Inlet.open(join(folder, 'text'));
    await gw.continueAt(0);
    await text.continueAt(0);
    http = await HttpInlets.listen({
      listen: '127.0.0.1:0',
      maxBody: MAX_BODY,
      maxWaiting: 250_000,
      sources: [
        { name: 'gw', token: 'secret', inlet: gw },
        { name: 'text', token: 'other-secret', inlet: text },
      ],
    });
  });
  afterEach(async () => {
    await http.close();
    await Promise.all([gw.close(), text.close()]);
  });
  const kept = (name: string): string =>
    readdirSync(join(folder, name))
      .map((file) => readFileSync(join(folder, name, file), 'utf8'))
      .join('');

  it('keeps what it confirms: lines, arrays, text, plain and compressed', async () => {
    expect(await post(http.url, 'gw', '{"a":1}\n{"a":2}')).toMatchObject({ status: 202, body: { accepted_bytes: 15 } });
    expect(await post(http.url, 'gw', '[{"a":3},\n{"a":4}]', { type: 'application/json; charset=utf-8' })).toMatchObject({ status: 202 });
    expect(await post(http.url, 'gw', gzipSync('{"a":5}\n'), { encoding: 'gzip' })).toMatchObject({
      status: 202,
      body: { accepted_bytes: 8 },
    });
    expect(await post(http.url, 'gw', '')).toMatchObject({ status: 202, body: { accepted_bytes: 0 } });
    expect(kept('gw')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n{"a":4}\n{"a":5}\n');
    expect(await post(http.url, 'text', '1.2.3.4 - -', { token: 'other-secret', type: 'text/plain' })).toMatchObject({ status: 202 });
    expect(kept('text')).toBe('1.2.3.4 - -\n');
    expect(http.counts()).toContainEqual({ source: 'gw', code: 202, count: 4 });
  });

  it('wants the token of the source, and does not say which sources there are', async () => {
    const answers = async (name: string, token: string): Promise<unknown> => {
      const { status, body } = await post(http.url, name, '{}', { token });
      return { status, body };
    };
    const unauthorised = await answers('gw', 'wrong');
    expect(unauthorised).toMatchObject({ status: 401 });
    expect(await answers('none', 'wrong')).toEqual(unauthorised);
    expect(await answers('gw', '')).toEqual(unauthorised);
    const notFound = await answers('none', 'secret');
    expect(notFound).toMatchObject({ status: 404 });
    expect(await answers('text', 'secret')).toEqual(notFound);
    expect((await fetch(`${http.url}/v1/sources/gw`, { method: 'POST', body: '{}' })).status).toBe(401);
    expect((await fetch(`${http.url}/v1/sources/gw`)).status).toBe(404);
    expect(gw.end).toBe(0);
  });

  it('refuses what is too large while it unpacks, before memory grows', async () => {
    expect((await post(http.url, 'gw', 'x'.repeat(MAX_BODY + 1))).status).toBe(413);
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    // refused in the middle: the answer, or the end of the connection, stops the sender
    const streamed = await post(http.url, 'gw', endless).catch(() => ({ status: 413 }));
    expect(streamed.status).toBe(413);
    const bomb = gzipSync(new Uint8Array(90 << 20));
    expect(bomb.length).toBeLessThan(MAX_BODY);
    const before = process.memoryUsage().arrayBuffers;
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(http.url, 'gw', bomb, { encoding: 'gzip' })));
    expect(answers.map(({ status }) => status)).toEqual(new Array(10).fill(413));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 << 20);
    expect(gw.end).toBe(0);
  });

  it('refuses bodies that are not what they say', async () => {
    expect((await post(http.url, 'gw', 'no gzip', { encoding: 'gzip' })).status).toBe(400);
    const packed = gzipSync('{"a":1}\n'.repeat(1_000));
    expect((await post(http.url, 'gw', packed.subarray(0, packed.length - 9), { encoding: 'gzip' })).status).toBe(400);
    expect((await post(http.url, 'gw', '[{"a":1}', { type: 'application/json' })).status).toBe(400);
    expect((await post(http.url, 'gw', '{}', { encoding: 'br' })).status).toBe(415);
    expect((await post(http.url, 'gw', '{}', { type: 'application/xml' })).status).toBe(415);
    expect((await post(http.url, 'gw', new TextEncoder().encode('{}'), { type: null })).status).toBe(415);
    expect(gw.end).toBe(0);
    // nothing of them stays in the way of others
    expect((await post(http.url, 'gw', '{"a":1}')).status).toBe(202);
  });

  it('a sender that goes away in the middle leaves nothing', async () => {
    const { hostname, port } = new URL(http.url);
    const head = 'POST /v1/sources/gw HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Type: application/x-ndjson\r\n';
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`${head}Content-Length: 1000\r\n\r\n{"a":1}\n`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect((await post(http.url, 'gw', '{"a":2}')).status).toBe(202);
    expect(kept('gw')).toBe('{"a":2}\n');
  });

  it('tells senders to wait while too much waits to be read', async () => {
    const body = `${'x'.repeat(90_000)}\n`;
    const answers: number[] = [];
    for (let i = 0; i < 5; i++) answers.push((await post(http.url, 'gw', body)).status);
    expect(answers).toEqual([202, 202, 202, 429, 429]);
    const refused = await post(http.url, 'gw', body);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await post(http.url, 'text', 'a\n', { token: 'other-secret', type: 'text/plain' })).status).toBe(202);
    const source = gw.from(0);
    const buffer = new Uint8Array(1 << 20);
    await source.read(buffer, 0);
    await source.close();
    expect((await post(http.url, 'gw', body)).status).toBe(202);
  });

  it('confirms many posts at one time with few syncs, each in whole lines', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => `{"n":${i}}`);
    const answers = await Promise.all(lines.map((line) => post(http.url, 'gw', line)));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(kept('gw').trim().split('\n').sort()).toEqual([...lines].sort());
  });
});

/** Starts the run; resolves when it listens. */
async function started(
  options: object,
  limit?: number,
): Promise<{ child: ChildProcess; url: string; over: Promise<number | null>; error: () => string }> {
  const run = [RUN, JSON.stringify(options)];
  const child =
    limit === undefined
      ? spawn(process.execPath, run, { stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('bash', ['-c', `ulimit -f ${limit}; exec "$0" "$@"`, process.execPath, ...run], { stdio: ['ignore', 'pipe', 'pipe'] });
  let error = '';
  child.stderr?.on('data', (data: Buffer) => {
    error += data.toString();
  });
  const over = new Promise<number | null>((resolve) => child.on('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().split('\n')[0]));
    void over.then(() => reject(new Error(error)));
  });
  return { child, url, over, error: () => error };
}

function ledgerOf(path: string): Record<string, number> {
  const sink = new MemorySink();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    try {
      const { kind, value } = JSON.parse(line);
      if (kind === 'ledger') sink.ledger(value);
    } catch {
      // cut in half by the kill
    }
  }
  return sink.fates();
}

/** Reads all that was posted, stops in order and returns the ledger. */
async function finished(options: { folder: string; out: string }): Promise<Record<string, number>> {
  const run = await started({ ...options, drain: true });
  expect([await run.over, run.error()]).toEqual([0, '']);
  return ledgerOf(options.out);
}

describe('HTTP endpoint, killed during posts', () => {
  const journal = (): string[] =>
    readdirSync(join(folder, 'inlets', 'gw'))
      .sort()
      .flatMap((name) =>
        readFileSync(join(folder, 'inlets', 'gw', name), 'utf8')
          .split('\n')
          .filter(Boolean),
      );

  it('every record that was confirmed is in the journal once, and everything in the journal is in the ledger once', async () => {
    const options = { folder, http: true, out: join(folder, 'out.ndjson'), cutEvery: 200, idleAfter: 5 }; // decisions by the clock all the time
    const next = numbers(20);
    const confirmed: string[] = [];
    const sent = new Set<string>();
    let serial = 0;
    const begin = Date.now() - 3_600_000;
    for (let kill = 0; kill < 5; kill++) {
      const { child, url, over } = await started(options);
      let left = 20 + Math.floor(next() * 150);
      const client = async (): Promise<void> => {
        while (left > 0) {
          const lines = Array.from({ length: 1 + Math.floor(next() * 30) }, () => {
            const id = serial++;
            return `${begin + id * 20} account-${id} /api/${id % 7}`;
          });
          for (const line of lines) sent.add(line);
          try {
            const { status } = await post(url, 'gw', lines.join('\n'), { type: 'text/plain' });
            expect(status).toBe(202);
            confirmed.push(...lines);
            if (--left === 0) child.kill('SIGKILL');
          } catch (error) {
            if (!(error instanceof TypeError)) throw error; // the connection is gone with the process
            return;
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
      child.kill('SIGKILL');
      await over;
    }
    const fates = await finished(options);
    const found = journal();
    const once = new Set(found);
    expect(confirmed.length).toBeGreaterThan(500);
    expect(once.size).toBe(found.length);
    expect(confirmed.filter((line) => !once.has(line))).toEqual([]);
    expect(found.filter((line) => !sent.has(line))).toEqual([]);
    expect(fates.dead).toBe(0);
    expect([fates.read, fates.windowed + fates.late]).toEqual([found.length, found.length]);
  });

  it('refuses with 503 when nothing more can be written, keeps what it confirmed, and goes on when there is room', async () => {
    const options = { folder, http: true, out: join(folder, 'out.ndjson'), cutEvery: 100_000 };
    const { child, url, over } = await started(options, 200); // KiB that a file may have
    const line = (id: number): string => `${Date.now()} account-${id}-${'x'.repeat(10_000)} /api/${id % 7}`;
    const confirmed: string[] = [];
    let status = 202;
    let last: Awaited<ReturnType<typeof post>> | undefined;
    for (let id = 0; id < 100 && status === 202; id++) {
      const body = line(id);
      last = await post(url, 'gw', body, { type: 'text/plain' });
      ({ status } = last);
      if (status === 202) confirmed.push(body);
    }
    expect(status).toBe(503);
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(journal()).toEqual(confirmed);
    child.kill('SIGKILL');
    await over;
    const more = await started(options);
    expect((await post(more.url, 'gw', line(1_000), { type: 'text/plain' })).status).toBe(202);
    more.child.kill('SIGKILL');
    await more.over;
    const fates = await finished(options);
    expect(fates).toMatchObject({ read: confirmed.length + 1, dead: 0 });
  });
});
