import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunView } from '../../services/drivers/embedded/run-contract.ts';
import { count, makeLines, numbers, START, writeLines } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

const RUN = fileURLToPath(new URL('../support/live-run.mjs', import.meta.url));

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-live-'));
  log = join(folder, 'app.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const LINES = makeLines(5, 9_000, 6);
/** parts of the log, in order of time */
const part = (i: number): string[] => LINES.slice(i * 1_500, (i + 1) * 1_500);

/** What somebody else does to the files, and how many events have been read once Weir has dealt with it. */
interface Step {
  does?: () => void;
  read: number;
}

/** Follows files while the steps are taken, each once what came before has been read; then stops. */
async function follow(
  sink: MemorySink,
  steps: Step[],
  options: { files?: string[]; grace?: number; now?: () => number } = {},
): Promise<{ notices: string[]; view: RunView }> {
  const stop = new AbortController();
  const notices: string[] = [];
  let view: (() => RunView) | undefined;
  let before = 0;
  let taken = 0;
  const onCaughtUp = (): void => {
    const events = before + (view?.().events ?? 0);
    if (taken > 0 && events < steps[taken - 1].read) return;
    if (taken === steps.length) stop.abort();
    else steps[taken++].does?.();
  };
  await count({
    files: options.files ?? [log],
    folder: join(folder, 'state'),
    sink,
    follow: {
      pollEvery: 5,
      idleAfter: 60_000,
      now: options.now ?? (() => START + 1e10),
      grace: options.grace ?? 60_000,
      patient: true,
      onCaughtUp,
    },
    signal: stop.signal,
    onNotice: (notice) => notices.push(notice),
    onRun: (next) => {
      before += view?.().events ?? 0;
      view = next;
    },
  });
  return { notices, view: (view as () => RunView)() };
}

/** What one undisturbed reading of all lines gives. */
async function undisturbed(lines: readonly string[] = LINES): Promise<MemorySink> {
  const sink = new MemorySink();
  await count({ files: [writeLines(folder, 'whole.txt', [...lines])], folder: join(folder, 'whole'), sink });
  return sink;
}

/** Every line was read once and counted in its window; after a last plain reading the windows are those of the whole. */
async function expectAll(sink: MemorySink, lines: readonly string[] = LINES): Promise<void> {
  expect(sink.fates()).toEqual({ read: lines.length, windowed: lines.length, late: 0, dead: 0, held: 0 });
  const whole = await undisturbed(lines);
  // the hours that are still open are given by nobody yet
  const found = sink.canonical().windows;
  expect(found.length).toBeGreaterThan(0);
  const wanted = new Map(whole.canonical().windows);
  for (const [key, value] of found) expect([key, value]).toEqual([key, wanted.get(key)]);
  const open = LINES.at(-1)?.split(' ')[0];
  const closed = whole.canonical().windows.filter(([key]) => Number(key.split('\t')[1]) + 2 * 3_600_000 < Number(open));
  for (const [key] of closed) expect(sink.rows.has(key)).toBe(true);
}

const rotate = (): void => {
  for (let n = 60; n > 0; n--) {
    for (const end of ['', '.gz']) {
      if (existsSync(`${log}.${n}${end}`)) renameSync(`${log}.${n}${end}`, `${log}.${n + 1}${end}`);
    }
  }
  renameSync(log, `${log}.1`);
};
const pack = (path: string): void => {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  unlinkSync(path);
};

describe('followed files', () => {
  it('several rotations by renaming between two looks', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    await follow(sink, [
      { read: 1_500 },
      {
        does: () => {
          appendFileSync(log, text(part(1)));
          rotate();
          writeFileSync(log, text(part(2)));
          rotate();
          writeFileSync(log, text(part(3)));
          rotate();
          writeFileSync(log, text(part(4)));
        },
        read: 7_500,
      },
      { does: () => appendFileSync(log, text(part(5))), read: 9_000 },
    ]);
    await expectAll(sink);
  });

  it('rotations whose files are compressed at once', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    await follow(sink, [
      { read: 1_500 },
      {
        does: () => {
          appendFileSync(log, text(part(1)));
          rotate();
          pack(`${log}.1`);
          writeFileSync(log, text([...part(2), ...part(3)]));
          rotate();
          pack(`${log}.1`);
          writeFileSync(log, text(part(4)));
        },
        read: 7_500,
      },
      { does: () => appendFileSync(log, text(part(5))), read: 9_000 },
    ]);
    await expectAll(sink);
  });

  it('a writer that goes on writing to the renamed file for a while, in the middle of a line', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    const rest = text(part(1));
    await follow(sink, [
      { read: 1_500 },
      {
        does: () => {
          appendFileSync(log, rest.slice(0, 5_003));
          rotate();
          writeFileSync(log, '');
        },
        read: 1_500 + rest.slice(0, 5_003).split('\n').length - 1,
      },
      { does: () => appendFileSync(`${log}.1`, rest.slice(5_003)), read: 3_000 },
      { does: () => appendFileSync(log, text(part(2))), read: 4_500 },
      { does: () => appendFileSync(log, text(LINES.slice(4_500))), read: 9_000 },
    ]);
    await expectAll(sink);
  });

  it('copied and truncated: the rest is read from the copy, then the file from its beginning', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    const half = LINES[3_000].slice(0, 9);
    const { notices } = await follow(sink, [
      { read: 1_500 },
      { does: () => appendFileSync(log, text(part(1)) + half), read: 3_000 },
      {
        does: () => {
          appendFileSync(log, `${LINES[3_000].slice(9)}\n${text(LINES.slice(3_001, 4_500))}`);
          copyFileSync(log, `${log}.1`);
          truncateSync(log);
        },
        read: 4_500,
      },
      { does: () => appendFileSync(log, text(part(3))), read: 6_000 },
      {
        does: () => {
          // truncated and grown beyond where reading stood, before anyone looked
          copyFileSync(log, `${log}.1`);
          truncateSync(log);
          appendFileSync(log, text([...part(4), ...part(5)]));
        },
        read: 9_000,
      },
    ]);
    await expectAll(sink);
    expect(notices.filter((notice) => notice.includes('its copy'))).toHaveLength(2);
  });

  it('truncated without a copy: says what may be lost, and reads what comes', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    const { notices } = await follow(sink, [
      { read: 1_500 },
      {
        does: () => {
          truncateSync(log);
          appendFileSync(log, text(part(1).slice(0, 100)));
        },
        read: 1_600,
      },
    ]);
    expect(sink.fates()).toMatchObject({ read: 1_600, dead: 0 });
    expect(notices.some((notice) => /truncated.*no copy.*is lost/.test(notice))).toBe(true);
  });

  it('files that are not there at the start, are empty, or have half a first line', async () => {
    const sink = new MemorySink();
    const { notices } = await follow(sink, [
      { does: () => writeFileSync(log, ''), read: 0 },
      { read: 0 },
      { does: () => appendFileSync(log, LINES[0].slice(0, 5)), read: 0 },
      { read: 0 },
      { does: () => appendFileSync(log, `${LINES[0].slice(5)}\n`), read: 1 },
      { does: () => appendFileSync(log, text(LINES.slice(1))), read: 9_000 },
    ]);
    await expectAll(sink);
    expect(notices).toContain(`waiting for ${log}: it is not there`);
    expect(notices).toContain(`${log} is there: it is read`);
  });

  it('waits for the end of a line that comes in pieces', async () => {
    const all = text(LINES);
    const sink = new MemorySink();
    const cuts = [1_000_3, 50_001, 50_002, 120_000, all.length];
    const lines = (at: number): number => all.slice(0, at).split('\n').length - 1;
    await follow(
      sink,
      cuts.map((at, i) => ({ does: () => appendFileSync(log, all.slice(cuts[i - 1] ?? 0, at)), read: lines(at) })),
    );
    await expectAll(sink);
  });

  it.each(['plain', 'compressed'])('rotated twice while Weir was down, %s', async (how) => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    await follow(sink, [{ read: 1_500 }]);
    appendFileSync(log, text(part(1)));
    rotate();
    if (how === 'compressed') pack(`${log}.1`);
    writeFileSync(log, text(part(2)));
    rotate();
    writeFileSync(log, text(part(3)));
    await follow(sink, [{ read: 4_500 }, { does: () => appendFileSync(log, text(LINES.slice(6_000))), read: 7_500 }]);
    await expectAll(sink);
    // and once more: nothing is read twice
    await follow(sink, [{ read: 0 }]);
    expect(sink.fates()).toMatchObject({ read: 9_000 });
  });

  it('copied and truncated while Weir was down', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    await follow(sink, [{ read: 1_500 }]);
    appendFileSync(log, text(part(1)));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    await follow(sink, [{ read: 1_500 }, { does: () => appendFileSync(log, text(LINES.slice(3_000))), read: 7_500 }]);
    await expectAll(sink);
  });

  it('gone while Weir was down: says so once', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    await follow(sink, [{ read: 1_500 }]);
    unlinkSync(log);
    writeFileSync(log, text(part(1)));
    const { notices } = await follow(sink, [{ read: 1_500 }]);
    expect(notices.some((notice) => /no file beside it begins like it any more/.test(notice))).toBe(true);
    const again = await follow(sink, [{ read: 0 }]);
    expect(again.notices.filter((notice) => /lost/.test(notice))).toEqual([]);
    expect(sink.fates()).toMatchObject({ read: 3_000 });
  });

  it('files that begin with the same line are not taken for each other', async () => {
    // each file is first seen when that line is all that it has
    const first = LINES[0];
    const sink = new MemorySink();
    writeFileSync(log, text([first]));
    await follow(sink, [
      { read: 1 },
      { does: () => appendFileSync(log, text(part(0).slice(1))), read: 1_500 },
      {
        does: () => {
          rotate();
          writeFileSync(log, text([first]));
        },
        read: 1_501,
      },
      { does: () => appendFileSync(log, text(part(1))), read: 3_001 },
    ]);
    rotate();
    writeFileSync(log, text([first]));
    await follow(sink, [{ read: 1 }]);
    appendFileSync(log, text(part(2)));
    await follow(sink, [{ read: 1_500 }]);
    expect(sink.fates()).toMatchObject({ read: 4_502, dead: 0 });
  });

  it('a file that is replaced by a copy of itself goes on', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    await follow(sink, [
      { read: 1_500 },
      {
        does: () => {
          copyFileSync(log, `${log}.new`);
          appendFileSync(`${log}.new`, text(part(1)));
          renameSync(`${log}.new`, log);
        },
        read: 3_000,
      },
      { does: () => appendFileSync(log, text(LINES.slice(3_000))), read: 9_000 },
    ]);
    await expectAll(sink);
  });

  it('new files of a pattern are found, files that vanish are let go', async () => {
    const sink = new MemorySink();
    let clock = START + 1e10;
    const day = (n: number): string => join(folder, `day-${n}.log`);
    writeFileSync(day(0), text(part(0)));
    const { view } = await follow(
      sink,
      [
        { read: 1_500 },
        { does: () => writeFileSync(day(1), text(part(1))), read: 3_000 },
        {
          does: () => {
            unlinkSync(day(0));
            writeFileSync(day(2), text(LINES.slice(3_000)));
          },
          read: 9_000,
        },
        {
          does: () => {
            clock += 61_000;
          },
          read: 9_000,
        },
      ],
      { files: [join(folder, 'day-*.log')], now: () => clock },
    );
    await expectAll(sink);
    expect(view.inputs.map(({ path }) => path).sort()).not.toContain(day(0));
  });

  it('closes a replaced file after its grace, and what it has counted stays counted', async () => {
    writeFileSync(log, text(part(0)));
    const sink = new MemorySink();
    let clock = START + 1e10;
    const steps: Step[] = [{ read: 1_500 }];
    for (let i = 1; i < 6; i++) {
      steps.push({
        does: () => {
          clock += 61_000;
          rotate();
          writeFileSync(log, text(part(i)));
        },
        read: (i + 1) * 1_500,
      });
    }
    const { view } = await follow(sink, steps, { now: () => clock });
    expect(view.inputs.length).toBeLessThan(4);
    await expectAll(sink);
    await follow(sink, [{ read: 0 }]);
    expect(sink.fates()).toMatchObject({ read: 9_000 });
  });
});

/** Starts a following process; `caughtUp` is told how much it has read whenever it has read all that is there. */
function start(
  options: object,
  caughtUp: (child: ChildProcess, said: string) => void = () => undefined,
): Promise<{ code: number | null; error: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [RUN, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let error = '';
    child.stdout.on('data', (data: Buffer) => caughtUp(child, data.toString()));
    child.stderr.on('data', (data: Buffer) => {
      error += data.toString();
    });
    child.on('close', (code) => resolve({ code, error }));
  });
}

describe('followed files, killed while they are written and rotated', () => {
  it.each(['renamed', 'copied and truncated'])('every line is read once (%s)', async (how) => {
    const options = { folder, files: [log], out: join(folder, 'out.ndjson'), cutEvery: 30 };
    const next = numbers(how.length);
    let written = 0;
    let seen = false;
    const write = (): void => {
      const lines = LINES.slice(written, written + 50 + Math.floor(next() * 400));
      written += lines.length;
      appendFileSync(log, text(lines));
    };
    const turn = (): void => {
      if (written >= LINES.length) return;
      write();
      // a file that was rotated away before anyone knew of the log is not read
      if (seen && next() < 0.3) {
        if (how === 'renamed') rotate();
        else {
          const copy = `${log}.copy`;
          copyFileSync(log, copy);
          rotate();
          renameSync(`${log}.1`, log);
          renameSync(copy, `${log}.1`);
          truncateSync(log);
        }
        write();
      }
    };
    let kills = 0;
    while (written < LINES.length) {
      let left = Math.ceil(next() * 12);
      const { error } = await start(options, (child, said) => {
        seen ||= /^[1-9]/m.test(said);
        turn();
        if (--left === 0) child.kill('SIGKILL');
      });
      expect(error).toBe('');
      kills++;
      turn();
    }
    expect(kills).toBeGreaterThan(2);
    expect(await start({ ...options, drain: true })).toEqual({ code: 0, error: '' });
    const sink = new MemorySink();
    for (const line of readFileSync(options.out, 'utf8').split('\n')) {
      let entry: { kind: string; value: never };
      try {
        entry = JSON.parse(line);
      } catch {
        continue; // cut in half by the kill
      }
      if (entry.kind === 'windows') sink.windows(new TextEncoder().encode(entry.value));
      else if (entry.kind === 'ledger') sink.ledger(entry.value);
    }
    await expectAll(sink);
  });
});
