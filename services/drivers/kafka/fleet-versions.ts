import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlRecord } from '../../core/control.ts';
import { WeirError } from '../../core/errors.ts';
import type { StageName } from '../../core/stage.ts';
import { dayReached, surplus } from '../../state/baseline-versions.ts';
import { writeDurably } from '../../state/durable-file.ts';
import { addCounters } from '../counters.ts';
import { type Checkpoint, CheckpointFolder, neededFrom, packCheckpoint, type SnapshotNote, unpackCheckpoint } from './checkpoint.ts';
import { type KafkaCluster, type OutRecord, partitionName, type TopicPartition } from './log.ts';
import type { Names } from './names.ts';
import { alertPartition } from './outputs.ts';
import { PacketWriter } from './packet.ts';
import { NO_SUSPICION } from './suspicion.ts';

const FORMAT = 1;

/** The installation that is looked at: nobody of it runs meanwhile. */
export interface FleetState {
  cluster: KafkaCluster;
  names: Names;
  /** partitions of our own topics */
  partitions: number;
  /** the state folder, the same for all processes */
  folder: string;
  sources: readonly { tenant: string; topic: string }[];
}

/** Where a task stood. */
interface KeptTask extends TopicPartition {
  stage: StageName;
  /** C, which is S: nothing has to be taken again */
  offset: number;
  checkpoint: Checkpoint;
  /** what lay behind C in a topic of our own: values in base64, in order */
  waiting: { value: string; headers: Readonly<Record<string, string>> }[];
}

/** A version of the baselines of an installation: a consistent cut over all its tasks. */
export interface FleetVersion {
  format: number;
  number: number;
  /** when it was kept, ISO 8601 UTC, by the clock */
  at: string;
  program: string;
  /** event time that each tenant had reached, ms */
  reached: Record<string, number>;
  /** ledger counters since the beginning of the state */
  ledger: Record<string, number>;
  /** bytes of its snapshots */
  bytes: number;
  tasks: KeptTask[];
}

/**
 * Keeps where all tasks of a stopped installation stand: their snapshots, their offsets, and what is on its way between
 * them. Since nobody runs, these fit together. The seven newest versions are kept, and one a week of four weeks before.
 * @throws WeirError `usage` when somebody runs, or a task did not end in order
 */
export async function keepVersion(fleet: FleetState, program: string, now: number): Promise<FleetVersion> {
  await refuseRunning(fleet);
  refuseHalfRolledBack(fleet.folder);
  const number = Math.max(0, ...numbers(fleet.folder)) + 1;
  const version: FleetVersion = {
    format: FORMAT,
    number,
    at: new Date(now).toISOString(),
    program,
    reached: {},
    ledger: {},
    bytes: 0,
    tasks: [],
  };
  const folder = versionFolder(fleet.folder, number);
  rmSync(folder, { recursive: true, force: true });
  const tasks = await tasksOf(fleet);
  const waiting = await waitingOf(fleet, tasks);
  for (const task of tasks) {
    const { stage, topic, partition, checkpoint } = task;
    if (checkpoint.snapshot !== '') {
      const { note, bytes } = folderOf(fleet, fleet.folder, task).copy(checkpoint.snapshot, folderOf(fleet, folder, task));
      version.bytes += bytes;
      count(version, note, stage === 'normalise' ? fleet.sources.find((source) => source.topic === topic)?.tenant : undefined);
    }
    version.tasks.push({ stage, topic, partition, offset: task.offset, checkpoint, waiting: waiting.get(partitionName(task)) ?? [] });
  }
  // a version is there when this is
  writeDurably(join(folder, 'version.json'), JSON.stringify(version));
  const all = keptVersions(fleet.folder).map(({ number: sequence, reached, at }) => ({
    sequence,
    kept: { number: sequence, day: dayReached(reached), at },
  }));
  for (const gone of surplus(all)) rmSync(versionFolder(fleet.folder, gone), { recursive: true, force: true });
  return version;
}

/** The versions that a state folder keeps, the oldest first. Throws `snapshot_newer`, `snapshot_corrupt`. */
export function keptVersions(folder: string): FleetVersion[] {
  return numbers(folder).flatMap((number) => {
    const path = join(versionFolder(folder, number), 'version.json');
    if (!existsSync(path)) return [];
    let version: FleetVersion;
    try {
      version = JSON.parse(readFileSync(path, 'utf8')) as FleetVersion;
    } catch (cause) {
      throw new WeirError('snapshot_corrupt', `${path} cannot be read`, { cause });
    }
    if (version.format > FORMAT)
      throw new WeirError(
        'snapshot_newer',
        `${path} has format ${version.format}, this program reads up to ${FORMAT}: use the newer program`,
      );
    return [version];
  });
}

/**
 * Makes a stopped installation stand where it stood when a version was kept. Tasks of sources go back to their offsets of
 * then and read on from there; tasks behind them get their states of then, at the present ends of their topics, with what
 * was on its way appended: what was written in between is passed over, for it is written again. Cut short, it is to be
 * called again before anybody starts (`refuseHalfRolledBack`); twice is the same as once.
 * @param told what is told to alert tasks beside: marks that were given since
 * @throws WeirError `usage` for a version that is not kept or does not fit any more, and when somebody runs; `log_lost`
 */
export async function rollBackTo(
  fleet: FleetState,
  number: number,
  told: (version: FleetVersion) => readonly Feedback[],
): Promise<FleetVersion> {
  const versions = keptVersions(fleet.folder);
  const version = versions.find((one) => one.number === number);
  if (version === undefined) {
    const known = versions.map((one) => one.number).join(', ');
    throw new WeirError('usage', `there is no version ${number} of the baselines; ${known === '' ? 'none is kept' : `kept are: ${known}`}`);
  }
  const begun = existsSync(markOf(fleet.folder));
  // whoever starts from here on is refused; who has started before is seen
  writeDurably(markOf(fleet.folder), JSON.stringify({ number }));
  try {
    await refuseRunning(fleet);
    await checkFits(fleet, version);
  } catch (error) {
    if (!begun) rmSync(markOf(fleet.folder));
    throw error;
  }
  const feedback = told(version);
  for (const task of version.tasks) {
    const { checkpoint } = task;
    if (checkpoint.snapshot !== '')
      folderOf(fleet, versionFolder(fleet.folder, number), task).copy(checkpoint.snapshot, folderOf(fleet, fleet.folder, task));
    await moveTask(fleet, task, feedback);
  }
  rmSync(markOf(fleet.folder));
  return version;
}

export type Feedback = Extract<ControlRecord, { kind: 'feedback' }>;

/** Nobody may start on an installation of which one part was rolled back and another was not. Throws `usage`. */
export function refuseHalfRolledBack(folder: string): void {
  const path = markOf(folder);
  if (!existsSync(path)) return;
  const { number } = JSON.parse(readFileSync(path, 'utf8')) as { number: number };
  throw new WeirError(
    'usage',
    `a rollback to version ${number} was begun and not finished: weir baselines rollback ${number} again, before anything else`,
  );
}

async function moveTask(fleet: FleetState, task: KeptTask, feedback: readonly Feedback[]): Promise<void> {
  const { cluster, names, partitions } = fleet;
  const { stage, topic, partition, checkpoint } = task;
  const group = names.group(stage);
  const writer = cluster.writer(names.transactionalId(stage, topic, partition));
  try {
    await writer.fence();
    if (stage === 'normalise') {
      await writer.write([], { group, topic, partition, offset: task.offset, metadata: packCheckpoint(checkpoint) });
      return;
    }
    const end = (await cluster.bounds(topic)).get(partition)?.end ?? 0;
    const records = task.waiting.map(
      ({ value, headers }): OutRecord => ({ topic, partition, value: Buffer.from(value, 'base64'), headers }),
    );
    if (stage === 'alert') {
      const packet = new PacketWriter();
      const own = feedback.filter(({ tenant }) => alertPartition(tenant, partitions) === partition);
      for (const record of own) packet.control(record);
      if (own.length > 0) records.push({ topic, partition, value: packet.finish(), headers: { stage: 'feedback' } });
    }
    const metadata = packCheckpoint({ ...checkpoint, offset: end, settled: end, suspicion: NO_SUSPICION });
    await writer.write(records, { group, topic, partition, offset: end, metadata });
  } finally {
    await writer.close();
  }
}

/** Every task, and where it stands. Throws `usage` for one that never began, or that ended without a last snapshot. */
async function tasksOf(fleet: FleetState): Promise<Omit<KeptTask, 'waiting'>[]> {
  const { cluster, names } = fleet;
  const tasks: Omit<KeptTask, 'waiting'>[] = [];
  for (const { stage, topic, partition } of await inputsOf(fleet)) {
    const group = names.group(stage);
    // what was left under way is settled first
    const writer = cluster.writer(names.transactionalId(stage, topic, partition));
    try {
      await writer.fence();
    } finally {
      await writer.close();
    }
    const { offset, metadata } = (await cluster.committed(group, topic, [partition])).get(partition) ?? { offset: undefined, metadata: '' };
    const checkpoint = offset === undefined ? undefined : unpackCheckpoint(metadata);
    if (offset === undefined || checkpoint === undefined)
      throw new WeirError('usage', `${group} has never worked on ${topic}/${partition}: start weir serve with all stages first`);
    if (checkpoint.offset !== offset)
      throw new WeirError(
        'usage',
        `${group} ended at offset ${offset} of ${topic}/${partition} without a last snapshot (that of ${checkpoint.offset} is the newest): start weir serve, and stop it with SIGTERM`,
      );
    tasks.push({ stage, topic, partition, offset, checkpoint });
  }
  return tasks;
}

async function inputsOf({ cluster, names, partitions, sources }: FleetState): Promise<(TopicPartition & { stage: StageName })[]> {
  const topics = [...new Set(sources.map(({ topic }) => topic))].sort();
  const counts = await cluster.partitions([...topics, names.sessions]);
  const of = (stage: StageName, topic: string, n: number): (TopicPartition & { stage: StageName })[] =>
    Array.from({ length: n }, (_, partition) => ({ stage, topic, partition }));
  return [
    ...topics.flatMap((topic) => of('normalise', topic, counts.get(topic) ?? 0)),
    ...of('identify', names.sessions, counts.get(names.sessions) ?? 0),
    ...of('account', names.events, partitions),
    ...of('merge', names.partials, partitions),
    ...of('alert', names.candidates, partitions),
  ];
}

/** What lies in topics of our own and was not taken yet, by partition. */
async function waitingOf({ cluster }: FleetState, tasks: readonly Omit<KeptTask, 'waiting'>[]): Promise<Map<string, KeptTask['waiting']>> {
  const waiting = new Map<string, KeptTask['waiting']>();
  const inner = tasks.filter(({ stage }) => stage !== 'normalise');
  for (const topic of new Set(inner.map((task) => task.topic))) {
    const from = new Map(inner.filter((task) => task.topic === topic).map(({ partition, offset }) => [partition, offset]));
    await cluster.readAll(
      topic,
      (at, { value, headers }) => {
        const name = partitionName(at);
        const records = waiting.get(name) ?? [];
        waiting.set(name, records);
        records.push({ value: Buffer.from(value ?? []).toString('base64'), headers });
      },
      from,
    );
  }
  return waiting;
}

async function refuseRunning({ cluster, names }: FleetState): Promise<void> {
  for (const role of ['normalise', 'identify', 'account', 'merge', 'alert'] as const) {
    const members = await cluster.members(names.group(role));
    if (members > 0)
      throw new WeirError(
        'usage',
        `${members} of ${names.group(role)} ${members === 1 ? 'is' : 'are'} running: stop every weir serve first (SIGTERM)`,
      );
  }
}

/** The same tasks as then, of the same stages; and the sources still hold what is to be read again. */
async function checkFits(fleet: FleetState, version: FleetVersion): Promise<void> {
  const nameOf = ({ stage, topic, partition }: { stage: StageName } & TopicPartition): string => `${stage} ${topic}/${partition}`;
  const now = (await inputsOf(fleet)).map(nameOf);
  const then = version.tasks.map(nameOf);
  const differing = [...now.filter((name) => !then.includes(name)), ...then.filter((name) => !now.includes(name))];
  if (differing.length > 0)
    throw new WeirError(
      'usage',
      `version ${version.number} was kept with other sources or partitions than there are now: ${differing.join(', ')}`,
    );
  for (const task of version.tasks) {
    const { stage, topic, partition, checkpoint, offset } = task;
    if (checkpoint.snapshot !== '') checkStage(fleet, version, task);
    if (stage !== 'normalise') continue;
    const { start, end } = (await fleet.cluster.bounds(topic)).get(partition) ?? { start: 0, end: 0 };
    const needed = neededFrom(checkpoint, offset);
    if (needed < start || offset > end)
      throw new WeirError(
        'log_lost',
        `version ${version.number} goes on at offset ${needed} of ${topic}/${partition}, which holds ${start} to ${end}: what came after it is gone`,
      );
  }
}

/** The program that runs reads the states of then: they have the version of the states of now. */
function checkStage(fleet: FleetState, version: FleetVersion, task: KeptTask): void {
  const kept = folderOf(fleet, versionFolder(fleet.folder, version.number), task).read(task.checkpoint.snapshot).snapshot.version;
  const current = folderOf(fleet, fleet.folder, task).newestVersion();
  if (current !== undefined && current !== kept)
    throw new WeirError(
      'usage',
      `version ${version.number} was written by program ${version.program}, whose ${task.stage} stage has state version ${kept}; the newest snapshot has ${current}`,
    );
}

function count(version: FleetVersion, { ledger, reached }: SnapshotNote, tenant: string | undefined): void {
  addCounters(version.ledger, ledger);
  if (tenant !== undefined && reached !== undefined) version.reached[tenant] = Math.max(version.reached[tenant] ?? reached, reached);
}

function folderOf(
  { names }: FleetState,
  root: string,
  { stage, topic, partition }: { stage: StageName } & TopicPartition,
): CheckpointFolder {
  return new CheckpointFolder(root, `${names.group(stage)}-${topic}-${partition}`);
}

function numbers(folder: string): number[] {
  const path = join(folder, 'versions');
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function versionFolder(folder: string, number: number): string {
  return join(folder, 'versions', String(number));
}

function markOf(folder: string): string {
  return join(folder, 'rollback.json');
}
