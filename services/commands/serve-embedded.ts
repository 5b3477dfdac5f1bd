import { join } from 'node:path';
import type { Config, SourceConfig } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import type { Sink } from '../core/sink.ts';
import type { EmbeddedOptions } from '../drivers/embedded/driver.ts';
import { identityOf } from '../drivers/embedded/identity.ts';
import type { FollowOptions } from '../drivers/embedded/quiet.ts';
import type { RunView } from '../drivers/embedded/run-contract.ts';
import { HttpInlets } from '../drivers/http/http-inlets.ts';
import { Inlet } from '../drivers/http/inlet.ts';
import type { FormatName } from '../ingest/normalise-config.ts';
import { counter, gauge, histogram } from '../telemetry/catalogue.ts';
import { diskSamples } from '../telemetry/disk-space.ts';
import type { Sample } from '../telemetry/samples.ts';
import type { ServeLog } from '../telemetry/serve-log.ts';
import type { LoadedConfig } from './config.ts';
import { type DetectResult, runDetect } from './run-detect.ts';
import { ServeMeter } from './serve-meter.ts';

export interface ServeEmbeddedOptions {
  config: LoadedConfig;
  /** data folder; undefined: the config's store path */
  data?: string;
  workers?: number;
  /** stop: refuse what is posted, save the state, return */
  signal?: AbortSignal;
  environment?: NodeJS.ProcessEnv;
  /** one sentence each: files that are waited for, rotated, truncated, detected formats */
  onNotice?: (text: string) => void;
  /** the log: rotated, truncated and missing files, refused posts */
  log?: Pick<ServeLog, 'say'>;
  /** told where the HTTP endpoint listens */
  onListening?: (url: string) => void;
  /** told when readiness changes */
  onStatus?: (status: ServeStatus) => void;
  /** more places for the outcomes to go to */
  sinks?: readonly Sink[];
  /** ms of work between cuts; default 30 s */
  cutEvery?: number;
  /** ms between looks at the files of address lists; default 10 s */
  listsEvery?: number;
  follow?: Partial<FollowOptions>;
}

export interface ServeStatus {
  /** sources are being read, what is posted is taken */
  ready: boolean;
  /** why not, one sentence each */
  reasons: string[];
}

export interface ServingEmbedded {
  /** is it at work: stages up, HTTP endpoint open, room on the disk */
  status(): ServeStatus;
  /** why it should be started again, one sentence each; empty: all is well */
  health(): { reasons: string[] };
  /** what it says of itself now, for metrics */
  samples(): Sample[];
  /** resolves after the signal, when the state is saved; rejects when the run cannot go on */
  done: Promise<DetectResult>;
}

/** ms without a cut, while there is something to save, after which the process is taken for stuck. */
const STUCK_AFTER = 10 * 60_000;

/**
 * The main job on live sources without Kafka: files are followed, HTTP sources take posts into a journal, until the signal.
 * @throws WeirError through `done`: config and environment, folder in use, address in use, disk, store
 */
export function serveEmbedded(options: ServeEmbeddedOptions): ServingEmbedded {
  return new Serving(options);
}

interface OpenInlet {
  source: SourceConfig;
  inlet: Inlet;
}

class Serving implements ServingEmbedded {
  readonly done: Promise<DetectResult>;
  private readonly options: ServeEmbeddedOptions;
  private readonly config: Config;
  private readonly meter: ServeMeter;
  private readonly failing = new AbortController();
  private inlets: OpenInlet[] = [];
  private http: HttpInlets | undefined;
  private dataFolder: string | undefined;
  private view: (() => RunView) | undefined;
  private failure: Error | undefined;
  private stopping = false;
  private over = false;
  private said = '';
  private readonly fullSaid = new Map<string, number>();
  private readonly watch: NodeJS.Timeout;

  constructor(options: ServeEmbeddedOptions) {
    this.options = options;
    this.config = options.config.config;
    this.meter = new ServeMeter(options.follow?.now);
    options.signal?.addEventListener('abort', () => this.stop(), { once: true });
    this.watch = setInterval(() => this.tell(), STATUS_EVERY);
    this.watch.unref();
    this.done = this.run();
  }

  status(): ServeStatus {
    const reasons: string[] = [];
    const view = this.view?.();
    const trouble = this.http?.trouble();
    if (this.over) reasons.push('it has ended');
    else if (this.stopping) reasons.push('it is stopping');
    else if (view?.started !== true) reasons.push('it is starting');
    if (trouble !== undefined) reasons.push(trouble);
    if (this.failure !== undefined) reasons.push(this.failure.message);
    return { ready: reasons.length === 0, reasons };
  }

  health(): { reasons: string[] } {
    const reasons = this.failure === undefined ? [] : [this.failure.message];
    const view = this.view?.();
    const behind = view?.inputs.some(({ exhausted }) => !exhausted) ?? false;
    if (view?.started && behind && view.sinceCut > STUCK_AFTER)
      reasons.push(`the state was not saved for ${Math.round(view.sinceCut / 60_000)} minutes`);
    return { reasons };
  }

  samples(): Sample[] {
    const samples = this.meter.samples();
    samples.push(gauge('weir_config_info', { version: this.options.config.version }, 1));
    for (const { source, code, count } of this.http?.counts() ?? [])
      samples.push(counter('weir_http_requests_total', { source, code: String(code) }, count));
    for (const [source, recorder] of this.http?.durations() ?? [])
      samples.push(histogram('weir_http_request_duration_seconds', { source }, recorder));
    for (const { source, inlet } of this.inlets) {
      samples.push(gauge('weir_journal_bytes', { source: source.name }, inlet.size));
      samples.push(gauge('weir_journal_waiting_bytes', { source: source.name }, inlet.waiting));
    }
    if (this.dataFolder !== undefined) samples.push(...diskSamples({ data: this.dataFolder }));
    return samples;
  }

  private async run(): Promise<DetectResult> {
    const { options } = this;
    const tokens = new Map(
      this.config.sources.flatMap((source) =>
        source.http === undefined ? [] : [[source.name, tokenOf(source.name, source.http.token_env, options.environment)] as const],
      ),
    );
    const signals = [options.signal, this.failing.signal].filter((signal) => signal !== undefined);
    try {
      const result = await runDetect({
        files: [],
        config: options.config,
        data: options.data,
        workers: options.workers,
        environment: options.environment,
        cutEvery: options.cutEvery,
        listsEvery: options.listsEvery,
        sinks: [this.meter, ...(options.sinks ?? [])],
        follow: { patient: true, ...options.follow },
        signal: AbortSignal.any(signals),
        onNotice: (text, about) => {
          options.onNotice?.(text);
          if (about !== undefined) options.log?.say(about.event, { ...about.fields });
        },
        live: { open: (folder) => this.open(folder, tokens), close: () => this.close() },
      });
      if (this.failure !== undefined) throw this.failure;
      return result;
    } finally {
      this.over = true;
      clearInterval(this.watch);
      this.tell();
    }
  }

  private async open(
    dataFolder: string,
    tokens: ReadonlyMap<string, string>,
  ): Promise<Pick<EmbeddedOptions, 'inlets' | 'onCut' | 'onRun'>> {
    this.dataFolder = dataFolder;
    for (const source of this.config.sources) {
      if (source.http === undefined) continue;
      const folder = join(dataFolder, 'inlets', source.name);
      this.inlets.push({ source, inlet: await Inlet.open(folder, { onFailure: (error) => this.fail(error) }) });
    }
    if (this.inlets.length > 0) {
      const { listen, max_body: maxBody, max_waiting: maxWaiting } = this.config.serve.http;
      this.http = await HttpInlets.listen({
        listen,
        maxBody,
        maxWaiting,
        onRefused: (source, code, reason) => {
          this.options.log?.say('post_refused', { source, code, reason });
          if (code === 429) this.sayFull(source);
        },
        sources: this.inlets.map(({ source, inlet }) => ({
          name: source.name,
          token: tokens.get(source.name) as string,
          inlet,
        })),
      });
      this.options.onListening?.(this.http.url);
      if (this.stopping) await this.http.close();
    }
    return {
      inlets: this.inlets.map(({ source, inlet }) => ({
        tenant: source.tenant,
        source: source.name,
        format: source.format as FormatName,
        lateness: source.lateness,
        partition: partitionOf(source),
        path: inlet.folder,
        continueAt: (position) => inlet.continueAt(position),
        from: (position) => inlet.from(position),
        end: () => inlet.end,
        onNews: (listener) => inlet.onNews(listener),
      })),
      onCut: async (offsets) => {
        for (const { source, inlet } of this.inlets) await inlet.forget(offsets.get(partitionOf(source)) ?? 0);
      },
      onRun: (view) => {
        this.view = view;
        this.meter.watch(view);
        this.tell();
      },
    };
  }

  /** At most once in a while: senders come again. */
  private sayFull(source: string): void {
    const now = performance.now();
    if (now - (this.fullSaid.get(source) ?? Number.NEGATIVE_INFINITY) < FULL_EVERY) return;
    this.fullSaid.set(source, now);
    const waiting = this.inlets.find((one) => one.source.name === source)?.inlet.waiting;
    this.options.log?.say('journal_full', { source, waiting });
  }

  private stop(): void {
    this.stopping = true;
    this.tell();
    void this.http?.close();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.failing.abort();
  }

  private async close(): Promise<void> {
    this.stopping = true;
    await Promise.all([this.http?.close(), ...this.inlets.map(({ inlet }) => inlet.close())]);
  }

  private tell(): void {
    const status = this.status();
    const text = status.reasons.join('; ');
    if (text === this.said) return;
    this.said = text;
    this.options.onStatus?.(status);
  }
}

/** ms between two lines of the log about a source that takes no more. */
const FULL_EVERY = 60_000;
/** ms between looks at whether readiness has changed. */
const STATUS_EVERY = 500;

/** Identity of a source's posts: one partition over all segments and restarts. */
function partitionOf({ tenant, name }: SourceConfig): string {
  return `inlet-${identityOf(tenant, new TextEncoder().encode(name))}`;
}

function tokenOf(source: string, name: string, environment: NodeJS.ProcessEnv = process.env): string {
  const token = environment[name] ?? '';
  if (token === '')
    throw new WeirError(
      'config',
      `source ${source}: http.token_env: ${name} is not set in the environment; it holds the token of its senders`,
    );
  if (/\s/.test(token))
    throw new WeirError('config', `source ${source}: http.token_env: the token in ${name} has blanks in it; it can be sent without only`);
  return token;
}
