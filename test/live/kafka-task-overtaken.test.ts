import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { PacketFeed } from '../../services/drivers/kafka/feed.ts';
import { Fenced } from '../../services/drivers/kafka/log.ts';
import { until } from '../support/kafka-member.ts';
import { clusterOf, uniqueName } from '../support/kafka-runs.ts';
import { CountingStage, packetOf, TaskBench } from '../support/kafka-tasks.ts';

let state: string;
let bench: TaskBench;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'weir-overtaken-'));
  const prefix = uniqueName('overtaken');
  bench = new TaskBench(clusterOf(inject('kafka'), prefix), prefix, state);
  await bench.make();
});
afterEach(async () => {
  await bench.close();
  rmSync(state, { recursive: true, force: true });
});

/** A stage that is built only when it is let, and says when it is waited for. */
function gated(): { build: () => Promise<{ stage: never; feed: PacketFeed }>; asked: Promise<void>; open: () => void } {
  let ask: () => void = () => undefined;
  let open: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    async build() {
      ask();
      await opened;
      const stage = new CountingStage('one') as never;
      return { stage, feed: new PacketFeed(stage) };
    },
    asked,
    open,
  };
}

test.each([
  ['a snapshot that its successor has replaced', 5],
  ['a beginning that its successor has made', 0],
])('a task that was overtaken while it was restored is shut out, whatever it misses: %s', async (_, before) => {
  if (before > 0) {
    await bench.write(...Array.from({ length: before }, (_, i) => packetOf(`a${i}`)));
    const first = await bench.start();
    await until(async () => (await bench.said()).length === before, 'the first have been said');
    await first.stop();
  }
  const { build, asked, open } = gated();
  const slow = await bench.start({ build });
  await asked;
  await bench.write(packetOf('b'));
  const successor = await bench.start();
  await until(async () => (await bench.said()).length === before + 1, 'the successor has gone on');
  await successor.stop();
  open();
  expect(await slow.ended).toBeInstanceOf(Fenced);
});
