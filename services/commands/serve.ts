import type { Command } from 'commander';
import { EXIT, WeirError } from '../core/errors.ts';
import { createRunLog } from '../telemetry/run-log.ts';
import { loadConfig } from './config.ts';
import { globalOptions } from './global-options.ts';
import { serveEmbedded } from './serve-embedded.ts';
import { catchSignals } from './signals.ts';

interface Flags {
  config: string;
  only?: string[];
  data?: string;
}

/** `weir serve`: the main job on live sources. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .summary('live: follow files, take posts, or run on Kafka, until stopped')
    .description(
      'Reads the sources of the config as they grow, until stopped: follows files, takes posts over HTTP; with Kafka sources it runs on the brokers.',
    )
    .requiredOption('-c, --config <file>', 'weir.yaml')
    .option('-d, --data <folder>', "store and state without Kafka (default: the config's)")
    .option('--only <stage...>', 'Kafka only: run these stages in this process')
    .addHelpText(
      'after',
      `
Examples:
  weir serve --config weir.yaml
  weir serve --config weir.yaml --only normalise account

SIGTERM and SIGINT save the state and end; a start goes on where it was, also after a crash. serve.drain says how long a
stop may take.`,
    )
    .action(async (flags: Flags, command: Command) => {
      const { quiet, logLevel } = globalOptions(command);
      const log = createRunLog(logLevel);
      const config = loadConfig(flags.config);
      const { sources, serve } = config.config;
      if (sources.some((source) => source.kafka !== undefined))
        throw new WeirError('usage', `${flags.config} has sources with kafka: this version does not run on Kafka yet`);
      if (flags.only !== undefined)
        throw new WeirError(
          'usage',
          `--only ${flags.only.join(' ')}: ${flags.config} has no source with kafka; without Kafka all stages run in one process`,
        );
      const say = (text: string): void => {
        log.notice(text);
        if (!quiet && logLevel === 'silent') process.stderr.write(`${text}\n`);
      };
      let patience: NodeJS.Timeout | undefined;
      const signals = catchSignals((name) => {
        say(`${name}: saving the state (again to stop at once)`);
        patience = setTimeout(() => {
          say(`not done after ${serve.drain / 1000} s: leaving; a start goes on from the last cut`);
          process.exit(signals.exitCode());
        }, serve.drain);
        patience.unref();
      });
      try {
        const serving = serveEmbedded({
          config,
          data: flags.data,
          signal: signals.signal,
          onNotice: say,
          onListening: (url) => say(`taking posts on ${url}/v1/sources/NAME`),
          onStatus: ({ ready, reasons }) => say(ready ? 'ready' : `not ready: ${reasons.join('; ')}`),
        });
        const result = await serving.done;
        log.end({ events: result.runs.reduce((sum, run) => sum + run.events, 0), took: result.took, stopped: result.stopped });
        process.exitCode = signals.exitCode() ?? EXIT.done;
      } finally {
        clearTimeout(patience);
        signals.release();
      }
    });
}
