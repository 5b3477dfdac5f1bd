import { createHmac } from 'node:crypto';
import { Sfc32 } from '../../services/core/sfc32.ts';
import type { SensitiveTypeName } from '../../services/ingest/sensitive/types.ts';

/** Seeded choice of values. */
export class Chance {
  private readonly random: Sfc32;

  constructor(seed: number) {
    this.random = new Sfc32(seed, 0x53454e53, 0x49544956, 16);
  }

  int(n: number): number {
    return this.random.int(n);
  }

  between(least: number, most: number): number {
    return least + this.int(most - least + 1);
  }

  maybe(share: number): boolean {
    return this.random.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(values.length)];
  }

  digits(length: number): string {
    return this.of('0123456789', length);
  }

  of(alphabet: string, length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[this.int(alphabet.length)];
    return text;
  }
}

export const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const REGIONS = [
  '110101 110105 120104 130102 140105 150102 210102 220104 230103 310104 310115 320102 320583 330106 330782 340104 350203 360103 370102 371082',
  '410105 420106 429004 430102 440103 440305 445221 450103 460105 500103 500228 510104 511702 520102 522401 530102 532901 540102 610113 620102',
  '630104 640104 650102 654201 342623 321323 432503 512926',
]
  .join(' ')
  .split(' ');
const SURNAMES = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'.split('');
const GIVEN = '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国志文子涵雨欣浩宇梓轩'.split('');
const FIRST_NAMES = 'James Mary Robert Linda Michael Susan David Karen Sofia Ahmed Peter Anna Hiroshi Ingrid Pavel Chloe'.split(' ');
const LAST_NAMES = "Smith Johnson Brown Garcia Miller Schmidt Novak Tanaka O'Brien Andersson Rossi Dubois Wang Zhang".split(' ');
const MOBILE_PREFIXES =
  '130 131 133 135 136 137 138 139 147 150 151 152 157 158 159 166 170 173 176 177 178 180 182 186 187 188 189 191 193 198 199'.split(' ');
const PLATE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const PROVINCES = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'.split('');

const two = (n: number): string => String(n).padStart(2, '0');

function birth(chance: Chance, first: number, last: number): string {
  return `${chance.between(first, last)}${two(chance.between(1, 12))}${two(chance.between(1, 28))}`;
}

/** ISO 7064 MOD 11-2 by trying all eleven: the sum of place values times 2^place has to be 1. */
export function residentCheckOf(body: string): string {
  for (const check of '0123456789X') {
    let sum = 0;
    for (const [i, c] of [...body, check].entries()) sum += (c === 'X' ? 10 : Number(c)) * 2 ** (17 - i);
    if (sum % 11 === 1) return check;
  }
  throw new Error(`no check digit fits ${body}`);
}

export function residentId(chance: Chance): string {
  const body = chance.pick(REGIONS) + birth(chance, 1940, 2020) + chance.digits(3);
  return body + residentCheckOf(body);
}

function luhnSum(number: string): number {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
  return [...number].reverse().reduce((sum, c, i) => sum + (i % 2 === 1 ? doubled[Number(c)] : Number(c)), 0);
}

export function luhnCheckOf(body: string): string {
  return String((10 - (luhnSum(`${body}0`) % 10)) % 10);
}

export function withLuhn(body: string): string {
  return body + luhnCheckOf(body);
}

export function bankCard(chance: Chance): string {
  const [prefix, length] = chance.pick<readonly [string, number]>([
    ['622202', 19],
    ['621700', 19],
    ['622848', 19],
    ['623058', 19],
    ['622588', 16],
    ['625955', 16],
    [`62${chance.digits(4)}`, 19],
    [`62${chance.digits(4)}`, 16],
    [`4${chance.digits(5)}`, 16],
    [`4${chance.digits(5)}`, 16],
    [`5${chance.between(1, 5)}${chance.digits(4)}`, 16],
    [`${chance.between(2221, 2720)}${chance.digits(2)}`, 16],
    [`34${chance.digits(4)}`, 15],
    [`37${chance.digits(4)}`, 15],
    [`${chance.between(3528, 3589)}${chance.digits(2)}`, 16],
    [`6011${chance.digits(2)}`, 16],
    [`65${chance.digits(4)}`, 16],
  ]);
  return withLuhn(prefix + chance.digits(length - prefix.length - 1));
}

const CODE_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** GB 32100: the check character that brings the sum of value times 3^place to a multiple of 31. */
export function creditCheckOf(body: string): string {
  for (const check of CODE_ALPHABET) {
    let sum = CODE_ALPHABET.indexOf(check);
    let weight = 1;
    for (const c of body) {
      sum += CODE_ALPHABET.indexOf(c) * weight;
      weight = (weight * 3) % 31;
    }
    if (sum % 31 === 0) return check;
  }
  throw new Error(`no check character fits ${body}`);
}

export function creditCode(chance: Chance): string {
  const body = chance.pick(['91', '91', '91', '92', '93', '11', '12', '51', '52']) + chance.pick(REGIONS) + chance.of(CODE_ALPHABET, 9);
  return body + creditCheckOf(body);
}

const IBANS: readonly (readonly [string, number, boolean])[] = [
  ['DE', 18, false],
  ['FR', 23, true],
  ['GB', 18, true],
  ['NL', 14, true],
  ['ES', 20, false],
  ['IT', 23, true],
  ['CH', 17, false],
  ['PL', 24, false],
  ['NO', 11, false],
  ['SA', 20, false],
  ['MT', 27, true],
];

export function ibanCheckOf(country: string, account: string): string {
  const expanded = [...`${account}${country}00`].map((c) => (/\d/.test(c) ? c : String(c.charCodeAt(0) - 55))).join('');
  return two(98 - Number(BigInt(expanded) % 97n));
}

export function iban(chance: Chance): string {
  const [country, length, letters] = chance.pick(IBANS);
  const account = letters ? chance.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 4) + chance.digits(length - 4) : chance.digits(length);
  return country + ibanCheckOf(country, account) + account;
}

export function mrzCheckOf(text: string): string {
  const order = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  let sum = 0;
  for (const [i, c] of [...text].entries()) sum += Math.max(0, order.indexOf(c)) * (i % 3 === 0 ? 7 : i % 3 === 1 ? 3 : 1);
  return String(sum % 10);
}

/** A passport's two lines (TD3). */
export function mrz(chance: Chance): string {
  const country = chance.pick(['CHN', 'UTO', 'USA', 'GBR', 'FRA', 'JPN']);
  const first =
    `P<${country}${chance.pick(['ZHANG', 'WANG', 'SMITH', 'ERIKSSON'])}<<${chance.pick(['SAN', 'XIAO<MING', 'ANNA<MARIA'])}`.padEnd(
      44,
      '<',
    );
  const number = chance.pick(['E', 'G', 'L']) + chance.digits(8);
  const born = birth(chance, 1950, 2009).slice(2);
  const until = birth(chance, 2024, 2034).slice(2);
  const own = chance.maybe(0.5) ? ''.padEnd(14, '<') : chance.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 9).padEnd(14, '<');
  const ownCheck = own.startsWith('<') ? chance.pick(['<', '0']) : mrzCheckOf(own);
  const parts = [number + mrzCheckOf(number), born + mrzCheckOf(born), until + mrzCheckOf(until) + own + ownCheck];
  return `${first}\n${parts[0]}${country}${parts[1]}${chance.pick(['M', 'F', '<'])}${parts[2]}${mrzCheckOf(parts.join(''))}`;
}

export function mobile(chance: Chance): string {
  return chance.pick(MOBILE_PREFIXES) + chance.digits(8);
}

export function plate(chance: Chance): string {
  const head = chance.pick(PROVINCES) + chance.pick([...PLATE_LETTERS]);
  if (chance.maybe(0.3))
    return head + (chance.maybe(0.8) ? chance.pick(['D', 'F']) + chance.digits(5) : chance.digits(5) + chance.pick(['D', 'F']));
  return head + (chance.maybe(0.6) ? chance.digits(5) : chance.digits(1) + chance.pick([...PLATE_LETTERS]) + chance.digits(3));
}

export function email(chance: Chance): string {
  const local =
    chance.of('abcdefghijklmnopqrstuvwxyz', chance.between(2, 8)) +
    chance.pick(['', `.${chance.of('abcdefghij', 4)}`, chance.digits(3), `_${chance.digits(2)}`]);
  return `${local}@${chance.pick(['qq.com', '163.com', 'gmail.com', 'mail.example.co.uk', 'firma.de', 'company.com.cn', 'x-y.io'])}`;
}

export function chineseName(chance: Chance): string {
  return chance.maybe(0.03)
    ? `欧阳${chance.pick(GIVEN)}`
    : chance.pick(SURNAMES) + chance.pick(GIVEN) + (chance.maybe(0.7) ? chance.pick(GIVEN) : '');
}

export function personName(chance: Chance): string {
  return chance.maybe(0.7) ? chineseName(chance) : `${chance.pick(FIRST_NAMES)} ${chance.pick(LAST_NAMES)}`;
}

export function address(chance: Chance): string {
  if (chance.maybe(0.7)) {
    const city = chance.pick(['北京市朝阳区', '上海市浦东新区', '广东省深圳市南山区', '浙江省杭州市西湖区', '四川省成都市武侯区']);
    return `${city}${chance.pick(['建国路', '世纪大道', '科技园路', '文三路', '天府大道'])}${chance.between(1, 999)}号${chance.maybe(0.5) ? `${chance.between(1, 30)}栋${chance.between(101, 2505)}室` : ''}`;
  }
  return `${chance.between(1, 999)} ${chance.pick(['Main', 'Oak', 'Park', 'King'])} ${chance.pick(['Street', 'Ave', 'Road', 'Lane'])}, ${chance.pick(['Springfield', 'London', 'Boston'])}`;
}

export function ssn(chance: Chance): string {
  return `${String(chance.between(1, 665)).padStart(3, '0')}-${two(chance.between(1, 99))}-${String(chance.between(1, 9999)).padStart(4, '0')}`;
}

export function jwt(chance: Chance): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: chance.digits(8), iat: chance.between(1_600_000_000, 1_800_000_000) })}`;
  return `${head}.${createHmac('sha256', 'key').update(head).digest('base64url')}`;
}

export function apiKey(chance: Chance): string {
  return chance.pick([
    () => `AKIA${chance.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
    () => `ghp_${chance.of(ALNUM, 36)}`,
    () => `AIza${chance.of(`${ALNUM}-_`, 35)}`,
    () => `xoxb-${chance.digits(12)}-${chance.digits(12)}-${chance.of(ALNUM, 24)}`,
    () => `sk_live_${chance.of(ALNUM, 24)}`,
    () => `LTAI${chance.of(ALNUM, 20)}`,
  ])();
}

export function secret(chance: Chance): string {
  return chance.maybe(0.5) ? chance.of('0123456789abcdef', 32) : chance.of(ALNUM, chance.between(20, 44));
}

export function passport(chance: Chance): string {
  return chance.pick([
    () => `E${chance.digits(8)}`,
    () => `E${chance.pick([...'ABCDEFGH'])}${chance.digits(7)}`,
    () => `G${chance.digits(8)}`,
    () => chance.digits(9),
  ])();
}

/** A value of each type, and a field that says so where the type asks for it. */
export const MAKERS: Readonly<Record<SensitiveTypeName, (chance: Chance) => string>> = {
  resident_id: residentId,
  mobile,
  bank_card: bankCard,
  credit_code: creditCode,
  passport,
  mrz,
  plate,
  email,
  person_name: personName,
  address,
  iban,
  ssn,
  jwt,
  api_key: apiKey,
  secret,
  sms_code: (chance) => chance.digits(chance.pick([4, 6, 6, 6, 8])),
};

/** Masked values and the shape that is to be told of them. */
export const MASKERS: readonly {
  type: SensitiveTypeName;
  named: boolean;
  make: (chance: Chance, sign: string) => [value: string, shape: string];
}[] = [
  { type: 'mobile', named: false, make: (chance, sign) => [mobile(chance).replace(/^(...)....(....)$/, `$1${sign.repeat(4)}$2`), '3*4'] },
  { type: 'mobile', named: true, make: (chance, sign) => [sign.repeat(7) + chance.digits(4), '*4'] },
  {
    type: 'resident_id',
    named: false,
    make: (chance, sign) => [residentId(chance).replace(/^(.{6}).{8}(...)./, `$1${sign.repeat(8)}$21`), '6*4'],
  },
  {
    type: 'resident_id',
    named: false,
    make: (chance, sign) => [residentId(chance).replace(/^(.{4}).{10}(...)./, `$1${sign.repeat(10)}$21`), '4*4'],
  },
  { type: 'resident_id', named: false, make: (chance, sign) => [residentId(chance).replace(/^(.).{16}./, `$1${sign.repeat(16)}2`), '1*1'] },
  { type: 'bank_card', named: false, make: (chance, sign) => [`6222 ${sign.repeat(4)} ${sign.repeat(4)} ${chance.digits(4)}`, '4*4'] },
  { type: 'bank_card', named: false, make: (chance, sign) => [`622588${sign.repeat(6)}${chance.digits(4)}`, '6*4'] },
  { type: 'email', named: false, make: (chance) => [email(chance).replace(/^(.)[^@]*@/, '$1***@'), '1*@'] },
  { type: 'person_name', named: true, make: (chance) => [`${chance.pick(SURNAMES)}*${chance.pick(GIVEN)}`, '1*1'] },
  { type: 'person_name', named: true, make: (chance) => [`${chance.pick(SURNAMES)}**`, '1*'] },
  { type: 'ssn', named: false, make: (chance, sign) => [`${sign.repeat(3)}-${sign.repeat(2)}-${chance.digits(4)}`, '*4'] },
  { type: 'plate', named: false, make: (chance) => [plate(chance).replace(/^(..).*(..)$/, '$1***$2'), '2*2'] },
];
