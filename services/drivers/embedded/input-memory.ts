import type { InputPosition } from '../../state/manifest.ts';

/** Files that were rotated away and are remembered by their identity, per path. */
const MOST_FINISHED = 100;

/** What a run knows of inputs that it is not reading: those that are over, and those that were read before. */
export class InputMemory {
  /** inputs that are over: rotated away and read, or gone */
  private readonly ended = new Map<string, InputPosition>();
  /** inputs that were read before, or first seen after the last cut */
  private seen: readonly InputPosition[];

  /** @param seen inputs of the last cut and sighted since @param gone known inputs whose file is gone */
  constructor(seen: readonly InputPosition[], gone: readonly InputPosition[]) {
    this.seen = seen;
    for (const one of gone) this.ended.set(one.partition, { ...one, finished: true });
  }

  hasSeen(partition: string): boolean {
    return this.seen.some((one) => one.partition === partition);
  }

  /** An input is over where it stands. */
  end(position: InputPosition): void {
    this.ended.set(position.partition, { ...position, finished: true });
  }

  /** Inputs that were read before and are not being read. @param active partitions that are */
  known(active: ReadonlySet<string>): InputPosition[] {
    return [...this.ended.values(), ...this.seen.filter(({ partition }) => !this.ended.has(partition))].filter(
      ({ partition }) => !active.has(partition),
    );
  }

  /** All that a cut has to remember. @param reading where the active inputs stand @param before what the last cut remembered */
  remembered(reading: readonly InputPosition[], before: readonly InputPosition[]): InputPosition[] {
    const mine = this.mine(reading);
    return lastOfEachPath([...reading, ...this.ended.values(), ...before.filter(({ partition }) => !mine.has(partition))]);
  }

  /** Partitions of the inputs that this run has read or is reading. @param reading the active ones */
  mine(reading: readonly { partition: string }[]): Set<string> {
    return new Set([...reading.map(({ partition }) => partition), ...this.ended.keys()]);
  }

  /** Begins anew after a cut. @param inputs what it remembers */
  restart(inputs: readonly InputPosition[]): void {
    this.seen = inputs;
    this.ended.clear();
  }
}

/** Of the files that have gone by one path, the last ones only: a log that is rotated for years must not fill the manifest. */
function lastOfEachPath(inputs: readonly InputPosition[]): InputPosition[] {
  const counts = new Map<string, number>();
  return inputs.filter(({ finished, tenant, path }) => {
    if (!finished) return true;
    const count = (counts.get(`${tenant} ${path}`) ?? 0) + 1;
    counts.set(`${tenant} ${path}`, count);
    return count <= MOST_FINISHED;
  });
}
