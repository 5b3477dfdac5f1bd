import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { gauge } from './catalogue.ts';
import { EXPOSITION_TYPE, exposition } from './exposition.ts';
import { listenError, parseListen } from './listen-address.ts';
import type { Sample } from './samples.ts';

/** Does the process make progress? Where it does not, it should be started again. */
export interface Health {
  /** why not, one sentence each; empty: all is well */
  reasons: readonly string[];
}

/** Does the process do its work: sources connected, tasks restored, store reachable? Where it does not, it should be waited for. */
export interface Readiness {
  /** why not yet, one sentence each; empty: it does */
  reasons: readonly string[];
}

export interface TelemetryOptions {
  /** `host:port`; port 0: any that is free */
  listen: string;
  /** asked at every scrape; quick */
  samples: () => readonly Sample[];
  health: () => Health;
  ready: () => Readiness | Promise<Readiness>;
  /** for `weir_build_info` */
  build?: { version: string; model: string; schema: string };
  /** told of a request that failed: a bug in what was asked */
  log: { error(fields: object, text: string): void };
}

export interface Telemetry {
  /** `host:port` as bound */
  address: string;
  /** Stops listening and closes what is open. */
  close(): Promise<void>;
}

/**
 * Answers `/metrics`, `/healthz` and `/readyz`; everything else is 404. The last two say 200 `{"status":"ok"}` or 503
 * with their reasons. `/metrics` has what `samples` gives and what prom-client says of the process.
 * @throws WeirError `usage` naming the address when it cannot be listened on
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { host, port } = parseListen(options.listen, 'serve.listen');
  const registry = new Registry();
  const app = fastify({ logger: false, forceCloseConnections: true });

  app.get('/metrics', async (_, reply) => {
    const { build } = options;
    const samples = build === undefined ? options.samples() : [gauge('weir_build_info', { ...build }, 1), ...options.samples()];
    reply.type(EXPOSITION_TYPE);
    return exposition(samples) + (await registry.metrics());
  });
  const state = (reasons: readonly string[]) => (reasons.length === 0 ? { status: 'ok' } : { status: 'failing', reasons });
  app.get('/healthz', async (_, reply) => {
    const { reasons } = options.health();
    return reply.code(reasons.length === 0 ? 200 : 503).send(state(reasons));
  });
  app.get('/readyz', async (_, reply) => {
    const { reasons } = await options.ready();
    return reply.code(reasons.length === 0 ? 200 : 503).send(state(reasons));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ status: 'unknown', reasons: [`${request.method} ${request.url}: there are /metrics, /healthz and /readyz`] }),
  );
  app.setErrorHandler((error, request, reply) => {
    options.log.error({ event: 'telemetry_failed', url: request.url, err: error }, 'a request for metrics or health failed');
    return reply.code(500).send({ status: 'failing', reasons: [error instanceof Error ? error.message : String(error)] });
  });

  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenError(error, options.listen, 'serve.listen');
  }
  // after listening: what it hooks into is not let go of again by a failed start
  collectDefaultMetrics({ register: registry });
  const bound = app.server.address() as AddressInfo;
  return {
    address: `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: async () => {
      await app.close();
      registry.clear();
    },
  };
}
