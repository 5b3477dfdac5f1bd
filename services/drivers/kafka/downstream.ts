import type { KafkaCluster } from './log.ts';
import type { Names, Role } from './names.ts';

/** Records between two stages, for each partition, above which sources that are not live have to wait. */
const MOST_WAITING = 30;

/**
 * How far the stages behind normalise are with what they have been given. A source that catches up or is filled with old
 * data would put hours of work into the partitions that it shares with everybody; so it is read only while little waits
 * there. Sources that are live are read always.
 */
export class Downstream {
  keepsUp = true;
  /** looks at which sources had to wait */
  throttled = 0;
  private readonly cluster: KafkaCluster;
  private readonly names: Names;
  private readonly partitions: number;
  private readonly roles: readonly Role[];

  /** @param identifies whether there is an identify stage */
  constructor(cluster: KafkaCluster, names: Names, partitions: number, identifies = false) {
    this.roles = [...(identifies ? ['identify' as const] : []), 'account', 'merge', 'alert'];
    this.cluster = cluster;
    this.names = names;
    this.partitions = partitions;
  }

  async look(): Promise<void> {
    let most = 0;
    for (const role of this.roles) most = Math.max(most, await this.waiting(role));
    this.keepsUp = most <= MOST_WAITING * this.partitions;
    if (!this.keepsUp) this.throttled++;
  }

  private async waiting(role: Role): Promise<number> {
    const topic = this.names.inputOf(role) as string;
    const numbers = Array.from({ length: this.partitions }, (_, partition) => partition);
    const [committed, bounds] = await Promise.all([
      this.cluster.committed(this.names.group(role), topic, numbers),
      this.cluster.bounds(topic),
    ]);
    let sum = 0;
    for (const [partition, { start, end }] of bounds) sum += Math.max(0, end - (committed.get(partition)?.offset ?? start));
    return sum;
  }
}
