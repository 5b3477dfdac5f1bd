import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../services/main.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;

function weir(
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], {
    encoding: 'utf8',
    ...options,
    env: { ...process.env, ...options.env },
  });
  return { status, stdout, stderr };
}

const folder = () => mkdtempSync(join(tmpdir(), 'weir-cli-'));

describe('weir', () => {
  test('--help lists every command on stdout', () => {
    const { status, stdout, stderr } = weir(['--help']);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    for (const name of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('the summaries of --help are those that the commands give themselves', async () => {
    for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
      const program = new Command();
      (await load())(program);
      const command = program.commands.find((one) => one.name() === name);
      expect([name, command?.summary()]).toEqual([name, summary]);
    }
  });

  test.each(Object.keys(COMMANDS))('%s --help explains it', (name) => {
    const { status, stdout, stderr } = weir([name, '--help']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: weir ${name}`));
  });

  test('--version tells program, model and schema', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const { status, stdout } = weir(['--version']);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^weir ${version} · model .+ · alert schema \\d+ · store schema \\d+ · node v`));
  });

  test.each([
    [[], /Usage: weir/],
    [['dedect'], /unknown command 'dedect'[\s\S]*Did you mean detect\?/],
    [['incidents', '--jason'], /unknown option '--jason'[\s\S]*Did you mean --json\?/],
    [['detect', '--format', 'nginx-yaml', 'x.log'], /'nginx-yaml' is invalid\. Allowed choices are nginx-json/],
    [['--log-level', 'loud', 'demo'], /Allowed choices are silent, error/],
    [['detect', '--config', 'none.yaml'], /config file none\.yaml does not exist/],
    [['init'], /missing required argument 'sample'/],
    [['doctor'], /there is no weir\.yaml here/],
  ])('usage errors end with 2 and a hint: %j', (args, message) => {
    const { status, stdout, stderr } = weir(args, { cwd: folder() });
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('an error is one short message; --log-level debug shows the stack', () => {
    const cwd = folder();
    const short = weir(['init', 'none.log'], { cwd });
    expect(short.status).toBe(2);
    expect(short.stderr).toMatch(/^weir: .*none\.log.*\n$/);
    expect(weir(['init', 'none.log', '--log-level', 'debug'], { cwd }).stderr).toMatch(/\n {4}at /);
  });

  test('a reader that closes ends it quietly', async () => {
    const child = spawn(process.execPath, [LAUNCHER, 'simulate', '--list'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});

const LOG = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({
    time_iso8601: `2026-03-02T10:${String(i).padStart(2, '0')}:00+00:00`,
    remote_addr: '203.0.113.7',
    http_x_consumer_id: `u${i % 5}`,
    request_method: i % 4 === 0 ? 'POST' : 'GET',
    request_uri: i % 4 === 0 ? '/api/login' : `/api/orders/${1000 + i}`,
    host: 'shop.example',
    status: 200,
    body_bytes_sent: 100 + i,
    request_time: 0.02,
    http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  }),
).join('\n');

describe('weir init and weir doctor', () => {
  test('init writes a config that is accepted, and never over one that is there', () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'shop.log'), LOG);
    const made = weir(['init', 'shop.log', '--tenant', 'shop'], { cwd });
    expect(made.status).toBe(0);
    const text = readFileSync(join(cwd, 'weir.yaml'), 'utf8');
    expect(text).toContain('format: nginx-json');
    expect(text).toContain('# identity: [ http_x_consumer_id ]');
    expect(text).toContain('    # tags:\n    #   login: [ "POST shop.example/api/login" ]');

    const again = weir(['init', 'shop.log'], { cwd });
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('weir.yaml exists; --force writes over it')]);
    expect(readFileSync(join(cwd, 'weir.yaml'), 'utf8')).toBe(text);

    const doctor = weir(['doctor'], { cwd });
    expect(doctor.stderr).toBe('');
    expect(doctor.status).toBe(0);
    expect(doctor.stdout).toMatch(/accounts +5, by http_x_consumer_id 100 %/);
    expect(doctor.stdout).toMatch(/credential_stuffing +active/);
    expect(doctor.stdout).toMatch(/sms_bombing +blind +no interface is known to send codes \(tags\.send_code\)/);
  });

  test('parse shows what is read of a line, and writes nothing', () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'shop.log'), `${LOG}\nhalf a li`);
    const first = weir(['parse', 'shop.log', '--limit', '2'], { cwd });
    expect(first.status).toBe(0);
    expect(
      first.stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text).interface),
    ).toEqual(['POST shop.example/api/login', 'GET shop.example/api/orders/{id}']);
    const all = weir(['parse', 'shop.log', '--limit', '100', '--explain'], { cwd });
    expect(all.stdout).toMatch(/not_json +line 41, byte \d+/);
    expect(all.stdout).toMatch(/missing +.*target/);
    expect(readdirSync(cwd)).toEqual(['shop.log']);
    expect(weir(['parse', 'shop.log', '--format', 'kong'], { cwd }).status).toBe(1);
  });

  test('doctor says what it cannot read, and ends with 2', () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'weir.yaml'), 'sources: [{ name: a, files: [gone.log] }]\naddress_data: { csv: gone.csv }');
    const { status, stdout } = weir(['doctor', '--json'], { cwd });
    expect(status).toBe(2);
    const diagnosis = JSON.parse(stdout);
    expect(diagnosis.sources[0].problem).toContain('gone.log');
    expect(diagnosis.addresses.problem).toContain('gone.csv');
  });

  test('init refuses what is no log', () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'picture.log'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]));
    writeFileSync(join(cwd, 'empty.log'), '');
    expect(weir(['init', 'picture.log'], { cwd })).toMatchObject({ status: 2, stderr: expect.stringContaining('binary') });
    expect(weir(['init', 'empty.log'], { cwd })).toMatchObject({ status: 2, stderr: expect.stringContaining('empty') });
    expect(weir(['init', '.'], { cwd })).toMatchObject({ status: 2, stderr: expect.stringContaining('folder') });
  });
});

test('detect writes a log of JSON lines to stderr where a level is asked for', () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'shop.log'), `${LOG}\n`);
  const { status, stdout, stderr } = weir(['detect', 'shop.log', '--log-level', 'info'], {
    cwd,
    env: { WEIR_KEY: 'a key that is only for tests' },
  });
  expect(status).toBe(0);
  const lines = stderr
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(lines.some(({ msg }) => String(msg).includes('format nginx-json'))).toBe(true);
  expect(lines.at(-1)).toMatchObject({ msg: 'done', events: 40, stopped: false });
  expect(stdout).toContain('40 events');
});
