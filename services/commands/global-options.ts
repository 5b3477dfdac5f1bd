import { type Command, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../telemetry/log-levels.ts';

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  logLevel: LogLevel;
  quiet: boolean;
}

export function addGlobalOptions(program: Command): void {
  program.addOption(
    new Option('--log-level <level>', 'log to stderr; debug also shows the stack of an error').choices(LOG_LEVELS).default('silent'),
  );
  program.option('-q, --quiet', 'no progress and no remarks on stderr', false);
}

/** The global options as the user gave them, from within a command. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}
