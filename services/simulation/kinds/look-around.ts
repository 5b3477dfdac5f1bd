import type { Person } from '../people.ts';
import type { Random } from '../random.ts';
import type { Visit } from '../visit.ts';

/** What someone who has got into an account looks at first, by what the tenant has. */
export function lookAround(visit: Visit, random: Random, person: Person): void {
  const { api } = visit.world;
  visit.call(api.get('profile'));
  visit.think(0.5);
  if (api.find('mine0') !== undefined) {
    visit.call(api.get(`mine${random.int(visit.world.count('mine'))}`));
    return;
  }
  const home = api.find('dashboard');
  if (home !== undefined) visit.call(home);
  visit.call(api.get(`list${person.seed % visit.world.count('list')}`));
}
