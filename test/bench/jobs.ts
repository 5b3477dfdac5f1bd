import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import chdb from 'chdb';
import { parseConfig } from '../../services/commands/config.ts';
import { runDetect } from '../../services/commands/run-detect.ts';

/**
 * The jobs of the bench, one a process: `node jobs.js NAME JSON`. Prints one JSON line with the process's own CPU
 * seconds, peak memory and the job's result.
 */
const JOBS: Record<string, (argument: never) => Promise<unknown>> = { weir, parse, sql };

/** The whole job on all logs of a folder: parse, windows, scores, alerts, stored. */
async function weir({ folder, data, workers }: { folder: string; data: string; workers?: number }): Promise<unknown> {
  const logs = logsIn(folder);
  const text = `sources:\n${logs.map((name) => `  - { name: ${name}, tenant: ${name.replace('.log', '')}, format: nginx-json, files: [ ${join(folder, name)} ] }\n`).join('')}`;
  const config = parseConfig(text, 'bench', folder, process.env);
  const { runs, ledger } = await runDetect({ files: [], config, data, workers });
  const read = ledger.filter(({ fate }) => fate === 'read').reduce((sum, { count }) => sum + count, 0);
  return { events: read, alerts: runs.reduce((sum, run) => sum + run.alerts, 0) };
}

/** Yardstick: JSON.parse of every line and nothing else, one thread. */
async function parse({ folder }: { folder: string }): Promise<unknown> {
  let events = 0;
  let statuses = 0;
  for (const name of logsIn(folder)) {
    const bytes = readFileSync(join(folder, name));
    for (let at = 0; at < bytes.length; ) {
      const feed = bytes.indexOf(10, at);
      const end = feed < 0 ? bytes.length : feed;
      statuses += (JSON.parse(bytes.toString('utf8', at, end)) as { status: number }).status;
      events++;
      at = end + 1;
    }
  }
  return { events, statuses };
}

/** Yardstick: ClickHouse's own SQL computing the minute windows of accounts and interfaces from the same files, in memory. */
async function sql({ folder }: { folder: string }): Promise<unknown> {
  const columns =
    'msec String, request_method String, http_host String, request_uri String, status UInt16, body_bytes_sent UInt64, request_time String, http_x_consumer_id String';
  const text = `
    SELECT count() AS windows, sumIf(n, account != '') AS events FROM (
      SELECT tenant, account, interface, minute, count() AS n, countIf(status >= 400) AS errors, countIf(status >= 500) AS server_errors,
             sum(body_bytes_sent) AS bytes_out, sum(duration) AS duration_ms
      FROM (
        SELECT _file AS tenant, http_x_consumer_id AS account, status, body_bytes_sent,
               concat(request_method, ' ', http_host, replaceRegexpAll(cutQueryString(request_uri), '/[0-9]+', '/{id}')) AS interface,
               intDiv(toUInt64(toFloat64(msec)), 60) AS minute, toUInt64(toFloat64(request_time) * 1000) AS duration
        FROM file('${join(folder, '*.log')}', 'JSONEachRow', '${columns}')
      )
      GROUP BY GROUPING SETS ((tenant, account, minute), (tenant, interface, minute))
    ) SETTINGS input_format_skip_unknown_fields = 1`;
  const [windows, events] = chdb.query(text, 'TSV').trim().split('\t').map(Number);
  return { windows, events };
}

/**
 * Highest resident bytes of this process. The kernel's ru_maxrss would not do: a child starts with what its parent had
 * when it was forked.
 */
function peakMemory(): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (peak !== null) return Number(peak[1]) * 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * 1024;
}

function logsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
}

const [name, argument] = process.argv.slice(2);
const result = await JOBS[name](JSON.parse(argument) as never);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ cpu: (user + system) / 1e6, peak: peakMemory(), result }));
process.exit(0);
