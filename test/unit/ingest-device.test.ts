import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceReader } from '../../services/ingest/traits/device.ts';

const reader = new DeviceReader();
const shown = (agent: string): string => {
  const { family, system, kind, robot } = reader.read(agent);
  return `${family} / ${system} / ${kind}${robot ? ' (robot)' : ''}`;
};

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.130 Safari/537.36';
const BROWSERS = [
  [CHROME, 'chrome / windows / desktop'],
  [CHROME.replace(' Safari', ' Edg/120.0.2210.91 Safari'), 'microsoft edge / windows / desktop'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0', 'firefox / linux / desktop'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15',
    'safari / macos / desktop',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1',
    'safari / ios / mobile',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
    'safari / ios / tablet',
  ],
  [
    'Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Mobile Safari/537.36',
    'chrome / android / mobile',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/22.0 Chrome/111.0.5563.116 Mobile Safari/537.36',
    'samsung internet for android / android / mobile',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.44(0x18002c2f) NetType/WIFI Language/zh_CN',
    'wechat / ios / mobile',
  ],
  [
    'Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile',
    'chrome / harmonyos / mobile',
  ],
] as const;

describe('devices', () => {
  test.each(BROWSERS)('%s', (agent, expected) => {
    expect(shown(agent)).toBe(expected);
  });

  test.each([
    ['okhttp/4.12.0', 'okhttp / android / other'],
    ['ShopApp/3.2 CFNetwork/1410.0.3 Darwin/22.6.0', 'cfnetwork / ios / other'],
    ['Dalvik/2.1.0 (Linux; U; Android 11; Redmi Note 8)', 'dalvik / android / other'],
    ['Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/91.0 Mobile Safari/537.36', 'chrome / android / mobile'],
    ['curl/8.4.0', 'curl / other / bot (robot)'],
    ['python-requests/2.31.0', 'python-requests / other / bot (robot)'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'googlebot / other / bot (robot)'],
    ['Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)', 'mozilla / other / bot (robot)'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0 Safari/537.36',
      'mozilla / linux / bot (robot)',
    ],
    ['sqlmap/1.7.2#stable (https://sqlmap.org)', 'sqlmap / other / bot (robot)'],
  ])('%s', (agent, expected) => {
    expect(shown(agent)).toBe(expected);
  });

  test('nothing is no device', () => {
    expect(reader.read('').hash).toBe(0);
    expect(reader.read('-').hash).toBe(0);
  });

  test('are told apart', () => {
    const hashes = new Set(BROWSERS.map(([agent]) => reader.read(agent).hash));
    expect(hashes.size).toBe(BROWSERS.length);
  });

  test('stay the same over updates of the program and of the system', () => {
    const agent = fc.constantFrom(...BROWSERS.map(([text]) => text));
    const version = fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(agent, version, (text, newer) => {
        // every program/1.2.3 in it moves on at once
        const updated = text.replace(/\/\d+(\.\d+)+/g, `/${newer}`).replace(/OS (\d+)_(\d+)/, 'OS 19_7');
        expect(new DeviceReader().read(updated)).toEqual(reader.read(text));
      }),
      { numRuns: 200 },
    );
  });

  test('any text is read, the same each time', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 512 }),
          fc.string({ maxLength: 400 }).map((text) => `Mozilla/5.0 (${text}`),
        ),
        (text) => {
          expect(new DeviceReader().read(text)).toEqual(reader.read(text));
        },
      ),
      { numRuns: 300 },
    );
  });
});
