import { hashString } from '../core/hash.ts';

/** First match names the agent's family. Order matters: browsers name the ones that they descend from. */
const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['wechat', /MicroMessenger/i],
  ['alipay', /AlipayClient/i],
  ['dingtalk', /DingTalk/i],
  ['qq', /\bQQ\//],
  ['weibo', /Weibo/i],
  ['facebook', /FBAN|FBAV/],
  ['instagram', /Instagram/],
  ['line', /\bLine\//],
  ['edge', /\bEdg(e|A|iOS)?\//],
  ['opera', /\bOPR\/|Opera/],
  ['samsung', /SamsungBrowser/],
  ['ucbrowser', /UCBrowser/i],
  ['yandex', /YaBrowser/],
  ['huawei', /HuaweiBrowser/],
  ['miui', /MiuiBrowser/],
  ['vivaldi', /Vivaldi/],
  ['firefox', /Firefox\/|FxiOS/],
  ['chrome', /Chrome\/|CriOS|Chromium/],
  ['safari', /Version\/[\d.]+.*Safari\//],
  ['ie', /MSIE |Trident\//],
  ['webkit', /AppleWebKit/],
  ['okhttp', /okhttp/i],
  ['cfnetwork', /CFNetwork/],
  ['dalvik', /Dalvik\//],
];
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['ios', /iPhone|iPad|iPod|CFNetwork/],
  ['harmony', /HarmonyOS|OpenHarmony/],
  ['android', /Android|Dalvik|okhttp/i],
  ['windows', /Windows/],
  ['mac', /Macintosh|Mac OS X|Darwin/],
  ['chromeos', /CrOS/],
  ['linux', /Linux|X11/],
];
/** Agents that say they are no person's browser or app: crawlers, libraries, tools, scanners. */
const ROBOT =
  /(?<!cu)bot\b|(?<!cu)bot[/;_ ]|crawl|spider|slurp|\+https?:|archiver|feed(fetcher|burner|ly)|facebookexternalhit|linkpreview|monitoring|uptime|pingdom|blackbox|health-?check|curl\/|wget|python|aiohttp|httpx|scrapy|go-http-client|java\/|apache-httpclient|httpclient|libwww|lwp|perl|ruby|php\/|guzzle|node-fetch|axios|undici|got \(|postman|insomnia|httpie|headless|phantomjs|selenium|puppeteer|playwright|masscan|nmap|nikto|sqlmap|zgrab|nuclei|gobuster|dirbuster|ffuf|wpscan|hydra|jmeter|gatling|k6\/|locust|wrk|apachebench|vegeta|rest-client|kube-probe|prometheus|elb-healthchecker/i;

/** Traits of the client program: `hash` of its family and system (0 without an agent), and whether it says it is automatic. */
export interface DeviceTraits {
  hash: number;
  robot: boolean;
}

/** Traits of a User-Agent text. Versions are left out on purpose: an update is no new device. */
export function deviceOf(agent: string): DeviceTraits {
  if (agent === '' || agent === '-') return { hash: 0, robot: false };
  const robot = ROBOT.test(agent);
  let family = FAMILIES.find(([, pattern]) => pattern.test(agent))?.[0];
  if (family === undefined || robot)
    family = /^[^\s/(;]{1,40}/.exec(/\b([\w-]*bot)\b/i.exec(agent)?.[1] ?? agent)?.[0].toLowerCase() ?? 'other';
  const system = SYSTEMS.find(([, pattern]) => pattern.test(agent))?.[0] ?? 'other';
  return { hash: hashString(`${family}/${system}`) || 1, robot };
}
