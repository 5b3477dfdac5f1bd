import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { renderAlert } from '../../services/console/alert-view.ts';
import { counterfactualSentence } from '../../services/console/explanation.ts';
import { renderIncident } from '../../services/console/incident-view.ts';
import { writeOut } from '../../services/console/output.ts';
import { plainText } from '../../services/console/plain-text.ts';
import { createProgress, progressText } from '../../services/console/progress.ts';
import { createStyle, wantsColour } from '../../services/console/style.ts';
import { renderTable } from '../../services/console/table.ts';
import { cutText, textWidth } from '../../services/console/text-width.ts';
import { formatSpan, formatTime, parseTimeOption } from '../../services/console/times.ts';
import { alertOf, incidentOf } from '../support/records.ts';

const plain = createStyle(false);

test('times: absolute ones in the zone of the table, with an offset of their own, and relative ones', () => {
  const now = Date.parse('2026-04-03T12:00:00.000Z');
  const parse = (text: string, zone = 'UTC') => new Date(parseTimeOption(text, '--since', { now, zone })).toISOString();
  expect(parse('2026-04-01')).toBe('2026-04-01T00:00:00.000Z');
  expect(parse('2026-04-01', 'Asia/Shanghai')).toBe('2026-03-31T16:00:00.000Z');
  expect(parse('2026-04-01T08:30', 'America/New_York')).toBe('2026-04-01T12:30:00.000Z');
  expect(parse('2026-04-01 08:30:05.25')).toBe('2026-04-01T08:30:05.250Z');
  expect(parse('2026-04-01T08:30Z', 'Asia/Shanghai')).toBe('2026-04-01T08:30:00.000Z');
  expect(parse('2026-04-01T08:30+05:30')).toBe('2026-04-01T03:00:00.000Z');
  expect(parse('2026-04-01T08:30-0330')).toBe('2026-04-01T12:00:00.000Z');
  expect(parse('90m')).toBe('2026-04-03T10:30:00.000Z');
  expect(parse('1w')).toBe('2026-03-27T12:00:00.000Z');
  // the hour that exists twice is the first one, the hour that does not exist moves on
  expect(parse('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z');
  expect(parse('2026-03-29T12:00', 'Europe/Berlin')).toBe('2026-03-29T10:00:00.000Z');
  for (const wrong of ['yesterday', '2026-02-30', '2026-04-01T25:00', '2h30m', '', '-2h']) {
    expect(() => parse(wrong)).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining(`--since ${wrong}`) }));
  }
});

test('times are shown on the clocks of the zone', () => {
  expect(formatTime('2026-04-01T16:00:07.999Z', 'Asia/Shanghai')).toBe('2026-04-02 00:00:07');
  expect(formatSpan('2026-04-01T08:00:00.000Z', '2026-04-01T09:00:00.000Z', 'UTC')).toBe('2026-04-01 08:00 – 09:00');
  expect(formatSpan('2026-04-01T08:00:00.000Z', '2026-04-02T09:00:30.000Z', 'UTC')).toBe('2026-04-01 08:00 – 2026-04-02 09:00:30');
});

test('what a log writes cannot steer the terminal', () => {
  expect(plainText('a\u001b[31mb\r\n\tc\u0000\u009b\u202e')).toBe('a\\x1b[31mb\\x0d\\x0a\\x09c\\x00\\x9b\\u202e');
  const hostile = alertOf(1, { title: '\u001b]0;x\u0007', entity: { kind: 'account', id: '\u001b[2J' }, detector: '\u001b[1m' });
  hostile.evidence[0].summary = '\u001b[3J';
  hostile.reasons[0].text = '\u009b31m';
  hostile.counterfactual[0].feature = '\u001b[4m';
  const options = { style: plain, zone: 'UTC' };
  const incident = incidentOf(1, { title: '\u001b[1A', summary: 'x\ry', actors: [{ kind: 'account', id: '\u001b[2J', contribution: 1 }] });
  const shown = renderAlert(hostile, options) + renderIncident(incident, [hostile], options);
  expect([...shown].filter((char) => char !== '\n' && plainText(char) !== char)).toEqual([]);
});

test('tables align wide characters, shrink to the terminal and never cut for files', () => {
  const columns = [{ title: 'name', shrinkTo: 6 }, { title: 'n', align: 'right' as const }, { title: 'end' }];
  const rows = [
    ['中文名字很长', 1234567, 'x'],
    ['u', 2.34567, { text: 'y', paint: (text: string) => `<${text}>` }],
  ];
  expect(renderTable(columns, rows)).toBe('name                  n  end\n中文名字很长  1,234,567  x\nu                  2.35  <y>\n');
  const narrow = renderTable(columns, rows, { width: 22 }).split('\n');
  expect(narrow[1]).toBe('中文…   1,234,567  x');
  expect(Math.max(...narrow.map(textWidth))).toBeLessThanOrEqual(22);
  expect(cutText('中中中', 4)).toBe('中…');
});

test('an alert and its incident say what is odd, compared with what, and what would have been normal', () => {
  const alert = alertOf(1);
  const text = renderAlert(alert, { style: plain, zone: 'Asia/Shanghai' });
  expect(text).toContain('HIGH  account u7 walks objects');
  expect(text).toContain('2026-04-01 16:00 – 17:00 (1h, Asia/Shanghai)');
  expect(text).toMatch(/new_objects +412 +0 – 9\.5 +its own past \(212\) +\+0\.50 +412 objects never seen before/);
  expect(text).toContain('contributions add up to the score, 0.83');
  expect(text).toContain('It would not have alerted with new_objects at 31 instead of 412 (score then 0.39).');
  expect(text).toContain('gateway shop-1 @1234');
  const many = Array.from({ length: 6 }, (_, n) => alertOf(n, { title: `alert ${n}`, score: n / 10 }));
  const incident = renderIncident(incidentOf(1, { actor_count: 4000 }), many, { style: plain, zone: 'UTC' });
  expect(incident).toContain('account u7 and 3,999 more');
  expect([...incident.matchAll(/● alert (\d)/g)].map((match) => match[1])).toEqual(['5', '4', '3']);
  expect(incident).toContain('and 3 more alerts');
});

test('counterfactuals of several changes are one sentence; none says so', () => {
  const change = alertOf(1).counterfactual[0];
  expect(counterfactualSentence([change, { ...change, feature: 'failures', from: 80, to: 3, score: 0.4 }])).toBe(
    'It would not have alerted with new_objects at 31 instead of 412 and failures at 3 instead of 80 (score then 0.40).',
  );
  expect(counterfactualSentence([])).toContain('No change');
});

test('colour: for terminals, unless NO_COLOR', () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
  expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
});

test('progress is one line on a terminal and nothing elsewhere', () => {
  const written: string[] = [];
  const terminal = Object.assign(new Writable({ write: (chunk, _, done) => (written.push(String(chunk)), done()) }), {
    isTTY: true,
    columns: 50,
  });
  let clock = 0;
  const progress = createProgress({ stream: terminal as unknown as NodeJS.WriteStream, now: () => clock });
  clock = 2000;
  progress.update({ events: 300_000, time: Date.parse('2026-04-01T08:00:00Z'), alerts: 1, share: 0.255 });
  progress.update({ events: 300_001, alerts: 1 });
  progress.stop();
  progress.update({ events: 400_000, alerts: 1 });
  expect(written).toEqual(['\r25 %  300,000 events  150,000/s  at 2026-04-01 0…\u001b[K', '\r\u001b[K']);
  const file = new PassThrough() as unknown as NodeJS.WriteStream;
  createProgress({ stream: file }).update({ events: 1, alerts: 0 });
  expect((file as unknown as PassThrough).read()).toBeNull();
  expect(progressText({ events: 5, alerts: 0 }, 0)).toBe('5 events  0/s  0 alerts');
});

test('a closed pipe ends output quietly', async () => {
  const closed = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })) });
  expect(await writeOut('x', closed)).toBe(false);
  const full = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })) });
  await expect(writeOut('x', full)).rejects.toThrow('no space');
});
