import type { Stage } from '../../core/stage.ts';
import type { InputPartition, Topology } from '../../core/topology-contract.ts';
import { PacketFeed, SourceFeed } from './feed.ts';
import type { BuiltStage } from './task.ts';

/** The normalise stage of a partition of a source's topic, and what feeds it. */
export async function sourceStage(topology: Topology, input: InputPartition, partitions: number): Promise<BuiltStage> {
  const stage = await topology.createNormalise(input, partitions);
  return { stage: stage as Stage<never>, feed: new SourceFeed(stage, input) };
}

/** A stage that reads one of the `partitions` of a topic of our own, and what feeds it. */
export async function packetStage(
  topology: Topology,
  name: 'identify' | 'account' | 'merge' | 'alert',
  partition: number,
  partitions: number,
): Promise<BuiltStage> {
  const stage = (await made(topology, name, partition, partitions)) as Stage<never>;
  return { stage, feed: new PacketFeed(stage) };
}

function made(topology: Topology, name: 'identify' | 'account' | 'merge' | 'alert', partition: number, partitions: number): unknown {
  switch (name) {
    case 'identify':
      if (topology.createIdentify === undefined) throw new Error('this topology joins no sessions');
      return topology.createIdentify(partition, partitions);
    case 'account':
      return topology.createAccount(partition, partitions);
    case 'merge':
      return topology.createMerge(partition, partitions);
    case 'alert':
      return topology.createAlert(partitions);
  }
}
