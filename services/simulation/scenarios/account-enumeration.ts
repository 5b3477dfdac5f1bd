import { HOUR } from '../../core/watermark.ts';
import { askWhether } from '../kinds/lookup.ts';
import { phoneNumber } from '../people.ts';
import { candidates, crowd, device, Script, scaled } from '../script.ts';
import type { Scenario, Setting, Strand } from '../strand.ts';
import { drawWays, lasting } from './crowd-ways.ts';

/** The values that are asked for: made up, in runs of neighbours, or from a leak of which many are customers. */
function drawValues(setting: Setting): (i: number) => { phone: string; known: boolean } {
  const { random, world } = setting;
  const known = candidates(setting, () => true);
  const style = random.pick(['made up', 'runs', 'leak'] as const);
  const hits = style === 'leak' ? random.range(0.2, 0.7) : 0.06;
  const base = random.word();
  return (i) => {
    if (style === 'runs') {
      const head = phoneNumber(world.plan.country, base + Math.floor(i / 400)).slice(0, -4);
      return { phone: head + String(i % 10_000).padStart(4, '0'), known: random.chance(0.03) };
    }
    return random.chance(hits) ? { phone: random.pick(known).phone, known: true } : { phone: world.unknownPhone(random), known: false };
  };
}

/** A few dozen clients ask again and again, within hours. */
function byFew(setting: Setting, script: Script): void {
  const { random, world } = setting;
  const foreign = random.range(0, 0.3);
  const sources = Array.from({ length: scaled(setting, random.between(4, 40), 1) }, () => ({
    address: world.networks.residential(random, foreign),
    device: device(setting),
  }));
  const asks = scaled(setting, random.between(700, 2500), 30);
  const span = random.range(1, 10) * HOUR;
  const value = drawValues(setting);
  const asker = world.lookup.open
    ? undefined
    : random.sample(
        candidates(setting, (one) => one.role !== 'service' && one.weight < 1),
        sources.length,
      );
  for (let i = 0; i < asks; i++) {
    const source = sources[i % sources.length];
    const account = asker === undefined ? '' : asker[i % asker.length].name;
    const visit = script.visit({ at: setting.at + ((i + random.next()) / asks) * span, account, ...source });
    const { phone, known } = value(i);
    askWhether(visit, phone, known);
  }
}

/** Thousands ask for one to three values each, for days; where the lookup wants an account, a crowd of captured or own accounts. */
function byMany(setting: Setting, script: Script): void {
  const { random, world } = setting;
  const ways = drawWays(setting);
  const span = lasting(setting, 1, 3);
  const value = drawValues(setting);
  const asks = scaled(setting, crowd(setting, 0.8, 700, 2500), 30);
  const each = random.range(1, 3);
  const accounts = world.lookup.open
    ? []
    : random.sample(
        candidates(setting, (one) => one.role !== 'service' && one.weight < 1),
        Math.max(1, Math.ceil(Math.min(200, asks / random.between(4, 12)))),
      );
  for (let i = 0; i < asks; ) {
    const visit = script.visit({
      at: ways.moment(setting.at, setting.at + span),
      account: accounts.length > 0 ? random.pick(accounts).name : '',
      address: ways.address(),
      device: ways.device(),
    });
    for (let n = random.geometric(each); n > 0; n--, i++) {
      const { phone, known } = value(i);
      askWhether(visit, phone, known);
      visit.think();
    }
  }
}

/** "Is this phone registered?", "find this customer", asked for many values by callers who do nothing else. */
export const accountEnumeration: Scenario = {
  number: 3,
  name: 'account_enumeration',
  title: 'account enumeration: "is this phone registered" for many values',
  kinds: ['consumer', 'partners', 'office'],
  days: 1,
  span: 2,
  portal: true,
  begin(setting): Strand {
    const script = new Script(setting);
    if (setting.slow || setting.random.chance(0.5)) byMany(setting, script);
    else byFew(setting, script);
    return script.campaign({ number: 3, name: 'account_enumeration', about: ['check'], targets: true });
  },
};
