import type { Command } from 'commander';
import { EXIT, WeirError } from '../core/errors.ts';
import { ROLES } from '../drivers/kafka/names.ts';
import { startTelemetry } from '../telemetry/endpoint.ts';
import type { LogLevel } from '../telemetry/log-levels.ts';
import { type ServeLog, serveLog } from '../telemetry/serve-log.ts';
import { type LoadedConfig, loadConfig } from './config.ts';
import { globalOptions } from './global-options.ts';
import { type ServingEmbedded, serveEmbedded } from './serve-embedded.ts';
import { serveKafka } from './serve-kafka.ts';
import { type CaughtSignals, catchSignals } from './signals.ts';
import { versions } from './version.ts';

interface Flags {
  config: string;
  only?: string[];
  data?: string;
  name?: string;
  listen?: string;
}

/** What both forms of `weir serve` are given. */
interface Serving {
  config: LoadedConfig;
  flags: Flags;
  log: ServeLog;
  /** for people, on stderr; nothing with --quiet or a log level */
  say(text: string): void;
  signals: CaughtSignals;
}

/** `weir serve`: the main job on live sources. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .summary('live: follow files, take posts, or run on Kafka, until stopped')
    .description(
      'Reads the sources of the config as they grow, until stopped: follows files, takes posts over HTTP; with Kafka sources it runs on the brokers, alone or with other processes.',
    )
    .requiredOption('-c, --config <file>', 'weir.yaml')
    .option('-d, --data <folder>', "store and state without Kafka (default: the config's)")
    .option('--only <stage...>', `Kafka: run these in this process and leave the others to other processes (${ROLES.join(', ')})`)
    .option(
      '--name <name>',
      'Kafka: name of this process: one that is started again under its name gets its partitions back (default: host and process)',
    )
    .option('--listen <host:port>', "where /metrics, /healthz and /readyz are answered (default: the config's serve.listen)")
    .addHelpText(
      'after',
      `
Examples:
  weir serve --config weir.yaml
  weir serve --config weir.yaml --only normalise account --name weir-1 --listen 127.0.0.1:9601

Processes of one config share the work; they may come and go at any moment. SIGTERM and SIGINT save the state and end; a
start goes on where it was, also after a crash. serve.drain says how long a stop may take. --log-level info writes a
structured log to stderr.`,
    )
    .action(async (flags: Flags, command: Command) => {
      const { quiet, logLevel } = globalOptions(command);
      const config = loadConfig(flags.config);
      const onKafka = config.config.sources.some((source) => source.kafka !== undefined);
      checkFlags(flags, onKafka);
      const log = logOf(config, logLevel, flags.name);
      const say = (text: string): void => {
        if (!quiet && logLevel === 'silent') process.stderr.write(`${text}\n`);
      };
      const { drain } = config.config.serve;
      let patience: NodeJS.Timeout | undefined;
      const signals = catchSignals((name) => {
        say(`${name}: saving the state (again to stop at once)`);
        log.say('stopping', { signal: name, drain });
        patience = setTimeout(() => {
          say(`not done after ${drain / 1000} s: leaving; a start goes on from the last state that was saved`);
          log.say('drain_cut', { drain });
          process.exit(signals.exitCode());
        }, drain);
        patience.unref();
      });
      try {
        const serving: Serving = { config, flags, log, say, signals };
        await (onKafka ? onBrokers(serving) : alone(serving));
        process.exitCode = signals.exitCode() ?? EXIT.done;
      } catch (error) {
        if (error instanceof WeirError) log.say('failed', { code: error.code, err: error });
        throw error;
      } finally {
        clearTimeout(patience);
        signals.release();
      }
    });
}

function checkFlags(flags: Flags, onKafka: boolean): void {
  if (onKafka && flags.data !== undefined) {
    throw new WeirError('usage', '--data: on Kafka the state lies in kafka.state and the store is the one of the config');
  }
  if (!onKafka && flags.only !== undefined) {
    throw new WeirError(
      'usage',
      `--only ${flags.only.join(' ')}: ${flags.config} has no source with kafka; without Kafka all stages run in one process`,
    );
  }
}

function logOf({ config }: LoadedConfig, level: LogLevel, instance: string | undefined): ServeLog {
  const { store, kafka, sources, values } = config;
  const named = ['path' in store ? undefined : store.password_env, kafka.sasl?.password_env, values.key_env];
  const tokens = sources.map(({ http }) => http?.token_env);
  const secrets = [...named, ...tokens].map((name) => (name === undefined ? undefined : process.env[name]));
  return serveLog(level, { instance, secrets });
}

/** One line of /readyz, for people. */
function statusText({ ready, reasons }: { ready: boolean; reasons: readonly string[] }): string {
  return ready ? 'ready' : `not ready: ${reasons.join('; ')}`;
}

async function onBrokers({ config, flags, log, say, signals }: Serving): Promise<void> {
  await serveKafka({
    config,
    only: flags.only?.flatMap((stages) => stages.split(',')),
    name: flags.name,
    listen: flags.listen,
    log,
    signal: signals.signal,
    onStarted: (_, { roles, telemetry }) => say(`running ${roles.join(', ')}; http://${telemetry}/readyz says when all is well`),
    onStatus: (status) => say(statusText(status)),
  });
  say('stopped, state saved');
}

async function alone({ config, flags, log, say, signals }: Serving): Promise<void> {
  const begun = performance.now();
  let serving: ServingEmbedded | undefined;
  const telemetry = await startTelemetry({
    listen: flags.listen ?? config.config.serve.listen,
    samples: () => serving?.samples() ?? [],
    health: () => serving?.health() ?? { reasons: [] },
    ready: () => serving?.status() ?? { reasons: ['starting'] },
    build: versions(),
    log,
  });
  try {
    serving = serveEmbedded({
      config,
      data: flags.data,
      signal: signals.signal,
      log,
      onNotice: say,
      onListening: (url) => say(`taking posts on ${url}/v1/sources/NAME`),
      onStatus: (status) => say(statusText(status)),
    });
    log.say('started', { ...versions(), config: config.version, stages: ['all'], telemetry: telemetry.address });
    const { stopped } = await serving.done;
    if (stopped) log.say('stopped', { took: Math.round(performance.now() - begun) });
  } finally {
    await telemetry.close();
  }
}
