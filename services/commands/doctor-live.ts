import type { Config } from '../../schemas/config.ts';
import { openKafka } from '../drivers/kafka/client.ts';
import { defaultLateness } from '../ingest/formats/registry.ts';
import { tenantConfig } from './config.ts';
import { checkAddressAge } from './doctor-addresses.ts';
import type { Check } from './doctor-check.ts';
import { checkServer } from './doctor-clickhouse.ts';
import { checkConfig } from './doctor-config.ts';
import { checkKafka } from './doctor-kafka.ts';
import type { KnownOf } from './doctor-lists.ts';
import {
  checkDisks,
  checkKey,
  checkMemory,
  checkPorts,
  checkSecrets,
  checkStateFolder,
  checkTlsFiles,
  isLive,
  usesKafka,
} from './doctor-machine.ts';
import { checkSample, surveyRecords } from './doctor-records.ts';
import type { Survey } from './survey.ts';

export interface LiveFindings {
  checks: Check[];
  /** what the newest records of topics hold, by source name */
  surveys: Map<string, Survey>;
}

/** Everything that `weir doctor` looks at one by one, side by side: what does not answer costs its few seconds once. */
export async function checkAll(
  config: Config,
  dataFolder: string,
  knownOf: KnownOf,
  environment: NodeJS.ProcessEnv,
  now: number,
): Promise<LiveFindings> {
  const live = isLive(config);
  const kafka = usesKafka(config);
  const local = [
    ...checkConfig(config, now),
    ...checkAddressAge(config, now),
    checkKey(config, dataFolder, environment),
    ...checkSecrets(config, environment),
    ...checkTlsFiles(config, now),
    ...(kafka ? checkStateFolder(config) : []),
    ...checkDisks({
      ...(kafka ? { state: config.kafka.state } : {}),
      ...('path' in config.store ? { data: config.store.path } : kafka ? {} : { data: dataFolder }),
    }),
    ...(live ? [checkMemory()] : []),
  ];
  const [ports, server, brokers] = await Promise.all([
    live ? checkPorts(config) : [],
    'url' in config.store ? checkServer(config.store, environment) : [],
    kafka ? checkKafka(config, () => openKafka(config.kafka, { environment }), now) : undefined,
  ]);
  const surveys = new Map<string, Survey>();
  const sampled: Check[] = [];
  for (const source of config.sources) {
    const partitions = brokers?.records.get(source.name) ?? [];
    const newest = Math.max(...partitions.flat().map(({ timestamp }) => timestamp));
    if (source.format === undefined || source.kafka === undefined || newest === Number.NEGATIVE_INFINITY) continue;
    const survey = surveyRecords(
      `topic ${source.kafka.topic}`,
      partitions,
      source,
      tenantConfig(config, source.tenant),
      knownOf(source.tenant),
    );
    surveys.set(source.name, survey);
    sampled.push(...checkSample(`source ${source.name}`, survey, newest, source.lateness ?? defaultLateness(source.format), now));
  }
  return { checks: [...local, ...ports, ...(brokers?.checks ?? []), ...sampled, ...server], surveys };
}
