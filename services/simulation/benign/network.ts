import { DAY, HOUR } from '../../core/watermark.ts';
import { connect, estate } from '../kinds/network.ts';
import { middle, Script } from '../script.ts';
import type { HardNegative } from '../strand.ts';

/** A backup server copies from all servers every night. */
export const backup: HardNegative = {
  name: 'backup',
  title: 'a nightly backup that talks to every server',
  kinds: ['network'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const place = estate(world);
    const from = `10.${(world.seed % 200) + 1}.206.9`;
    const hour = random.pick([0, 1, 2, 3]);
    for (let day = -1; day <= world.plan.days; day++) {
      const at = world.calendar.midnight(world.plan.start, day) + hour * HOUR;
      for (const server of [...place.databases, ...place.files, ...place.web]) {
        connect(world, script.emit, {
          at: at + random.int(HOUR),
          from,
          to: { ...server, port: 873, service: '-' },
          random,
          state: 'SF',
          answered: random.lognormal(80_000_000, 0.5),
          sent: 40_000,
          duration: random.lognormal(300_000, 0.5),
        });
      }
    }
    return script.note('backup');
  },
};

/** Monitoring asks every server every minute. */
export const monitoring: HardNegative = {
  name: 'monitoring',
  title: 'monitoring that asks every server every minute',
  kinds: ['network'],
  days: 1,
  span: 0,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const place = estate(world);
    const from = `10.${(world.seed % 200) + 1}.206.5`;
    const servers = [...place.databases, ...place.files, ...place.web].slice(0, 6);
    const period = random.pick([60_000, 120_000, 300_000]);
    for (let at = world.plan.start; at < world.plan.start + world.plan.days * DAY; at += period) {
      for (const server of servers)
        connect(world, script.emit, {
          at: at + random.int(900),
          from,
          to: server,
          random,
          state: 'SF',
          sent: 120,
          answered: 300,
          duration: 15,
        });
    }
    return script.note('monitoring');
  },
};

/** Somebody sends a large file to a known service abroad. */
export const largeUpload: HardNegative = {
  name: 'large_upload',
  title: 'a large upload to a service that everybody uses',
  kinds: ['network'],
  days: 1,
  span: 0.3,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting, true);
    const to = estate(world).outside[0];
    const from = middle(setting, () => true).name;
    for (let n = random.between(1, 3); n > 0; n--)
      connect(world, script.emit, {
        at: setting.at + random.int(2 * HOUR),
        from,
        to,
        random,
        state: 'SF',
        sent: random.lognormal(30_000_000, 0.6),
        duration: random.lognormal(40_000, 0.5),
      });
    return script.note('large_upload');
  },
};
