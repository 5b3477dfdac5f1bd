import { HOUR } from '../../core/watermark.ts';
import { candidates, localHour, middle, Script, scaled } from '../script.ts';
import type { Scenario } from '../strand.ts';

/** A person or a service account takes much at an hour when it never works. */
export const bulkExport: Scenario = {
  number: 12,
  name: 'bulk_export',
  title: 'bulk export at an odd hour',
  kinds: ['office'],
  days: 2,
  span: 1,
  begin(setting) {
    const { random, world } = setting;
    const script = new Script(setting);
    const services = candidates(setting, (person) => person.role === 'service');
    const taker =
      services.length > 0 && random.chance(0.25) ? random.pick(services) : middle(setting, (person) => person.role === 'employee');
    const i = random.int(world.count('list'));
    const at = localHour(setting, setting.at, random.pick([21, 22, 23, 0, 1, 2, 3, 4])) + random.int(HOUR / 2);
    const address = taker.role === 'service' ? world.serverAddress(taker.serial) : world.addressOf(taker, at, random.next());
    const visit = script.visit({
      at: Math.min(at, setting.end - 4 * HOUR),
      account: taker.name,
      address,
      device: taker.devices[0],
      pace: 0.15,
    });
    if (taker.role === 'employee') visit.signIn(taker.name, taker.login, true);
    visit.account = taker.name;
    const contact = world.api.find(`contact${i}`) ?? world.api.get('contact0');
    const key = world.api.find(`contact${i}`) === undefined ? 'contact0' : `contact${i}`;
    for (let n = scaled(setting, random.between(8, 30), 2); n > 0; n--) {
      visit.call(world.api.get(`export${i}`), { query: `format=${random.pick(['xlsx', 'csv'])}` });
      visit.think();
    }
    for (let n = scaled(setting, random.between(250, 900), 20); n > 0; n--) {
      visit.call(contact, { index: random.int(world.space('records0').count) });
      visit.think(0.5);
    }
    return script.campaign({ number: 12, name: 'bulk_export', about: [`export${i}`, key], sources: false });
  },
};
