import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { openKafka } from '../drivers/kafka/client.ts';
import { type FleetState, type FleetVersion, keepVersion, rollBackTo } from '../drivers/kafka/fleet-versions.ts';
import { Names } from '../drivers/kafka/names.ts';
import { MarkJournal } from '../state/mark-journal.ts';
import { MARK_MARGIN, type RolledBack } from './baselines-rollback.ts';
import { loadConfig } from './config.ts';
import { feedbackOf } from './incident-marking.ts';
import { programVersion } from './version.ts';

/** The config of an installation on Kafka. Throws `usage` for one without. */
export function kafkaInstallation(path: string): Config {
  const { config } = loadConfig(path);
  if (config.sources.some(({ kafka }) => kafka !== undefined)) return config;
  throw new WeirError(
    'usage',
    `${path} has no source with kafka: its baselines lie in a data folder; name that with --data instead of --config`,
  );
}

/** Keeps a version of the baselines of a stopped installation. Throws as `keepVersion` does. */
export function keepOnKafka(config: Config): Promise<FleetVersion> {
  return onFleet(config, (fleet) => keepVersion(fleet, programVersion(), Date.now()));
}

/** Rolls a stopped installation back; marks that were given since are told again. Throws as `rollBackTo` does. */
export async function rollBackOnKafka(config: Config, number: number): Promise<RolledBack> {
  let marks = 0;
  const { reached } = await onFleet(config, (fleet) =>
    rollBackTo(fleet, number, ({ at }) => {
      const since = new MarkJournal(config.kafka.state).marks.filter(
        ({ marked_at }) => Date.parse(marked_at) >= Date.parse(at) - MARK_MARGIN,
      );
      marks = since.length;
      return since.map(feedbackOf);
    }),
  );
  return { version: number, reached, marks };
}

async function onFleet<T>(config: Config, work: (fleet: FleetState) => Promise<T>): Promise<T> {
  const { kafka } = config;
  const cluster = openKafka({ ...kafka, client_id: `${kafka.client_id}-baselines` });
  const sources = config.sources.flatMap(({ tenant, kafka: from }) => (from === undefined ? [] : [{ tenant, topic: from.topic }]));
  try {
    return await work({ cluster, names: new Names(kafka.prefix), partitions: kafka.partitions, folder: kafka.state, sources });
  } finally {
    await cluster.close();
  }
}
