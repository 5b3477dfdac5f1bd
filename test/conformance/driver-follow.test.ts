import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { count, makeLines, START, writeLines } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-follow-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');
const HOUR = 3_600_000;

describe('embedded driver, following', () => {
  const lines = makeLines(1, 12_000, 6);

  it('reads what is appended until stopped, flushes nothing, and ends as a single reading does', async () => {
    const whole = new MemorySink();
    await count({ files: [writeLines(folder, 'whole.log', lines)], folder: join(folder, 'whole'), sink: whole });
    const path = writeLines(folder, 'a.log', lines.slice(0, 5_000));
    const sink = new MemorySink();
    const stop = new AbortController();
    let looks = 0;
    const onCaughtUp = (): void => {
      looks++;
      if (looks === 1) appendFileSync(path, `${text(lines.slice(5_000, 8_000))}${lines[8_000].slice(0, 7)}`);
      else if (looks === 2) appendFileSync(path, `${lines[8_000].slice(7)}\n${text(lines.slice(8_001))}`);
      else if (sink.rows.size === 0 || looks > 4) stop.abort();
    };
    const follow = { pollEvery: 5, idleAfter: 60_000, now: () => START + 1e10, onCaughtUp };
    const result = await count({ files: [path], folder: join(folder, 'state'), sink, follow, signal: stop.signal });
    expect(result.stopped).toBe(true);
    expect(sink.fates()).toMatchObject({ read: 12_000, dead: 0 });
    expect([...sink.byId.values()].every((alert) => alert.final)).toBe(true);
    await count({ files: [path], folder: join(folder, 'state'), sink });
    expect(sink.canonical()).toEqual(whole.canonical());
  });

  it('lets the clock move a live tenant whose inputs are quiet, and a replay decide the same at the same place', async () => {
    const path = writeLines(folder, 'a.log', lines.slice(0, 5_000));
    const other = writeLines(
      folder,
      'b.log',
      lines.slice(0, 4_000).map((line) => `${line}b`),
    );
    const last = Number(lines[4_999].split(' ')[0]);
    const at = join(folder, 'state');
    const sink = new MemorySink();
    let clock = last;
    let looks = 0;
    const crash = new Error('the store is gone');
    const journal = join(at, 'main', 'journal.ndjson');
    const onCaughtUp = (): void => {
      looks++;
      if (looks === 1) clock += 2 * HOUR;
      else if (looks === 3) appendFileSync(path, text([`${last + 90_000} too late`, `${clock} account-1 /api/1`]));
      else if (looks > 6) throw crash;
    };
    const follow = { pollEvery: 5, idleAfter: 60_000, now: () => clock, onCaughtUp };
    await expect(count({ files: [path, other], folder: at, sink, follow })).rejects.toBe(crash);
    const decided = readFileSync(journal, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).record.kind);
    expect(decided).toEqual(['idle', 'idle', 'silence']);
    expect(sink.lateEvents.size).toBe(1);
    const seen = sink.canonical();
    expect(seen.windows.some(([key]) => Number(key.split('\t')[1]) === Math.floor(last / HOUR) * HOUR)).toBe(true);

    const replay = new MemorySink();
    const stop = new AbortController();
    const again = { ...follow, idleAfter: 1e12, onCaughtUp: () => stop.abort() };
    await count({ files: [path, other], folder: at, sink: replay, follow: again, signal: stop.signal });
    expect(replay.lateEvents).toEqual(sink.lateEvents);
    expect(replay.canonical()).toEqual(seen);
    expect(replay.fates()).toMatchObject({ read: 9_002, windowed: 9_001, late: 1 });
    expect(existsSync(journal) ? readFileSync(journal, 'utf8') : '').toBe('');
  });

  it('goes on with the file that has taken the place of a rotated one', async () => {
    const path = writeLines(folder, 'a.log', lines.slice(0, 5_000));
    const sink = new MemorySink();
    const stop = new AbortController();
    let looks = 0;
    const onCaughtUp = (): void => {
      looks++;
      if (looks === 1) {
        appendFileSync(path, text(lines.slice(5_000, 6_000)));
        renameSync(path, `${path}.1`);
        writeFileSync(path, text(lines.slice(6_000)));
      } else if (looks > 4) stop.abort();
    };
    const follow = { pollEvery: 5, idleAfter: 60_000, now: () => START + 1e10, onCaughtUp };
    await count({ files: [path], folder: join(folder, 'state'), sink, follow, signal: stop.signal });
    expect(sink.fates()).toMatchObject({ read: 12_000, windowed: 12_000, late: 0 });
  });
});
