/**
 * Values of path parameters by kind: what stands in a path where a document says `{name}`. Every kind has a pool of
 * values of a size that is usual for it; which are popular is the caller's business.
 */

/** Random words of one kind: uniform in [0, 1). */
export type Draw = () => number;

const list = (text: string): string[] => text.split(' ');

const FIRST = list(
  'alice bob carol dave erin frank grace heidi ivan judy kevin laura mallory nina oscar peggy quentin rupert sybil trent ursula victor wendy xavier yvonne zach maria jose ahmed fatima yuki kenji olga sergey pierre claire hans greta lars ingrid paolo giulia wei ming hua jing tariq noor priya arjun chidi amara kwame zola diego lucia mateo sofia liam emma noah mia lucas ella',
);
const LAST = list(
  'smith jones brown taylor wilson davies evans thomas johnson roberts walker wright robinson thompson white hughes edwards green hall wood harris clarke garcia martinez lopez silva santos rossi ferrari muller schmidt weber wagner becker novak kowalski ivanov petrov tanaka suzuki kim park nguyen tran patel singh khan ali hassan okafor mensah chen wang zhang liu yang huang zhao wu',
);
const SURNAMES = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗';
const GIVEN = '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文辉玲红玉';
const GOODS_A = list('华为 小米 苹果 联想 海尔 格力 美的 戴森 索尼 三星 李宁 安踏 波司登 蒙牛 农夫');
const GOODS_B = list('手机 电视 空调 冰箱 洗衣机 耳机 平板 跑鞋 羽绒服 牛奶 吹风机 键盘 显示器 净水器 充电宝');
const CN_CITIES = list(
  '北京 上海 广州 深圳 杭州 成都 武汉 西安 南京 苏州 天津 重庆 长沙 郑州 青岛 大连 宁波 厦门 福州 济南 合肥 昆明 沈阳 哈尔滨 长春 石家庄 太原 南宁 贵阳 兰州',
);
const NOUNS = list(
  'shoe lamp chair river stone cloud garden bridge window bottle camera guitar jacket basket mirror ladder hammer pillow blanket candle rocket planet forest desert island harbor castle tower engine wheel market kitchen village winter summer shadow dragon tiger falcon salmon pepper ginger coffee butter silver copper velvet cotton marble canyon valley meadow orchard lantern compass anchor saddle violin trumpet puzzle ribbon thunder blossom feather pebble',
);
const ADJECTIVES = list(
  'red blue green quick silent golden hidden modern ancient bright gentle frozen broken hollow lonely narrow simple secret sunny stormy tiny vast wild young crisp dusty eager fancy humble jolly',
);
const TAGS = list(
  'javascript python rust golang music travel food fitness photography gaming design startup finance health fashion art cinema books history nature science football cooking diy gardening parenting pets cars politics space crypto design-systems machine-learning webdev linux security android ios cloud data opensource jazz rock classical hiphop electronic folk metal indie blues reggae soul country latin ambient',
);
const CITIES = list(
  'london paris berlin madrid rome vienna prague warsaw budapest lisbon dublin oslo stockholm helsinki copenhagen amsterdam brussels zurich geneva milan naples munich hamburg lyon marseille barcelona valencia porto athens istanbul moscow tokyo osaka kyoto seoul busan beijing shanghai shenzhen guangzhou hongkong taipei singapore bangkok hanoi manila jakarta mumbai delhi chennai karachi dubai cairo lagos nairobi johannesburg sydney melbourne perth auckland toronto montreal vancouver chicago boston seattle denver austin dallas houston miami atlanta new-york los-angeles san-francisco mexico-city buenos-aires sao-paulo rio-de-janeiro santiago bogota lima',
);
const COUNTRIES = list(
  'US CN DE FR GB JP IN BR CA AU ES IT NL SE NO DK FI PL CZ AT CH BE PT IE GR TR RU KR SG TH VN ID MY PH MX AR CL CO PE ZA EG NG KE AE SA IL NZ UA RO HU',
);
const CURRENCIES = list('USD EUR GBP JPY CNY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF TRY INR KRW SGD HKD THB MXN BRL ZAR RUB AED ILS');
const LANGUAGES = list('en de fr es it pt nl sv da fi pl cs ru uk tr ar he hi ja ko zh zh-CN zh-TW pt-BR en-GB en-US vi th id');
const STATES = list('AL AK AZ CA CO CT FL GA HI IL IN KS KY LA MA MD MI MN MO MT NC NJ NM NV NY OH OR PA TN TX UT VA WA WI');
const AIRPORTS = list(
  'JFK LAX SFO ORD LHR CDG FRA AMS MAD BCN FCO ZRH VIE CPH ARN HEL PEK PVG CAN HKG NRT HND ICN SIN BKK DXB DOH SYD MEL GRU',
);
const AIRLINES = list('AA DL UA BA AF LH KL IB SK AY CA MU CZ CX JL NH KE SQ TG EK QR QF');
const ICAO = list('KJFK KLAX KSFO EGLL LFPG EDDF EHAM LEMD LIRF LSZH LOWW EKCH ESSA EFHK ZBAA ZSPD VHHH RJTT RKSI WSSS');
const TICKERS = list(
  'AAPL MSFT GOOG AMZN TSLA META NVDA NFLX INTC AMD IBM ORCL SAP BABA JD PDD TSM SONY TM V MA JPM BAC WFC KO PEP MCD NKE DIS BRK.B',
);
const COINS = list('btc eth sol ada dot doge ltc xrp bnb avax link uni atom algo');
const REGIONS = list('us-east-1 us-west-2 eu-central-1 eu-west-1 ap-southeast-1 ap-northeast-1 cn-north-1 sa-east-1 me-south-1 af-south-1');
const ZONES = REGIONS.flatMap((region) => [`${region}a`, `${region}b`]);
const LEAGUES = list(
  'premier-league la-liga bundesliga serie-a ligue-1 eredivisie mls j-league k-league csl championship super-lig primeira-liga',
);
const TZ_CITIES = list(
  'Berlin Paris London Madrid Rome Tokyo Shanghai Seoul New_York Los_Angeles Chicago Denver Cairo Lagos Sydney Perth Auckland Fiji Kolkata Dubai',
);
const FOODS = list(
  'tomato onion garlic carrot potato spinach broccoli chicken beef pork salmon tuna rice pasta bread cheese milk egg apple banana orange lemon basil thyme cumin tofu shrimp lentils oats honey',
);
const EMOJI = list('thumbsup heart fire tada eyes rocket 100 smile joy wave clap pray %F0%9F%91%8D %F0%9F%8E%89');
const LICENSES = list('mit apache-2.0 gpl-3.0 bsd-3-clause mpl-2.0 lgpl-2.1 unlicense isc');
const EXTENSIONS = list('pdf docx csv txt zip json xml md xlsx pptx tar.gz parquet log');
const FIELDS = list(
  'name email phone status notes owner region tier source score budget industry website birthday address gender language currency segment channel',
);

const B62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const B64 = `${B62}-_`;
const HEX = '0123456789abcdef';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PLATES = '京沪粤苏浙川鄂湘';

export function pick<T>(draw: Draw, values: ArrayLike<T>): T {
  return values[Math.floor(draw() * values.length)];
}
function int(draw: Draw, low: number, high: number): number {
  return low + Math.floor(draw() * (high - low + 1));
}
function chars(draw: Draw, alphabet: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += pick(draw, alphabet);
  return text;
}
const day = (draw: Draw): string => new Date(Date.UTC(2023, 0, 1) + int(draw, 0, 1400) * 86_400_000).toISOString().slice(0, 10);
const capital = (word: string): string => word[0].toUpperCase() + word.slice(1);

function username(draw: Draw): string {
  const first = pick(draw, FIRST);
  const last = pick(draw, LAST);
  switch (int(draw, 0, 9)) {
    case 0:
      return first;
    case 1:
      return `${first}.${last}`;
    case 2:
      return `${first}_${last}`;
    case 3:
      return `${first[0]}${last}`;
    case 4:
      return `${first}${int(draw, 1, 99)}`;
    case 5:
      return `${first}${capital(last)}`;
    case 6:
      return `${first}-${pick(draw, NOUNS)}`;
    case 7:
      return `${pick(draw, ADJECTIVES)}${pick(draw, NOUNS)}`;
    case 8:
      return `${last}${first}${int(draw, 1980, 2009)}`;
    default:
      return `${first}${last}`;
  }
}
function slug(draw: Draw, words: number): string {
  const parts = Array.from({ length: words }, (_, i) => pick(draw, i === words - 1 || draw() < 0.4 ? NOUNS : ADJECTIVES));
  return parts.join('-') + (draw() < 0.08 ? `-${int(draw, 2, 99)}` : '');
}
const octet = (draw: Draw): number => int(draw, 1, 254);

interface Kind {
  /** values in use; a pool from a short list has at most its length */
  size: number;
  make: (draw: Draw, index: number) => string;
}
const of = (values: readonly string[]): Kind => ({ size: values.length, make: (_, index) => values[index % values.length] });
const many = (size: number, make: Kind['make']): Kind => ({ size, make });

export const KINDS: Record<string, Kind> = {
  int: many(4000, (_, i) => String(1001 + i * 3)),
  long: many(3000, (draw) => chars(draw, '123456789', 1) + chars(draw, DIGITS, 15)),
  uuid: many(
    2000,
    (draw) => `${chars(draw, HEX, 8)}-${chars(draw, HEX, 4)}-4${chars(draw, HEX, 3)}-a${chars(draw, HEX, 3)}-${chars(draw, HEX, 12)}`,
  ),
  hex24: many(1500, (draw) => chars(draw, HEX, 24)),
  hex32: many(1500, (draw) => chars(draw, HEX, 32)),
  sha: many(1500, (draw) => chars(draw, HEX, draw() < 0.3 ? 7 : 40)),
  nano: many(1500, (draw) => chars(draw, B64, 21)),
  ulid: many(1500, (draw) => `01H${chars(draw, CROCKFORD, 23)}`),
  cuid: many(1500, (draw) => `c${chars(draw, LOWER + DIGITS, 24)}`),
  b62: many(3000, (draw) => chars(draw, B62, 22)),
  b64: many(2000, (draw) => chars(draw, B64, 32)),
  code6: many(2000, (draw) => chars(draw, B62, 6)),
  snow: many(3000, (draw) => `1${chars(draw, DIGITS, 17)}`),
  cus: many(800, (draw) => `cus_${chars(draw, B62, 14)}`),
  ch: many(1500, (draw) => `ch_${chars(draw, B62, 24)}`),
  pi: many(1500, (draw) => `pi_${chars(draw, B62, 24)}`),
  re: many(500, (draw) => `re_${chars(draw, B62, 24)}`),
  in: many(900, (draw) => `in_${chars(draw, B62, 24)}`),
  sub: many(600, (draw) => `sub_${chars(draw, B62, 14)}`),
  we: many(40, (draw) => `we_${chars(draw, B62, 24)}`),
  coupon: many(60, (draw) => `${pick(draw, ADJECTIVES).toUpperCase()}${int(draw, 5, 50)}OFF`),
  ord: many(2500, (draw) => `${draw() < 0.5 ? 'ord' : 'ord'}_${chars(draw, B62, 4 + (draw() < 0.3 ? 2 : 0))}`),
  op: many(800, (draw) => `operation-${int(draw, 10 ** 12, 10 ** 12 + 10 ** 9)}-${chars(draw, HEX, 8)}`),
  user: many(600, username),
  person: many(300, (draw) =>
    draw() < 0.5
      ? `${capital(pick(draw, FIRST))}%20${capital(pick(draw, LAST))}`
      : `${capital(pick(draw, FIRST))}+${capital(pick(draw, LAST))}`,
  ),
  repo: many(
    400,
    (draw) =>
      (draw() < 0.4 ? pick(draw, NOUNS) : `${pick(draw, ADJECTIVES)}-${pick(draw, NOUNS)}`) +
      (draw() < 0.15 ? pick(draw, ['js', '.js', '-go', '2', '-api']) : ''),
  ),
  branch: many(
    60,
    (draw, i) =>
      ['main', 'develop', 'master', 'staging'][i] ??
      `${pick(draw, ['feature', 'fix', 'release', 'dependabot'])}-${pick(draw, NOUNS)}-${int(draw, 1, 400)}`,
  ),
  pkg: many(300, (draw) =>
    draw() < 0.2
      ? `@${pick(draw, NOUNS)}%2F${pick(draw, NOUNS)}`
      : draw() < 0.5
        ? `${pick(draw, NOUNS)}-${pick(draw, ['loader', 'parser', 'client', 'utils', 'core', 'cli'])}`
        : pick(draw, NOUNS),
  ),
  proj: many(60, (draw) => `${pick(draw, ADJECTIVES)}-${pick(draw, NOUNS)}-${int(draw, 100, 999)}`),
  projpath: many(150, (draw) => (draw() < 0.4 ? String(int(draw, 10, 9000)) : `${pick(draw, NOUNS)}%2F${pick(draw, NOUNS)}`)),
  vm: many(
    80,
    (draw) =>
      (draw() < 0.5 ? `${pick(draw, NOUNS)}` : `${pick(draw, ADJECTIVES)}-${pick(draw, NOUNS)}`) +
      (draw() < 0.2 ? `-${int(draw, 1, 20)}` : ''),
  ),
  pod: many(
    600,
    (draw) => `${pick(draw, NOUNS)}-${chars(draw, 'bcdfghjklmnpqrstvwxz2456789', 10)}-${chars(draw, 'bcdfghjklmnpqrstvwxz2456789', 5)}`,
  ),
  bucket: many(60, (draw) => `${pick(draw, NOUNS)}-${pick(draw, ['backup', 'media', 'logs', 'assets', 'raw'])}`),
  file: many(
    1500,
    (draw) =>
      `${pick(draw, ['report', 'invoice', 'photo', 'scan', 'export', 'notes', 'backup'])}${pick(draw, ['-', '_', ''])}${draw() < 0.6 ? int(draw, 1, 9999) : pick(draw, NOUNS)}.${pick(draw, EXTENSIONS)}`,
  ),
  fileupper: many(400, (draw) => `File:${capital(pick(draw, NOUNS))}_${pick(draw, NOUNS)}.${pick(draw, ['jpg', 'png', 'svg'])}`),
  wikititle: many(
    900,
    (draw) =>
      (draw() < 0.4 ? capital(pick(draw, NOUNS)) : `${capital(pick(draw, ADJECTIVES))}_${pick(draw, NOUNS)}`) +
      (draw() < 0.15 ? `_(${pick(draw, ['band', 'film', 'novel'])})` : draw() < 0.1 ? `%C3%A9` : ''),
  ),
  slug: many(500, (draw) => slug(draw, int(draw, 3, 6))),
  slug3: many(250, (draw) => slug(draw, int(draw, 2, 4))),
  slug2: many(120, (draw) => slug(draw, int(draw, 1, 2))),
  word: many(1200, (draw) =>
    draw() < 0.5 ? pick(draw, NOUNS) : pick(draw, NOUNS) + pick(draw, ['s', 'less', 'ful', 'y', 'like', 'ing', 'er']),
  ),
  tag: of(TAGS),
  food: of(FOODS),
  city: of(CITIES),
  tzcity: of(TZ_CITIES),
  zhcity: of(CN_CITIES.map((city) => encodeURIComponent(city))),
  zh: many(300, (draw) => encodeURIComponent(pick(draw, SURNAMES) + pick(draw, GIVEN) + (draw() < 0.6 ? pick(draw, GIVEN) : ''))),
  zhgoods: many(150, (draw) => encodeURIComponent(pick(draw, GOODS_A) + pick(draw, GOODS_B))),
  prov: of(list('110000 120000 130000 310000 320000 330000 440000 510000')),
  country: of(COUNTRIES),
  iso2: many(120, (draw) => `${pick(draw, COUNTRIES)}-${chars(draw, UPPER, 2)}`),
  usstate: of(STATES),
  cur: of(CURRENCIES),
  pair: many(60, (draw) => pick(draw, CURRENCIES) + pick(draw, CURRENCIES)),
  lang: of(LANGUAGES),
  region: of(REGIONS),
  zone: of(ZONES),
  iata: of(AIRPORTS),
  icao: of(ICAO),
  airline: of(AIRLINES),
  flight: many(300, (draw) => pick(draw, AIRLINES) + int(draw, 10, 9999)),
  pnr: many(1500, (draw) => chars(draw, UPPER + DIGITS, 6)),
  ticker: of(TICKERS),
  crypto: of(COINS),
  league: of(LEAGUES),
  season: of(list('2019-2020 2020-2021 2021-2022 2022-2023 2023-2024 2024-2025')),
  license: of(LICENSES),
  emoji: of(EMOJI),
  date: many(400, day),
  ym: many(40, (draw) => day(draw).slice(0, 7)),
  year: many(8, (_, i) => String(2016 + i)),
  month: many(12, (_, i) => String(i + 1).padStart(2, '0')),
  week: many(60, (draw) => `2024-W${String(int(draw, 1, 52)).padStart(2, '0')}`),
  ts: many(1500, (draw) => `${int(draw, 1_600_000_000, 1_700_000_000)}.${chars(draw, DIGITS, 6)}`),
  email: many(400, (draw) => `${username(draw)}${pick(draw, ['@', '%40'])}${pick(draw, NOUNS)}.example`),
  phone: many(800, (draw) =>
    draw() < 0.5 ? `+861${chars(draw, '3456789', 1)}${chars(draw, DIGITS, 9)}` : `1${chars(draw, '3456789', 1)}${chars(draw, DIGITS, 9)}`,
  ),
  domain: many(
    80,
    (draw) => `${pick(draw, ['mg.', 'mail.', ''])}${pick(draw, NOUNS)}.${pick(draw, ['example', 'com', 'org', 'io', 'cn'])}`,
  ),
  ip: many(900, (draw) =>
    draw() < 0.9 ? `${octet(draw)}.${octet(draw)}.${octet(draw)}.${octet(draw)}` : `2001:db8::${chars(draw, HEX, 4)}`,
  ),
  mac: many(300, (draw) => Array.from({ length: 6 }, () => chars(draw, HEX, 2)).join(draw() < 0.5 ? ':' : '-')),
  coord: many(600, (draw) => `${(draw() * 170 - 85).toFixed(4)},${(draw() * 350 - 175).toFixed(4)}`),
  zoom: many(18, (_, i) => String(i + 1)),
  semver: many(
    60,
    (draw) =>
      `${draw() < 0.1 ? 'v' : ''}${int(draw, 0, 12)}.${int(draw, 0, 30)}.${int(draw, 0, 20)}${draw() < 0.1 ? `-beta.${int(draw, 1, 9)}` : ''}`,
  ),
  sku: many(500, (draw) => `${chars(draw, UPPER, 3)}-${chars(draw, DIGITS, 4)}`),
  empno: many(400, (draw) => `E${chars(draw, DIGITS, 6)}`),
  dept: many(25, (draw) => `${chars(draw, UPPER, 2)}${chars(draw, DIGITS, 2)}`),
  wh: many(20, (draw) => `${pick(draw, ['BER', 'PAR', 'LON', 'SHA', 'NYC'])}${int(draw, 1, 9)}`),
  card: many(500, (draw) => `6222${chars(draw, DIGITS, 15)}`),
  serial: many(1500, (draw) => `TX${day(draw).replaceAll('-', '')}${chars(draw, DIGITS, 8)}`),
  fund: many(60, (draw) => chars(draw, DIGITS, 6)),
  uscc: many(400, (draw) => `91${chars(draw, DIGITS, 6)}MA${chars(draw, DIGITS + UPPER, 7)}X`),
  plate: many(400, (draw) => encodeURIComponent(pick(draw, PLATES)) + chars(draw, UPPER, 1) + chars(draw, DIGITS, 5)),
  adcode: many(100, (draw) => `${int(draw, 11, 65)}${chars(draw, DIGITS, 2)}00`),
  cert: many(400, (draw) => `CERT-${chars(draw, UPPER + DIGITS, 8)}`),
  loinc: many(100, (draw) => `${int(draw, 1000, 99999)}-${int(draw, 0, 9)}`),
  slackid: many(300, (draw) => `U${chars(draw, UPPER + DIGITS, 8)}`),
  track: many(1500, (draw) => (draw() < 0.5 ? `SF${chars(draw, DIGITS, 13)}` : `1Z${chars(draw, UPPER + DIGITS, 16)}`)),
  isbn: many(500, (draw) => `978-${int(draw, 0, 9)}-${chars(draw, DIGITS, 4)}-${chars(draw, DIGITS, 4)}-${int(draw, 0, 9)}`),
  mls: many(600, (draw) => `MLS${chars(draw, DIGITS, 7)}`),
  postal: many(300, (draw) =>
    draw() < 0.5 ? chars(draw, DIGITS, 5) : `${chars(draw, UPPER, 2)}${int(draw, 1, 9)}%20${int(draw, 1, 9)}${chars(draw, UPPER, 2)}`,
  ),
  postal5: many(300, (draw) => chars(draw, DIGITS, 5)),
  snake: many(60, (draw) => (draw() < 0.4 ? pick(draw, FIELDS) : `${pick(draw, FIELDS)}_${pick(draw, NOUNS)}`)),
  dept2: many(12, (draw) => pick(draw, LAST).slice(0, 3).toUpperCase()),
  rechnr: many(900, (draw) => `RE-${int(draw, 2021, 2026)}-${chars(draw, DIGITS, 5)}`),
  astro: many(600, (draw) =>
    draw() < 0.4 ? `M${int(draw, 1, 110)}` : draw() < 0.5 ? `NGC%20${int(draw, 1, 7840)}` : `${capital(pick(draw, NOUNS))}`,
  ),
  zhcorp: many(120, (draw) =>
    encodeURIComponent(`${pick(draw, CN_CITIES)}${pick(draw, GOODS_A)}${pick(draw, ['科技', '贸易', '电子'])}有限公司`),
  ),
  contractno: many(500, (draw) => `${encodeURIComponent('合')}-${int(draw, 2022, 2026)}-${chars(draw, DIGITS, 4)}`),
  accession: many(900, (draw) => `${int(draw, 1890, 2024)}.${int(draw, 1, 900)}.${int(draw, 1, 40)}`),
  euplate: many(300, (draw) => `${chars(draw, UPPER, 2)}-${chars(draw, UPPER, 2)}-${int(draw, 10, 9999)}`),
  acsid: many(40, (draw) => `AC${chars(draw, HEX, 32)}`),
  smsid: many(2000, (draw) => `SM${chars(draw, HEX, 32)}`),
  casid: many(2000, (draw) => `CA${chars(draw, HEX, 32)}`),
  issuekey: many(1500, (draw) =>
    draw() < 0.2 ? String(int(draw, 10_000, 99_999)) : `${pick(draw, ['OPS', 'WEB', 'SHOP', 'API', 'HR', 'DATA'])}-${int(draw, 1, 4000)}`,
  ),
  projkey: of(list('OPS WEB SHOP API HR DATA MOB SEC')),
  containerid: many(400, (draw) =>
    draw() < 0.4 ? `${pick(draw, ADJECTIVES)}_${pick(draw, NOUNS)}` : chars(draw, HEX, draw() < 0.5 ? 12 : 64),
  ),
  imagename: many(
    60,
    (draw) => `${pick(draw, NOUNS)}${draw() < 0.5 ? `:${int(draw, 1, 9)}.${int(draw, 0, 20)}` : draw() < 0.5 ? ':latest' : ''}`,
  ),
  indexname: many(
    50,
    (draw) => `${pick(draw, NOUNS)}${draw() < 0.6 ? `-2024.${String(int(draw, 1, 12)).padStart(2, '0')}` : draw() < 0.5 ? '_v2' : ''}`,
  ),
  b64s: many(2000, (draw) => chars(draw, B64, 20)),
  nano8: many(500, (draw) => chars(draw, B62, 8)),
  emoji2: of(['%F0%9F%91%8D', '%F0%9F%8E%89', '%E2%9D%A4%EF%B8%8F', 'party:123456789012345678', '%F0%9F%98%82', 'blob:998877665544332211']),
  ordno: many(1500, (draw) => `${day(draw).replaceAll('-', '')}${chars(draw, DIGITS, 6)}`),
  studentno: many(600, (draw) => `2${chars(draw, DIGITS, 7)}`),
  coursecode: many(80, (draw) => `${pick(draw, ['CS', 'MATH', 'PHYS', 'BIO', 'HIST', 'ECON'])}${int(draw, 100, 499)}`),
  term: of(list('2023-fall 2024-spring 2024-summer 2024-fall 2025-spring')),
  sec: of(list('001 002 003 A B C')),
  bldg: of(list('north south main west library annex science hall-a hall-b gym')),
  room: many(120, (draw) => `${pick(draw, ['', 'A', 'B'])}${int(draw, 100, 499)}`),
  sport: of(
    list(
      'soccer_epl soccer_spain_la_liga basketball_nba americanfootball_nfl icehockey_nhl tennis_atp baseball_mlb mma_mixed_martial_arts cricket_ipl rugby_league',
    ),
  ),
  upsnake: many(60, (draw) => `${pick(draw, FIELDS)}_${pick(draw, NOUNS)}`.toUpperCase()),
  dotted: many(80, (draw) => `${pick(draw, NOUNS)}.${pick(draw, ['events', 'jobs', 'created', 'updated', 'retry', 'dead'])}`),
};
