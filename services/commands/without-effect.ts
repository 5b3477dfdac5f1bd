import type { Config } from '../../schemas/config.ts';

/** Parts of a config that are checked but that this version does nothing with, one sentence each. `live`: for `weir serve` and `weir doctor`, which know live sources. */
export function withoutEffect(config: Config, live = false): string[] {
  const idle: string[] = [];
  for (const source of config.sources)
    if (source.kafka !== undefined && !live) idle.push(`source ${source.name}: kafka (weir serve reads it)`);
  for (const source of config.sources)
    if (source.http !== undefined && !live) idle.push(`source ${source.name}: http (weir serve takes it)`);
  if (config.alerts.webhooks.length > 0) idle.push('alerts.webhooks (this version writes alerts to the store, files and stdout)');
  for (const [name, { peers }] of Object.entries(config.tenants))
    if (Object.keys(peers).length > 0) idle.push(`tenant ${name}: peers (peer groups of one's own are not used yet)`);
  return idle;
}
