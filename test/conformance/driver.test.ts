import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlertFile } from '../../services/drivers/embedded/alert-file.ts';
import { FileSnapshotStore } from '../../services/state/file-snapshot-store.ts';
import { count, makeLines, START, shuffled, writeLines } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

let folder: string;
let states = 0;
const state = (): string => join(folder, `state-${states++}`);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-driver-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Windows recomputed by the plainest code: events per hour and interface. */
function oracle(lines: string[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [at, , api] = line.split(' ');
    const key = `shop\t${Math.floor(Number(at) / 3_600_000) * 3_600_000}\t${api}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Map([...counts].map(([key, n]) => [key, String(n)]));
}

const balanced = (sink: MemorySink): boolean => {
  const { read, windowed, late, dead, held } = sink.fates();
  return read === windowed + late + dead + held;
};

describe('embedded driver', () => {
  const lines = makeLines(1, 20_000, 6);

  it('gives the windows that plain code gives, and a balanced ledger', async () => {
    const sink = new MemorySink();
    const result = await count({ files: [writeLines(folder, 'a.log', lines)], folder: state(), sink });
    expect(sink.rows).toEqual(oracle(lines));
    expect(sink.byId.size).toBeGreaterThan(10);
    expect(sink.fates()).toMatchObject({ read: lines.length, windowed: lines.length, late: 0, dead: 0 });
    expect(result.runs[0]).toMatchObject({ events: lines.length, stopped: false, nothingNew: false });
  });

  it('gives the same for any split, order within the lateness and number of workers', async () => {
    const run = async (files: string[][], workers: number): Promise<unknown> => {
      const sink = new MemorySink();
      const paths = files.map((part, i) => writeLines(folder, `part-${states}-${i}.log`, part));
      await count({ files: paths, folder: state(), sink, workers });
      expect(sink.fates()).toMatchObject({ read: lines.length, windowed: lines.length, late: 0 });
      return sink.canonical();
    };
    const expected = await run([lines], 1);
    const quarters = [0, 1, 2, 3].map((i) => lines.slice((i * lines.length) / 4, ((i + 1) * lines.length) / 4));
    const turns = [0, 1, 2, 3].map((i) => lines.filter((_, row) => row % 4 === i));
    expect(await run([lines], 2)).toEqual(expected);
    expect(await run([shuffled(lines, 5, 110_000)], 2)).toEqual(expected);
    expect(await run(quarters, 2)).toEqual(expected);
    expect(await run([...quarters].reverse(), 1)).toEqual(expected);
    expect(await run(turns, 2)).toEqual(expected);
    expect(
      await run(
        turns.map((part, i) => shuffled(part, i, 110_000)),
        2,
      ),
    ).toEqual(expected);
  });

  it('adds nothing when the same file comes again, under whatever name, plain or compressed', async () => {
    const sink = new MemorySink();
    const at = state();
    await count({ files: [writeLines(folder, 'a.log', lines)], folder: at, sink });
    const before = { canonical: sink.canonical(), fates: sink.fates() };
    const again = new MemorySink();
    const result = await count({ files: [writeLines(folder, 'renamed.log', lines)], folder: at, sink: again });
    expect(result.runs[0].nothingNew).toBe(true);
    expect(again.rows.size + again.byId.size).toBe(0);
    const packed = join(folder, 'a.log.gz');
    writeFileSync(packed, gzipSync(lines.map((line) => `${line}\n`).join('')));
    await count({ files: [packed], folder: at, sink });
    expect({ canonical: sink.canonical(), fates: sink.fates() }).toEqual(before);
  });

  it('reads the longer one of two files that begin alike, whichever is named first', async () => {
    const short = writeLines(folder, 'short.log', lines.slice(0, 5000));
    const long = writeLines(folder, 'long.log', lines);
    for (const files of [
      [short, long],
      [long, short],
    ]) {
      const sink = new MemorySink();
      await count({ files, folder: state(), sink });
      expect(sink.fates()).toMatchObject({ read: lines.length });
    }
  });

  it('reads a file that grew from where it stood, replaces what was provisional and retracts what no longer holds', async () => {
    const whole = new MemorySink();
    await count({ files: [writeLines(folder, 'whole.log', lines)], folder: state(), sink: whole });
    const sink = new MemorySink();
    const at = state();
    const half = lines.slice(0, 11_111);
    const path = join(folder, 'grows.log');
    writeFileSync(path, `${half.join('\n')}\n${lines[half.length].slice(0, 9)}`);
    await count({ files: [path], folder: at, sink });
    expect([...sink.byId.values()].some((alert) => !alert.final)).toBe(true);
    expect(sink.fates()).toMatchObject({ read: half.length + 1, dead: 1 });
    appendFileSync(path, `${lines[half.length].slice(9)}\n${lines.slice(half.length + 1).join('\n')}\n`);
    const result = await count({ files: [path], folder: at, sink });
    expect(result.runs[0].events).toBe(lines.length - half.length);
    expect(sink.canonical()).toEqual(whole.canonical());
    expect(sink.fates()).toEqual(whole.fates());
    expect(sink.deadLetters.size).toBe(0);
    expect(sink.retracted).toEqual([]);
  });

  it('retracts a provisional alert that the grown file does not bring again', async () => {
    const sink = new MemorySink();
    const at = state();
    // the tail without newline makes the sixtieth event; grown, the line turns out to be no event
    const path = join(folder, 'tail.log');
    writeFileSync(path, `${'x y z\n'.repeat(3)}${`${START} a /api\n`.repeat(59)}${START} a /api`);
    await count({ files: [path], folder: at, sink, threshold: 60 });
    expect(sink.byId.size).toBe(1);
    appendFileSync(path, ' and more\n');
    const result = await count({ files: [path], folder: at, sink, threshold: 60 });
    expect(result.runs[0].retracted).toBe(1);
    expect(sink.byId.size).toBe(0);
    expect(sink.fates()).toEqual({ read: 63, windowed: 59, dead: 4, late: 0, held: 0 });
  });

  it('goes on with another number of workers: key groups move', async () => {
    const whole = new MemorySink();
    await count({ files: [writeLines(folder, 'whole.log', lines)], folder: state(), sink: whole });
    const sink = new MemorySink();
    const at = state();
    const path = join(folder, 'grows.log');
    for (const [workers, end] of [
      [2, 5_000],
      [1, 9_000],
      [2, 15_000],
      [2, 20_000],
    ] as const) {
      writeLines(folder, 'grows.log', lines.slice(0, end));
      await count({ files: [path], folder: at, sink, workers });
    }
    expect(sink.canonical()).toEqual(whole.canonical());
    expect(sink.fates()).toEqual(whole.fates());
  });

  it('stops at a signal with its state saved, and goes on to the same end', async () => {
    const many = makeLines(3, 120_000, 12);
    const path = writeLines(folder, 'many.log', many);
    const whole = new MemorySink();
    await count({ files: [path], folder: state(), sink: whole });
    const sink = new MemorySink();
    const at = state();
    let stops = 0;
    for (;;) {
      const stop = new AbortController();
      const first = stops === 0 ? 1 : Number.POSITIVE_INFINITY;
      let seen = 0;
      const result = await count({
        files: [path],
        folder: at,
        sink,
        signal: stop.signal,
        onProgress: () => ++seen > first && stop.abort(),
      });
      if (!result.stopped) break;
      stops++;
      expect([...sink.byId.values()].every((alert) => alert.final)).toBe(true);
      expect(balanced(sink)).toBe(true);
    }
    expect(stops).toBe(1);
    expect(sink.canonical()).toEqual(whole.canonical());
    expect(sink.fates()).toEqual(whole.fates());
  });

  it('cuts an alert file back to the last cut and ends with each alert once', async () => {
    const at = state();
    const path = join(folder, 'grows.log');
    const alerts = join(folder, 'alerts.ndjson');
    const sink = new MemorySink();
    for (const end of [9_000, 20_000]) {
      writeLines(folder, 'grows.log', lines.slice(0, end));
      const alertFile = new AlertFile(alerts);
      await count({ files: [path], folder: at, sink, alertFile, sinks: () => [sink, alertFile] });
      alertFile.close();
      appendFileSync(alerts, 'what a crash left behind');
    }
    truncateSync(alerts, readFileSync(alerts).length - 'what a crash left behind'.length);
    const ids = readFileSync(alerts, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).alert_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.sort()).toEqual(sink.canonical().alerts);
  });

  it('runs an older log as a backfill of its own, once', async () => {
    const sink = new MemorySink();
    const at = state();
    const notices: string[] = [];
    const today = writeLines(folder, 'today.log', lines);
    const yesterday = makeLines(7, 5_000, 3, START - 86_400_000);
    const old = writeLines(folder, 'yesterday.log', yesterday);
    const onNotice = (text: string): unknown => notices.push(text);
    await count({ files: [today], folder: at, sink });
    const fates = sink.fates();
    const result = await count({ files: [old], folder: at, sink, onNotice });
    expect(result.runs.map((run) => run.name)).toEqual([expect.stringMatching(/^backfill-/)]);
    expect(notices.join()).toContain('backfill');
    expect(sink.fates()).toMatchObject({ read: 5_000, windowed: 5_000, late: 0 });
    expect(sink.rows).toEqual(new Map([...oracle(lines), ...oracle(yesterday)]));
    const again = await count({ files: [old, today], folder: at, sink });
    expect(again.runs.every((run) => run.nothingNew)).toBe(true);
    expect(fates.read).toBe(20_000);
  });

  it('counts as late what a log holds before the time already reached, and says so', async () => {
    const sink = new MemorySink();
    const at = state();
    const notices: string[] = [];
    await count({ files: [writeLines(folder, 'a.log', lines.slice(0, 10_000))], folder: at, sink });
    await count({
      files: [
        writeLines(
          folder,
          'b.log',
          lines.slice(5_000, 20_000).map((line) => `${line}b`),
        ),
      ],
      folder: at,
      sink,
      onNotice: (text) => notices.push(text),
    });
    expect(notices.join()).toContain('late');
    expect(sink.fates().late).toBeGreaterThan(4_000);
    expect(sink.fates().late).toBeLessThan(5_001);
    expect(balanced(sink)).toBe(true);
  });

  it('ends with the cause when a stage fails, and goes on once it does not', async () => {
    const sink = new MemorySink();
    const at = state();
    const path = writeLines(folder, 'a.log', lines);
    const failOn = [lines[15_000].split(' ')[0]];
    await expect(count({ files: [path], folder: at, sink, failOn })).rejects.toMatchObject({
      code: 'worker_failed',
      exitCode: 3,
      message: expect.stringContaining(`met ${failOn[0]}`),
    });
    await count({ files: [path], folder: at, sink });
    expect(sink.rows).toEqual(oracle(lines));
    expect(sink.fates()).toMatchObject({ read: 20_000, windowed: 20_000 });
  });

  it('finds a record that stops it, and skips it after the third time: one hostile line must not stop an input', async () => {
    const sink = new MemorySink();
    const at = state();
    const path = writeLines(folder, 'a.log', lines);
    const failOn = [lines[7_000], lines[15_000], lines[19_999]].map((line) => line.split(' ')[0]);
    let starts = 0;
    for (let ended = false; !ended && starts < 20; starts++) {
      ended = await count({ files: [path], folder: at, sink, failOn }).then(
        () => true,
        () => false,
      );
    }
    expect(starts).toBe(10);
    const poison = [...sink.deadLetters.values()].map(({ reason, offset }) => ({
      reason,
      line: readFileSync(path, 'utf8').slice(offset).split('\n')[0],
    }));
    expect(poison).toEqual([7_000, 15_000, 19_999].map((row) => ({ reason: 'poison', line: lines[row] })));
    expect(sink.fates()).toEqual({ read: 20_000, windowed: 19_997, dead: 3, late: 0, held: 0 });
  });

  it('refuses state of a newer program', async () => {
    const at = state();
    const path = writeLines(folder, 'a.log', lines.slice(0, 100));
    const sink = new MemorySink();
    await count({ files: [path], folder: at, sink });
    const store = new FileSnapshotStore(join(at, 'main'));
    const manifest = store.newest();
    if (manifest === undefined) throw new Error('no manifest');
    writeFileSync(join(at, 'main', `manifest-${manifest.sequence}.json`), JSON.stringify({ ...manifest, version: 99 }));
    await expect(count({ files: [path], folder: at, sink })).rejects.toMatchObject({ code: 'snapshot_newer', exitCode: 2 });
  });

  it('names inputs that are missing, empty or folders', async () => {
    const sink = new MemorySink();
    const empty = writeLines(folder, 'empty.log', []);
    await expect(count({ files: [join(folder, 'none.log')], folder: state(), sink })).rejects.toMatchObject({ code: 'input_missing' });
    await expect(count({ files: [folder], folder: state(), sink })).rejects.toMatchObject({ code: 'input_unreadable' });
    await expect(count({ files: [empty], folder: state(), sink })).rejects.toMatchObject({
      code: 'nothing_parsed',
      message: expect.stringContaining('empty'),
    });
  });
});
