import { type Command, InvalidArgumentError } from 'commander';
import { WeirError } from '../core/errors.ts';
import { keyGroupOf, partitionOf } from '../core/key-groups.ts';
import { openKafka } from '../drivers/kafka/client.ts';
import { namedPartition } from '../drivers/kafka/log.ts';
import { Names } from '../drivers/kafka/names.ts';
import { redrive, type StoredLetter } from '../drivers/kafka/redrive.ts';
import { loadConfig } from './config.ts';
import { globalOptions } from './global-options.ts';

interface Flags {
  config: string;
  reason?: string[];
  source?: string[];
  tenant?: string;
  limit?: number;
  dryRun?: boolean;
}

/** `weir redrive`: dead letters back to where they came from, after a fix. */
export function registerRedrive(program: Command): void {
  program
    .command('redrive')
    .summary('put dead letters back on their topics after a fix')
    .description(
      'Puts dead letters back on the Kafka topics that they came from, to be read anew: after a config or a program was mended. Each is put back once, however often this is called.',
    )
    .requiredOption('-c, --config <file>', 'weir.yaml')
    .option('--reason <reason...>', 'only letters with these reasons, as in not_json, no_time, poison')
    .option('--source <name...>', 'only letters of these sources')
    .option('--tenant <name>', 'only letters of this tenant')
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--dry-run', 'say how many there are, change nothing')
    .addHelpText(
      'after',
      `
Examples:
  weir redrive --config weir.yaml --dry-run
  weir redrive --config weir.yaml --reason no_time --source gateway

What is put back keeps its event time: where the tenant has gone on beyond it, it counts as late (weir sql "SELECT * FROM
late"). Without Kafka nothing has to be put back: read the file again into a new data folder after the fix.`,
    )
    .action(async (flags: Flags, command: Command) => {
      const { quiet } = globalOptions(command);
      const remark = (text: string): void => {
        if (!quiet) process.stderr.write(`${text}\n`);
      };
      const { config } = loadConfig(flags.config);
      const topics = new Set(config.sources.flatMap(({ kafka }) => (kafka === undefined ? [] : [kafka.topic])));
      if (topics.size === 0)
        throw new WeirError(
          'usage',
          `${flags.config} has no source with kafka: dead letters of files stay where they are; read the file again into a new data folder`,
        );
      const { prefix, partitions } = config.kafka;
      const wanted = ({ reason, source, tenant, partition }: StoredLetter): boolean => {
        if (!topics.has(namedPartition(partition).topic)) return false;
        if (flags.reason !== undefined && !flags.reason.includes(reason)) return false;
        if (flags.source !== undefined && !flags.source.includes(source)) return false;
        return flags.tenant === undefined || flags.tenant === tenant;
      };
      const cluster = openKafka({ ...config.kafka, client_id: `${config.kafka.client_id}-redrive` });
      try {
        const {
          found,
          putBack,
          left: rest,
        } = await redrive({
          cluster,
          names: new Names(prefix),
          prefix,
          partitionOf: (key) => partitionOf(keyGroupOf(key), partitions),
          wanted,
          limit: flags.limit ?? Number.POSITIVE_INFINITY,
          dryRun: flags.dryRun === true,
          now: Date.now(),
        });
        const what = flags.dryRun ? 'would be put back' : 'put back';
        process.stdout.write(`${found} dead letter${found === 1 ? '' : 's'} not put back before, ${putBack} ${what}\n`);
        if (rest.gone > 0) remark(`${rest.gone} left: longer than a dead letter keeps, and gone from their topic (its retention)`);
        if (rest.partial > 0) remark(`${rest.partial} left: longer than a dead letter keeps, from records that hold more than they do`);
      } finally {
        await cluster.close();
      }
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a whole number above 0');
  return Number(text);
}
