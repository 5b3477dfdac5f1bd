import Bowser from 'bowser';
import { hashString } from '../../core/hash.ts';
import { crawlerOf } from './crawlers.ts';

/**
 * Programs that the parser does not tell apart, or takes for the browser inside them: the first match names the family.
 * Apps that bring a browser along, browsers of phone makers, libraries of apps.
 */
const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['wechat', /MicroMessenger/i],
  ['alipay', /AlipayClient/i],
  ['dingtalk', /DingTalk/i],
  ['feishu', /\b(?:Lark|Feishu)\//],
  ['qq', /\bQQ\//],
  ['weibo', /Weibo/i],
  ['douyin', /aweme|BytedanceWebview|musical_ly/i],
  ['taobao', /AliApp\(TB|Taobao/i],
  ['facebook', /FBAN|FBAV/],
  ['instagram', /Instagram/],
  ['line', /\bLine\//],
  ['huawei', /HuaweiBrowser/],
  ['miui', /MiuiBrowser/],
  ['okhttp', /okhttp/i],
  ['cfnetwork', /CFNetwork/],
  ['dalvik', /^Dalvik\//],
];
/** Systems that libraries and apps name in their own way, or not at all. */
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['ios', /iPhone|iPad|iPod|CFNetwork/],
  ['harmonyos', /HarmonyOS|OpenHarmony/],
  ['android', /Android|Dalvik|okhttp/i],
  ['windows', /Windows/],
  ['macos', /Macintosh|Mac OS X|Darwin/],
  ['chrome os', /CrOS/],
  ['linux', /Linux|X11/],
];
/** Agents that say they are no person's browser or app: crawlers, libraries, tools, scanners. */
const ROBOT =
  /(?<!cu)bot\b|(?<!cu)bot[/;_ ]|crawl|spider|slurp|\+https?:|archiver|feed(fetcher|burner|ly)|facebookexternalhit|linkpreview|monitoring|uptime|pingdom|blackbox|health-?check|curl\/|wget|python|aiohttp|httpx|scrapy|go-http-client|java\/|apache-httpclient|httpclient|libwww|lwp|perl|ruby|php\/|guzzle|node-fetch|axios|undici|got \(|postman|insomnia|httpie|headless|phantomjs|selenium|puppeteer|playwright|masscan|nmap|nikto|sqlmap|zgrab|nuclei|gobuster|dirbuster|ffuf|wpscan|hydra|jmeter|gatling|k6\/|locust|wrk|apachebench|vegeta|rest-client|kube-probe|prometheus|elb-healthchecker/i;
/** What browsers begin with; nothing else is a browser that the parser knows. */
const BROWSER = /^(?:Mozilla|Opera)\/\d/;
/** Version numbers, of programs and systems alike. */
const VERSION = /\d+(?:[._]\d+)*/g;
/** A parse costs some 50 µs where the rest costs one: agents that differ in versions only are parsed once. */
const MOST_PARSED = 1 << 12;
/** Signs of an agent that the parser is given: browsers say what they are well before, and time grows with length. */
const PARSED_SIGNS = 256;

/** Traits of the client program. */
export interface DeviceTraits {
  /** of family, system and class; 0 without an agent */
  hash: number;
  /** it says that it is automatic */
  robot: boolean;
  /** it says that it is a person's browser, or an app with one in it */
  browser: boolean;
  /** which crawler it says it is (crawlers.ts), 0 for none */
  crawler: number;
  /** program: a browser, an app with a browser in it, a library; lower case */
  family: string;
  /** operating system, lower case; `other` where it is not said */
  system: string;
  /** desktop, mobile, tablet, tv, bot; `other` where it is not said */
  kind: string;
}

const NO_DEVICE: DeviceTraits = { hash: 0, robot: false, browser: false, crawler: 0, family: '', system: '', kind: '' };

/**
 * Traits of User-Agent texts. Versions are left out on purpose: an update is no new device, and what an agent is taken
 * for does not hang on them.
 */
export class DeviceReader {
  private readonly parsed = new Map<string, Pick<DeviceTraits, 'family' | 'system' | 'kind'>>();

  read(agent: string): DeviceTraits {
    if (agent === '' || agent === '-') return NO_DEVICE;
    const crawler = crawlerOf(agent);
    const robot = crawler !== 0 || ROBOT.test(agent);
    const browser = robot ? undefined : this.browserOf(agent);
    let family = FAMILIES.find(([, pattern]) => pattern.test(agent))?.[0] ?? browser?.family ?? '';
    if (family === '' || robot) family = nameOf(agent);
    const system = SYSTEMS.find(([, pattern]) => pattern.test(agent))?.[0] ?? browser?.system ?? 'other';
    const kind = robot ? 'bot' : (browser?.kind ?? 'other');
    return { hash: hashString(`${family}/${system}/${kind}`) || 1, robot, browser: browser !== undefined, crawler, family, system, kind };
  }

  /** What the parser makes of a browser's agent, without its versions; undefined for what is none. */
  private browserOf(agent: string): Pick<DeviceTraits, 'family' | 'system' | 'kind'> | undefined {
    if (!BROWSER.test(agent)) return undefined;
    const plain = agent.replace(VERSION, '10.0').slice(0, PARSED_SIGNS);
    let known = this.parsed.get(plain);
    if (known !== undefined) return known;
    const { browser, os, platform } = Bowser.parse(plain);
    known = {
      family: (browser.name ?? '').toLowerCase(),
      system: os.name?.toLowerCase() ?? 'other',
      kind: platform.type ?? 'other',
    };
    if (this.parsed.size === MOST_PARSED) this.parsed.clear();
    this.parsed.set(plain, known);
    return known;
  }
}

/** The name that a program gives itself: of a crawler in its agent, else what the agent begins with. */
function nameOf(agent: string): string {
  const name = /\b([\w-]*bot)\b/i.exec(agent)?.[1] ?? agent;
  return /^[^\s/(;]{1,40}/.exec(name)?.[0].toLowerCase() ?? 'other';
}
