import { type Command, InvalidArgumentError, Option } from 'commander';
import { FORMATS } from '../../schemas/config.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { createProgress } from '../console/progress.ts';
import { EXIT, WeirError } from '../core/errors.ts';
import { createRunLog } from '../telemetry/run-log.ts';
import { loadConfig, tenantConfig } from './config.ts';
import { detectReport } from './detect-report.ts';
import { detectSeries } from './detect-series.ts';
import { globalOptions } from './global-options.ts';
import { proxyNotes } from './proxy-notes.ts';
import { type DetectOptions, judgeResult, runDetect } from './run-detect.ts';
import { catchSignals } from './signals.ts';

export { type DetectOptions, type DetectResult, runDetect } from './run-detect.ts';

interface Flags {
  tenant?: string;
  format?: string;
  config?: string;
  data?: string;
  alerts?: string;
  canonical?: string;
  workers?: number;
  follow?: boolean;
  series?: string;
  budget?: number;
}

/** `weir detect`: the main job on files. */
export function registerDetect(program: Command): void {
  program
    .command('detect')
    .summary('read logs through the whole engine, store what it finds')
    .description('Reads logs through the whole engine in event time and stores what it finds; read again, it goes on where it stood.')
    .argument('[files...]', 'log files, .gz accepted, - for standard input; without any, the files of the config')
    .option('-t, --tenant <name>', 'whose logs they are (default: the config, else "default")')
    .addOption(new Option('-f, --format <name>', 'format of the files; left out, it is detected and said').choices(FORMATS))
    .option('-c, --config <file>', 'weir.yaml; none is needed for plain files')
    .option('-d, --data <folder>', 'store and state (default: the config, else ./weir-data)')
    .option('--alerts <file>', 'write alert records, one JSON a line; - is standard output (there: at least once after a crash)')
    .option('--canonical <folder>', 'write alerts.ndjson, windows.ndjson and inventory.ndjson of all that the store holds, sorted by key')
    .option('--workers <n>', 'threads, 1 to the number of cores (default: 2)', wholeNumber)
    .option('--follow', 'go on reading as the files grow, until stopped')
    .option('--series <file>', 'judge a plain series instead: CSV of timestamp,value[,value2...], - is standard input')
    .option('--budget <n>', 'with --series: false alerts to expect in 1,000 rows (default: 0.7)', positive)
    .addHelpText(
      'after',
      `
Examples:
  weir detect access.log
  weir detect shop-*.log.gz --tenant shop --alerts alerts.ndjson
  weir detect --config weir.yaml --follow
  tail -n +1 access.log | weir detect - --alerts - --quiet
  weir detect --series cpu.csv                 the alerts as a table
  weir detect --series cpu.csv --alerts -      every row as it comes: score, verdict, expected range, reasons

The same file again adds nothing; a file that grew is read from where it stood. Standard input has no position: what was
read of it counts as read. What is found at the end of the input is provisional, and replaced when the input grows.`,
    )
    .action(async (files: string[], flags: Flags, command: Command) => {
      const { quiet, logLevel } = globalOptions(command);
      if (flags.series !== undefined) {
        refuseBeside(files, flags);
        await detectSeries({ path: flags.series, alerts: flags.alerts, budget: flags.budget, quiet });
        return;
      }
      if (flags.budget !== undefined)
        throw new WeirError('usage', '--budget goes with --series; for logs it is alert_budget of the config');
      const log = createRunLog(logLevel);
      const { follow, config: path, ...plain } = flags;
      const config = path === undefined ? undefined : loadConfig(path);
      const progress = createProgress({ quiet: quiet || logLevel !== 'silent' });
      const say = (text: string): void => {
        log.notice(text);
        if (quiet || logLevel !== 'silent') return;
        progress.clear();
        process.stderr.write(`${text}\n`);
      };
      const signals = catchSignals((name) => say(`${name}: saving the state (again to stop at once)`));
      const options: DetectOptions = {
        ...plain,
        files,
        config,
        follow: follow ? { onCaughtUp: () => progress.clear() } : undefined,
        signal: signals.signal,
        onNotice: say,
        onProgress: (state) => {
          const { events, bytes, size, reached, alerts } = state;
          log.progress(state);
          progress.update({ events, time: reached, alerts, share: size > 0 && !follow ? bytes / size : undefined });
        },
      };
      try {
        const result = await runDetect(options);
        progress.stop();
        log.end({ events: result.runs.reduce((sum, run) => sum + run.events, 0), took: result.took, stopped: result.stopped });
        const out = flags.alerts === '-' ? process.stderr : process.stdout;
        const zone = (tenant: string): string => (config === undefined ? 'UTC' : tenantConfig(config.config, tenant).time_zone);
        if (!(quiet && out === process.stderr)) {
          const notes = await proxyNotes(result.inputs, config?.config.sources ?? []);
          await writeOut(detectReport(result, { ...terminalOf(out), zone, notes }), out);
        }
        if (result.stopped) process.exitCode = signals.exitCode() ?? EXIT.done;
        else judgeResult(result);
      } finally {
        progress.stop();
        signals.release();
      }
    });
}

/** A series has no store, no tenant and no format. */
function refuseBeside(files: readonly string[], { series, alerts, budget, ...others }: Flags): void {
  const beside = Object.keys(others).map((name) => `--${name}`);
  if (files.length > 0) beside.unshift(files[0]);
  if (beside.length > 0) throw new WeirError('usage', `--series reads one file and stores nothing: ${beside.join(', ')} cannot go with it`);
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 1000)) throw new InvalidArgumentError('a number above 0, up to 1000');
  return number;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number from 1 to the number of cores');
  return Number(text);
}
