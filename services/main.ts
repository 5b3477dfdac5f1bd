import { Command, CommanderError } from 'commander';
import { addGlobalOptions } from './commands/global-options.ts';
import { versionText } from './commands/version.ts';
import { EXIT, WeirError } from './core/errors.ts';

type Register = (program: Command) => unknown;

interface CommandEntry {
  /** one line for `weir --help`: the command's own summary, which a test compares */
  summary: string;
  load(): Promise<Register>;
}

/** Every command and the file that declares it, in the order of `weir --help`. Only the one that is called is loaded. */
export const COMMANDS: Record<string, CommandEntry> = {
  demo: {
    summary: 'two simulated tenants under attack: what Weir does, in under a minute',
    load: async () => (await import('./commands/demo.ts')).registerDemo,
  },
  init: { summary: 'write a commented weir.yaml for a sample log', load: async () => (await import('./commands/init.ts')).registerInit },
  detect: {
    summary: 'read logs through the whole engine, store what it finds',
    load: async () => (await import('./commands/detect.ts')).registerDetect,
  },
  serve: {
    summary: 'live: follow files, take posts, or run on Kafka, until stopped',
    load: async () => (await import('./commands/serve.ts')).registerServe,
  },
  incidents: {
    summary: 'list incidents, show one with its reasons',
    load: async () => (await import('./commands/incidents.ts')).registerIncidents,
  },
  alerts: { summary: 'list alerts, show one with its reasons', load: async () => (await import('./commands/alerts.ts')).registerAlerts },
  interfaces: {
    summary: 'the inventory of interfaces: who calls them, how they answer, what they carry',
    load: async () => (await import('./commands/interfaces.ts')).registerInterfaces,
  },
  models: {
    summary: 'versions of the trained scorers, and which of them judges',
    load: async () => (await import('./commands/models.ts')).registerModels,
  },
  baselines: {
    summary: 'versions of what was learned, and the way back to one',
    load: async () => (await import('./commands/baselines.ts')).registerBaselines,
  },
  sql: { summary: 'a query on the store (ClickHouse SQL, read-only)', load: async () => (await import('./commands/sql.ts')).registerSql },
  reconcile: {
    summary: 'check that nothing was lost or doubled',
    load: async () => (await import('./commands/reconcile.ts')).registerReconcile,
  },
  doctor: {
    summary: 'what is configured, guessed, and blind for want of a field',
    load: async () => (await import('./commands/doctor.ts')).registerDoctor,
  },
  redrive: {
    summary: 'put dead letters back on their topics after a fix',
    load: async () => (await import('./commands/redrive.ts')).registerRedrive,
  },
  parse: { summary: 'what is read of each line of a log', load: async () => (await import('./commands/parse.ts')).registerParse },
  train: {
    summary: 'learn the trained scorers anew, or a random forest from a table',
    load: async () => (await import('./commands/train.ts')).registerTrain,
  },
  evaluate: {
    summary: 'judge detection by labels, or a random forest by a table',
    load: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  },
  simulate: {
    summary: "labelled traffic in a gateway's own format",
    load: async () => (await import('./commands/simulate.ts')).registerSimulate,
  },
};

const EXAMPLES = `
Examples:
  weir demo                                 two tenants, attacks, incidents: what Weir does, in a minute
  weir init access.log > weir.yaml          a commented config for a log of your own
  weir detect access.log                    the whole pipeline over a log
  weir incidents                            what was found; weir incidents show ID for the reasons

Exit codes: 0 done · 1 ledger out of balance, or nothing could be parsed · 2 usage, config or input ·
            3 the environment failed, start again to go on · 130, 143 stopped by a signal, state saved`;

/** The composition root: reads argv, loads the command, runs it, turns what is thrown into a message and an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipe();
  let debug = false;
  try {
    const program = new Command('weir')
      .description('Learns how every account and interface behaves from API logs, and raises few, explained alerts when one does not.')
      .usage('COMMAND [options]')
      .version(versionText(), '-V, --version', 'program, model and schema versions')
      .helpOption('-h, --help', 'what a command does and takes')
      .addHelpText('after', EXAMPLES)
      .showSuggestionAfterError()
      .exitOverride()
      .configureOutput({ outputError: () => undefined });
    addGlobalOptions(program);
    program.hook('preAction', () => {
      debug = program.opts<{ logLevel: string }>().logLevel === 'debug';
    });
    await addCommands(program, argv);
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, debug || argv.includes('debug') || argv.includes('--log-level=debug'));
  }
  await leave();
}

/** Declares the command that argv names; when it names none (help, a typing error), all of them by name and summary. */
async function addCommands(program: Command, argv: readonly string[]): Promise<void> {
  const named = argv.slice(2).find((word) => Object.hasOwn(COMMANDS, word));
  if (named !== undefined) (await COMMANDS[named].load())(program);
  else for (const [name, { summary }] of Object.entries(COMMANDS)) program.command(name).summary(summary);
}

/** Says on stderr what went wrong and returns the exit code. */
function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    if (error.code === 'commander.help') return EXIT.usage; // no command given: commander has printed the help
    complain(`${error.message.replace(/^error: /, '')}\nweir --help lists the commands, weir COMMAND --help what one takes`);
    return EXIT.usage;
  }
  if (error instanceof WeirError) {
    complain(error.message);
    if (debug) process.stderr.write(`${stackOf(error)}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  complain(debug ? `unexpected error\n${stackOf(error)}` : `unexpected error: ${message}\n(--log-level debug shows where)`);
  return EXIT.environment;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function complain(message: string): void {
  process.stderr.write(`weir: ${message}\n`);
}

/** `weir … | head`: the reader has what it wanted. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
      throw error;
    });
  }
}

/** Ends the process once stdout is written: nothing that a command left open (a pool, a keep-alive) may hold it. */
async function leave(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit(process.exitCode ?? EXIT.done);
}
