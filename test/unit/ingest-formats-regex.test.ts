import { describe, expect, test } from 'vitest';
import { FLAG } from '../../services/core/batch.ts';
import { ingest } from '../support/ingest-events.ts';

const LINE = '02/Mar/2026:10:15:30 +0000|203.0.113.9|alice|GET /a/7?b=1|201|41|1.5ms|okhttp/4.12';
const PATTERN =
  '^(?<time>[^|]+)\\|(?<address>[^|]*)\\|(?<who>[^|]*)\\|(?<method>[A-Z]+) (?<path>[^|]*)\\|(?<status>\\d{3})\\|(?<bytes_out>\\d+)\\|(?<duration>[^|]*)(?:\\|(?<agent>.*))?$';

const read = (text: string, pattern = PATTERN, more = {}) => ingest(text, { format: 'regex', pattern, identity: ['who'], ...more });

describe('lines by a regular expression', () => {
  test('named groups are fields, and names of identity rules', () => {
    const { events, dead } = read(`${LINE}\n${LINE.replace('|okhttp/4.12', '')}\n`);
    expect(dead).toEqual([]);
    expect(events[0]).toMatchObject({
      at: Date.UTC(2026, 2, 2, 10, 15, 30),
      address: '203.0.113.9',
      account: 'alice',
      interface: 'GET gateway/a/{id}',
      status: 201,
      bytesOut: 41,
      duration: 2,
    });
    expect([events[0].device, events[1].device].map((device) => device !== 0)).toEqual([true, false]);
  });

  test('places are right behind letters of several bytes', () => {
    const { events } = read(`${LINE.replace('alice', '阿丽丝é')}\n`);
    expect(events[0]).toMatchObject({ account: '阿丽丝é', status: 201, bytesOut: 41 });
  });

  test('`fields:` may call a group otherwise; Python’s spelling of groups is understood', () => {
    const { events } = read(`${LINE}\n`, PATTERN.replace('?<time>', '?P<when>'), { fields: { time: 'when' } });
    expect(events[0].at).toBe(Date.UTC(2026, 2, 2, 10, 15, 30));
  });

  test('a log that says who the responder is is one of connections', () => {
    const { events, dead } = ingest('1772446530.250 203.0.113.9:51234 -> 10.0.0.2:443 TCP 41\n', {
      format: 'regex',
      pattern:
        '^(?<time>\\S+) (?<address>[^:]+):(?<port>\\d+) -> (?<peer_address>[^:]+):(?<peer_port>\\d+) (?<protocol>\\w+) (?<bytes_in>\\d+)$',
    });
    expect(dead).toEqual([]);
    expect(events[0]).toMatchObject({ account: '203.0.113.9', interface: 'tcp 10.0.0.2:443', bytesIn: 41 });
    const json = '{"t":1772446530.25,"from":"203.0.113.9","to":"10.0.0.2","to_port":443,"kind":6}\n';
    const fields = { time: 't', address: 'from', peer_address: 'to', peer_port: 'to_port', protocol: 'kind' };
    expect(ingest(json, { format: 'json', fields }).events[0]).toMatchObject({ account: '203.0.113.9', interface: 'tcp 10.0.0.2:443' });
  });

  test('a line that begins with a time, or as syslog does, is matched as it stands; else behind what a runtime puts before it', () => {
    const iso = LINE.replace(/^[^|]+/, '2026-03-02T10:15:30Z');
    for (const text of [iso, `2026-11-22T09:59:14.1+08:00 stdout F ${LINE}`, `<134>Nov 22 09:59:14 gw app[1]: ${LINE}`])
      expect(read(`${text}\n`, PATTERN.replace('[^|]+', '[^|]{1,26}')).events[0]).toMatchObject({
        at: Date.UTC(2026, 2, 2, 10, 15, 30),
        account: 'alice',
        status: 201,
      });
    const syslog = '^(?<time>\\S+) (?<who>\\S+) app: (?<request>.*) (?<status>\\d+)$';
    expect(read('2026-03-02T10:15:30Z alice app: GET /a/7 HTTP/1.1 404\n', syslog).events[0]).toMatchObject({
      account: 'alice',
      status: 404,
    });
  });

  test('a dash is nothing; a line that does not match is dead-lettered', () => {
    const { events, dead } = read(`${LINE.replace('alice', '-')}\nno such line\n`);
    expect(events[0].flags & FLAG.anonymous).not.toBe(0);
    expect(dead).toMatchObject([{ line: 2, reason: 'not_this_format', detail: 'the line does not match the pattern' }]);
  });

  test('a pattern that takes a backtracking engine for ever takes none here; long lines are refused', () => {
    const begun = performance.now();
    const { dead } = read(`${'a'.repeat(20_000)}!\n${'a'.repeat(40_000)}\n`, '^(?<time>(a+)+)(?<path>(a|aa)*)$');
    expect(dead.map(({ reason }) => reason)).toEqual(['not_this_format', 'line_too_long']);
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  test.each([
    [undefined, 'needs a pattern'],
    ['^(.*)$', 'has no named group'],
    ['(?<time>.*)(', 'missing'],
    ['(?<time>a)(?=b)', 'no lookahead'],
    ['(?<time>.*)', 'no group gives the path'],
    ['(?<path>.*)', 'no group gives the time'],
    [`(?<time>${'a'.repeat(5000)})`, 'characters'],
  ])('%s says what is wrong', (pattern, message) => {
    expect(() => ingest('', { format: 'regex', pattern })).toThrow(new RegExp(`sources\\.gateway\\.pattern: .*${message}`));
  });
});
