import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR } from '../../services/core/watermark.ts';
import { RunInbox } from '../../services/drivers/embedded/inbox.ts';
import { judgedBy, recordFeedback } from '../../services/drivers/embedded/known-runs.ts';
import { decideSwitch, type SwitchEntry, SwitchJournal, switchesOf } from '../../services/state/model-switches.ts';
import { count, makeLines, START, writeLines } from '../support/driver-runs.ts';
import { MemorySink } from '../support/memory-sink.ts';

const RUN = fileURLToPath(new URL('../support/switching-run.mjs', import.meta.url));
const TOPOLOGY = new URL('../support/switching-topology.mjs', import.meta.url);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-requests-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');

function promote(data: string, version: string): SwitchEntry {
  const journal = new SwitchJournal(data);
  const wish = { by: 'promote', version, tenant: '*' } as const;
  return journal.append(decideSwitch(journal.entries, wish, judgedBy(join(data, 'snapshots'))), Date.now());
}

/** What was told of each window and alert, every time it was told. */
function told(path: string): { windows: Map<string, Set<string>>; alerts: Map<string, Set<string>>; switches: SwitchEntry[] } {
  const windows = new Map<string, Set<string>>();
  const alerts = new Map<string, Set<string>>();
  const switches: SwitchEntry[] = [];
  const add = (map: Map<string, Set<string>>, key: string, value: string): unknown => map.set(key, (map.get(key) ?? new Set()).add(value));
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    const { kind, value } = JSON.parse(line);
    if (kind === 'switch') switches.push(value);
    if (kind === 'alerts') for (const alert of value) if (alert.final) add(alerts, alert.alert_id, alert.marks.join(','));
    if (kind !== 'windows') continue;
    for (const row of (value as string).split('\n').filter(Boolean)) {
      const cells = row.split('\t');
      add(windows, cells.slice(0, 3).join('\t'), cells.slice(3).join('\t'));
    }
  }
  return { windows, alerts, switches };
}

function run(options: object): Promise<{ code: number | null; killed: boolean; error: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [RUN, JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe'] });
    let error = '';
    child.stderr.on('data', (data: Buffer) => (error += data.toString()));
    child.on('close', (code, signal) => resolve({ code, killed: signal === 'SIGKILL', error }));
  });
}

describe('a switch of models while a run is on', () => {
  const lines = makeLines(5, 12_000, 12);

  it('is taken at the next hour that nothing was judged of; every window is judged by the champion of its hour', async () => {
    const data = join(folder, 'data');
    promote(data, 'one');
    const path = writeLines(folder, 'a.log', lines.slice(0, 5_500));
    const sink = new MemorySink();
    const inbox = new RunInbox();
    const stop = new AbortController();
    const asked: Promise<void>[] = [];
    let entry: SwitchEntry | undefined;
    let looks = 0;
    const onCaughtUp = (): void => {
      looks++;
      if (looks === 1) {
        const act = (): void => {
          entry = promote(data, 'two');
          appendFileSync(path, text(lines.slice(5_500)));
        };
        asked.push(inbox.ask({ kind: 'change', act }));
      } else if (entry !== undefined) stop.abort();
    };
    const options = {
      files: [path],
      folder: join(data, 'snapshots'),
      sink,
      topologyModule: TOPOLOGY,
      topologyConfig: () => ({ threshold: 60, switches: switchesOf(new SwitchJournal(data).entries) }),
      inbox,
    };
    const follow = { pollEvery: 5, idleAfter: 60_000, now: () => START + 1e10, onCaughtUp };
    const result = await count({ ...options, follow, signal: stop.signal });
    await Promise.all(asked);
    expect(result.runs).toHaveLength(1);
    expect(result.runs[0]).toMatchObject({ events: 12_000, stopped: true });
    // half past one of the sixth hour had been reached: the seventh is the first free one
    expect(entry).toMatchObject({ number: 2, champion: 'two', from: START + 6 * HOUR });
    await count(options);
    expect(sink.fates()).toMatchObject({ read: 12_000, windowed: 12_000, late: 0 });
    const whole = new MemorySink();
    await count({ ...options, inbox: undefined, sink: whole, folder: join(folder, 'whole') });
    expect(sink.canonical()).toEqual(whole.canonical());
    const judges = new Set(
      [...sink.rows].map(([key, cells]) => `${Number(key.split('\t')[1]) < START + 6 * HOUR} ${cells.split('\t')[1]}`),
    );
    expect([...judges].sort()).toEqual(['false two', 'true one']);
  });

  it('that is refused leaves the run as it was', async () => {
    const path = writeLines(folder, 'a.log', lines);
    const inbox = new RunInbox();
    const refusal = new Error('no');
    const asked = inbox.ask({ kind: 'change', act: () => Promise.reject(refusal) });
    const caught = expect(asked).rejects.toBe(refusal);
    const sink = new MemorySink();
    const result = await count({ files: [path], folder: join(folder, 'state'), sink, inbox });
    await caught;
    expect(result.runs[0]).toMatchObject({ stopped: false, changed: false, events: 12_000 });
  });

  it('that comes when nothing is left to read is written down all the same', async () => {
    const path = writeLines(folder, 'a.log', lines);
    const inbox = new RunInbox();
    await count({ files: [path], folder: join(folder, 'state'), sink: new MemorySink(), inbox });
    let acted = 0;
    await inbox.ask({ kind: 'change', act: () => void acted++ });
    expect(acted).toBe(1);
  });

  it('is refused where standard input cannot be read again', async () => {
    const { Readable } = await import('node:stream');
    const inbox = new RunInbox();
    const asked = expect(inbox.ask({ kind: 'change', act: () => undefined })).rejects.toThrow(
      /reads standard input and cannot begin again/,
    );
    const stdin = Readable.from([Buffer.from(text(lines))]);
    await count({ files: ['-'], folder: join(folder, 'state'), sink: new MemorySink(), inbox, stdin });
    await asked;
  });
});

describe('a run that is killed around a request', () => {
  const files = (): string[] => [0, 1].map((i) => writeLines(folder, `${i}.log`, makeLines(60 + i, 60_000, 24)));
  const base = () => ({
    files: files(),
    cutEvery: 30,
    threshold: 60,
    ask: [
      { after: 4, promote: 'two' },
      { after: 6, mark: 'f'.repeat(32) },
    ],
  });

  it.each(['journalled', 'taken'])('(%s): each window is told with one champion, each alert after the same marks', async (killAt) => {
    const options = { ...base(), folder: join(folder, 'data'), out: join(folder, 'out.ndjson') };
    promote(options.folder, 'one');
    expect(await run({ ...options, killAt })).toMatchObject({ killed: true, error: '' });
    const { switches } = told(options.out);
    const [, entry] = new SwitchJournal(options.folder).entries;
    if (switches.length > 0) expect(entry).toEqual(switches[0]);
    // what was asked is not asked again: what was written down has to be enough
    expect(await run({ ...options, ask: [] })).toEqual({ code: 0, killed: false, error: '' });
    const { windows, alerts } = told(options.out);
    const entries = new SwitchJournal(options.folder).entries;
    expect(entries.map(({ champion }) => champion)).toEqual(['one', 'two']);
    expect(entries[1].from).toBeGreaterThan(START);
    // at the end of the log where a loaded machine had read all of it by then
    expect(entries[1].from).toBeLessThanOrEqual(START + 24 * HOUR);
    for (const [key, values] of windows) {
      const champions = new Set([...values].map((cells) => cells.split('\t')[1]));
      expect([...champions]).toEqual([Number(key.split('\t')[1]) < entries[1].from ? 'one' : 'two']);
    }
    for (const marks of alerts.values()) expect(marks.size).toBe(1);
  });

  it('takes a mark at the same place again', async () => {
    const options = {
      ...base(),
      ask: [{ after: 5, mark: 'a'.repeat(32) }],
      cutEvery: 1e9,
      folder: join(folder, 'data'),
      out: join(folder, 'out.ndjson'),
    };
    const calm = { ...options, folder: join(folder, 'calm'), out: join(folder, 'calm.ndjson'), ask: [] };
    expect(await run({ ...options, killAt: 'taken' })).toMatchObject({ killed: true, error: '' });
    expect(await run({ ...options, ask: [] })).toEqual({ code: 0, killed: false, error: '' });
    expect(await run(calm)).toEqual({ code: 0, killed: false, error: '' });
    const { alerts } = told(options.out);
    const kinds = new Set<string>();
    for (const marks of alerts.values()) {
      expect(marks.size).toBe(1);
      kinds.add([...marks][0]);
    }
    // when it comes depends on the machine; that alerts before and after it stay apart is what the runs have to agree on
    expect(alerts.size).toBeGreaterThan(0);
    for (const marks of kinds) expect(['', 'a'.repeat(32)]).toContain(marks);
    expect([...alerts.keys()].sort()).toEqual([...told(calm.out).alerts.keys()].sort());
  });
});

describe('a mark while no run is on', () => {
  it('is taken before the next run reads on, once', async () => {
    const lines = makeLines(9, 12_000, 12);
    const path = writeLines(folder, 'a.log', lines.slice(0, 6_000));
    const state = join(folder, 'state');
    const sink = new MemorySink();
    const options = { files: [path], folder: state, sink, topologyModule: TOPOLOGY };
    await count(options);
    recordFeedback(state, { kind: 'feedback', tenant: 'shop', incident: 'b'.repeat(32), mark: 'attack', until: 0 });
    appendFileSync(path, text(lines.slice(6_000, 9_000)));
    await count(options);
    appendFileSync(path, text(lines.slice(9_000)));
    await count(options);
    const marks = new Map(
      [...sink.byId.values()].map((alert) => [alert.window.start, (alert as unknown as { marks: string[] }).marks.length]),
    );
    const starts = [...marks.keys()].sort();
    expect(marks.get(starts[0])).toBe(0);
    expect(marks.get(starts.at(-1) as string)).toBe(1);
    expect(sink.fates()).toMatchObject({ read: 12_000, windowed: 12_000 });
  });
});
