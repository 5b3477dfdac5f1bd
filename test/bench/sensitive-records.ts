import type { SpanKind } from '../../services/ingest/sensitive/scanner.ts';
import type { SensitiveTypeName } from '../../services/ingest/sensitive/types.ts';
import { SENSITIVE_TYPES } from '../../services/ingest/sensitive/types.ts';
import { ALNUM, Chance, MAKERS, MASKERS, residentCheckOf, residentId, withLuhn } from './sensitive-values.ts';

/** A span of a log, and what is in it. */
export interface SensitiveRecord {
  kind: SpanKind;
  text: string;
  /** what was put in; none in near misses */
  expected?: { type: SensitiveTypeName; shape: string };
  /** what a near miss is */
  near?: string;
}

/** Names of fields that say a type; those types that need none are put under NEUTRAL names as well. */
const NAMES: Readonly<Record<SensitiveTypeName, readonly string[]>> = {
  resident_id: ['id_card', 'idCard', 'sfz', 'sfzh', 'idno', 'idNumber', 'certNo', '身份证号', 'identity_no'],
  mobile: ['phone', 'mobile', 'tel', 'sjh', 'shouji', '手机号', 'receiverPhone', 'user_mobile', 'contact.phone', 'lxdh'],
  bank_card: ['card', 'card_no', 'bankCard', 'cardNumber', 'yhkh', '银行卡号', '卡号', 'pay_card_no'],
  credit_code: ['creditCode', 'uscc', 'tyshxydm', '统一社会信用代码', 'taxNo'],
  passport: ['passport', 'passport_no', 'passportNumber', 'huzhao', '护照号'],
  mrz: ['mrz', 'scan', 'doc'],
  plate: ['plate', 'plateNo', 'cph', '车牌号', 'carNo'],
  email: ['email', 'mail', 'yx', '邮箱', 'userEmail'],
  person_name: ['realName', 'xm', '姓名', 'contact_name', 'receiverName', 'full_name', 'customerName'],
  address: ['addr', 'address', 'dz', '地址', 'shippingAddress', 'home_address', '收货地址'],
  iban: ['iban', 'IBAN', 'ibanNumber'],
  ssn: ['ssn', 'socialSecurityNumber', 'SSN'],
  jwt: ['token', 'access_token', 'jwt', 'id_token'],
  api_key: ['key', 'ak', 'api_key', 'accessKeyId'],
  secret: ['secret', 'access_token', 'apiKey', 'client_secret', 'password', 'refreshToken'],
  sms_code: ['smsCode', 'verify_code', 'yzm', '验证码', 'otp', 'verificationCode', 'captchaCode'],
};
const NEUTRAL = ['q', 'value', 'data', 'keyword', 'search', 'text', 'remark', 'x', 'param1', 'content'];
const NAMED_ONLY = new Set<SensitiveTypeName>(SENSITIVE_TYPES.filter((type) => type.where === 'named').map((type) => type.name));
const SIGNS = ['*', '*', '*', 'x', 'X', '•', '#'];

/** What looks alike and is nothing: its field's names and a maker. */
const NEAR: readonly { near: string; names: readonly string[]; make: (chance: Chance) => string }[] = [
  {
    near: 'order number of 18 digits with a date, wrong check digit',
    names: ['orderNo', 'q', 'id', 'bizNo', 'no'],
    make: (chance) => {
      const id = residentId(chance);
      const wrong = [...'0123456789X'].filter((c) => c !== residentCheckOf(id.slice(0, 17)) && c !== 'X');
      return id.slice(0, 17) + chance.pick(wrong);
    },
  },
  {
    near: 'order number of 16 to 19 digits that passes Luhn',
    names: ['order_id', 'orderNo', 'tradeNo', 'orderSn', '订单号', 'ddh', 'transactionId'],
    make: (chance) => withLuhn(chance.pick(['4', '62', '51', '2025', '37', '6011']) + chance.digits(chance.between(13, 14))),
  },
  { near: 'random number of 13 to 20 digits, neutral field', names: NEUTRAL, make: (chance) => chance.digits(chance.between(13, 20)) },
  {
    near: 'time in ms',
    names: ['ts', 't', '_', 'time', 'q', 'v'],
    make: (chance) => String(1_500_000_000_000 + chance.int(300_000_000) * 1000),
  },
  { near: 'time in s', names: ['ts', 'time', 'q', 'since'], make: (chance) => String(1_300_000_000 + chance.int(600_000_000)) },
  { near: 'time in µs', names: ['ts', 'start', 'q'], make: (chance) => String(1_500_000_000 + chance.int(300_000_000)) + chance.digits(6) },
  {
    near: 'id of 11 digits like a phone number',
    names: ['order_id', 'orderId', 'traceId', 'userId', 'id', 'uid', 'sn', 'goods_id', 'requestId', 'ddh', 'lsh'],
    make: (chance) => MAKERS.mobile(chance),
  },
  {
    near: '11 digits with a prefix not in use',
    names: [...NEUTRAL, 'id'],
    make: (chance) => chance.pick(['101', '112', '120', '125']) + chance.digits(8),
  },
  {
    near: 'UUID',
    names: ['id', 'uuid', 'traceId', 'q', 'key', 'token_id'],
    make: (chance) => [8, 4, 4, 4, 12].map((length) => chance.of('0123456789abcdef', length)).join('-'),
  },
  { near: 'hash', names: ['md5', 'sign', 'hash', 'etag', 'q'], make: (chance) => chance.of('0123456789abcdef', chance.pick([32, 40, 64])) },
  { near: 'IP address', names: ['ip', 'addr', 'address', 'q'], make: (chance) => [0, 0, 0, 0].map(() => chance.int(256)).join('.') },
  {
    near: 'version',
    names: ['v', 'version', 'code', 'appVersion'],
    make: (chance) => `${chance.int(20)}.${chance.int(40)}.${chance.int(400)}`,
  },
  {
    near: 'coordinates',
    names: ['loc', 'gps', 'q'],
    make: (chance) => `${chance.between(73, 134)}.${chance.digits(11)},${chance.between(18, 53)}.${chance.digits(11)}`,
  },
  { near: 'price', names: ['price', 'amount', 'q'], make: (chance) => `${chance.int(100_000)}.${chance.digits(2)}` },
  {
    near: 'tracking number',
    names: ['trackingNo', 'expressNo', 'wlh', 'q'],
    make: (chance) => chance.pick(['SF', 'YT', 'JD', 'ZTO']) + chance.digits(13),
  },
  {
    near: 'tracking number in digits',
    names: ['trackingNo', 'waybill', '运单号', 'kddh'],
    make: (chance) => chance.digits(chance.pick([12, 13, 14, 15])),
  },
  { near: 'invoice code', names: ['invoiceCode', 'fpdm', '发票代码'], make: (chance) => chance.digits(12) },
  { near: 'ISBN', names: ['isbn', 'q'], make: (chance) => `978${chance.digits(10)}` },
  { near: 'IMEI', names: ['imei', 'deviceId', 'q'], make: (chance) => withLuhn(chance.pick(['35', '86', '01']) + chance.digits(12)) },
  {
    near: 'file with an @',
    names: ['img', 'file', 'q'],
    make: (chance) => `${chance.of('abcdef', 5)}@${chance.pick(['2x.png', '3x.jpg'])}`,
  },
  {
    near: 'package with a version',
    names: ['pkg', 'q'],
    make: (chance) => `@scope/${chance.of('abcdef', 5)}@${chance.int(9)}.${chance.int(9)}.${chance.int(9)}`,
  },
  {
    near: 'date and time',
    names: ['from', 'begin', 'q'],
    make: (chance) =>
      `20${chance.between(10, 26)}-0${chance.between(1, 9)}-${chance.between(10, 28)} 1${chance.int(10)}:${chance.between(10, 59)}:00`,
  },
  { near: 'status code', names: ['code', 'errorCode', 'status', 'zip_code', 'areaCode'], make: (chance) => chance.digits(6) },
  { near: 'page token', names: ['page_token', 'nextToken', 'csrf_token', 'cursor'], make: (chance) => chance.of(ALNUM, 32) },
  {
    near: 'product name',
    names: ['name', 'product_name', 'title', 'fileName'],
    make: (chance) => chance.pick(['iPhone 15', '红色连衣裙', 'report.pdf', '智能手表', 'Blue Shirt', '儿童玩具车']),
  },
  {
    near: 'IBAN with wrong check digits',
    names: ['iban', 'q'],
    make: (chance) =>
      MAKERS.iban(chance).replace(
        /^(..)(..)/,
        (_, c, d) =>
          c +
          String(((Number(d) - 2 + 1 + chance.int(90)) % 97) + 2)
            .padStart(2, '0')
            .replace(d, '99'),
      ),
  },
  {
    near: 'credit code with a wrong check',
    names: ['uscc', 'q'],
    make: (chance) => wrongEnd(MAKERS.credit_code(chance), '0123456789ABCDEFGHJKLMNPQRTUWXY'),
  },
  {
    near: 'card with a wrong check digit',
    names: ['card_no', 'bankCard', 'q'],
    make: (chance) => wrongEnd(MAKERS.bank_card(chance), '0123456789'),
  },
  { near: 'zone with a wrong check digit', names: ['mrz', 'q'], make: (chance) => wrongEnd(MAKERS.mrz(chance), '0123456789') },
];

function wrongEnd(value: string, alphabet: string): string {
  const last = alphabet.indexOf(value.slice(-1));
  return value.slice(0, -1) + alphabet[(last + 1) % alphabet.length];
}

/** `count` records of a seed: half with one value, half near misses, in queries, paths, JSON, forms and text. */
export function sensitiveRecords(count: number, seed: number): SensitiveRecord[] {
  const chance = new Chance(seed);
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? positive(chance, i >> 1) : nearMiss(chance, i >> 1)));
}

function positive(chance: Chance, i: number): SensitiveRecord {
  if (i % 5 === 4) {
    const { type, named, make } = MASKERS[((i / 5) | 0) % MASKERS.length];
    const [value, shape] = make(chance, chance.pick(SIGNS));
    return place(chance, value, named || chance.maybe(0.5) ? chance.pick(NAMES[type]) : chance.pick(NEUTRAL), {
      expected: { type, shape },
    });
  }
  const type = SENSITIVE_TYPES[i % SENSITIVE_TYPES.length].name;
  const value = type === 'iban' || type === 'bank_card' ? grouped(chance, MAKERS[type](chance)) : MAKERS[type](chance);
  const named = NAMED_ONLY.has(type) || chance.maybe(0.5);
  return place(chance, value, chance.pick(named ? NAMES[type] : NEUTRAL), { expected: { type, shape: '' } });
}

function nearMiss(chance: Chance, i: number): SensitiveRecord {
  const { near, names, make } = NEAR[i % NEAR.length];
  return place(chance, make(chance), chance.pick(names), { near });
}

function grouped(chance: Chance, value: string): string {
  return chance.maybe(0.3) && value.length !== 15 ? (value.match(/.{1,4}/g)?.join(' ') ?? value) : value;
}

/** Puts a value under a name into one kind of span, among others that are nothing. */
function place(chance: Chance, value: string, name: string, of: Pick<SensitiveRecord, 'expected' | 'near'>): SensitiveRecord {
  const before = chance.pick(['page', 'size', 'lang', 'v']);
  switch (chance.int(/^[\w.]+$/.test(value) && value.length < 30 ? 6 : 5)) {
    case 0:
      return { kind: 'query', text: `${before}=${chance.int(100)}&${percent(chance, name)}=${form(chance, value)}&sort=asc`, ...of };
    case 1:
      return { kind: 'body', text: JSON.stringify({ [before]: chance.int(100), user: { [name]: value }, ok: true }), ...of };
    case 2:
      return { kind: 'body', text: JSON.stringify(JSON.stringify({ list: [{ [name]: value }] })).slice(1, -1), ...of };
    case 3:
      return { kind: 'body', text: `${before}=1&${percent(chance, name)}=${form(chance, value)}`, ...of };
    case 4:
      return { kind: 'body', text: `${before}: 1\n${name}: ${value}\nend`, ...of };
    default:
      return { kind: 'path', text: `/api/v2/${percent(chance, name)}/${percent(chance, value)}/detail`, ...of };
  }
}

/** As `percent`, a space now and then as +. */
function form(chance: Chance, text: string): string {
  const encoded = percent(chance, text);
  return chance.maybe(0.5) ? encoded.replaceAll('%20', '+') : encoded;
}

/** Percent-encoding as browsers do it, and now and then of more than has to be. */
function percent(chance: Chance, text: string): string {
  const encoded = encodeURIComponent(text);
  return chance.maybe(0.1) ? Buffer.from(text).reduce((all, byte) => `${all}%${byte.toString(16).padStart(2, '0')}`, '') : encoded;
}
