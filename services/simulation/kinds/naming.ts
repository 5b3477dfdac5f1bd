import type { Random } from '../random.ts';

/** How a tenant writes its paths. */
export interface Naming {
  prefix: string;
  rest: boolean;
  /** joins words: kebab, snake, camel */
  join(words: string[]): string;
}

const PREFIXES = [
  '/api/v1',
  '/api/v2',
  '/v1',
  '/v2',
  '/v3',
  '/app/v1',
  '/rest',
  '/api',
  '/mall/api',
  '/gateway/api',
  '/m/v4',
  '/service',
  '/openapi/v1',
  '/web/api',
];

export function drawNaming(random: Random): Naming {
  const style = random.int(3);
  return {
    prefix: random.pick(PREFIXES),
    rest: random.chance(0.65),
    join: (words) =>
      style === 0
        ? words.join('-')
        : style === 1
          ? words.join('_')
          : words.map((word, i) => (i === 0 ? word : word[0].toUpperCase() + word.slice(1))).join(''),
  };
}

const ASPECTS = [
  'summary',
  'status',
  'options',
  'history',
  'stats',
  'settings',
  'preview',
  'attachments',
  'labels',
  'tags',
  'timeline',
  'filters',
  'availability',
  'rating',
  'share',
  'badge',
  'banner',
  'layout',
  'meta',
  'related',
  'counts',
  'activity',
  'draft',
  'menu',
  'hints',
  'themes',
  'limits',
  'reasons',
  'regions',
  'calendar',
  'rules',
  'notes',
  'widgets',
  'topics',
  'tips',
  'templates',
];
const AREAS = [
  'app',
  'site',
  'ui',
  'content',
  'support',
  'geo',
  'campaign',
  'survey',
  'feedback',
  'help',
  'store',
  'delivery',
  'wallet',
  'message',
  'push',
  'media',
  'board',
  'team',
  'report',
  'task',
  'plan',
  'document',
  'catalog',
  'channel',
  'partner',
  'billing',
  'tax',
  'quality',
  'stock',
  'audit',
];

/** `count` different names of rarely used interfaces, as two words. */
export function tailNames(random: Random, count: number): [string, string][] {
  const all: [string, string][] = [];
  for (const area of AREAS) for (const aspect of ASPECTS) all.push([area, aspect]);
  return random.sample(all, count);
}
