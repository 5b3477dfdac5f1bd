import { describe, expect, test } from 'vitest';
import { isBankCard } from '../../services/ingest/sensitive/bank-card.ts';
import { isCreditCode } from '../../services/ingest/sensitive/credit-code.ts';
import { meaningOf } from '../../services/ingest/sensitive/field-names.ts';
import { SAYS } from '../../services/ingest/sensitive/field-words.ts';
import { passesMod97 } from '../../services/ingest/sensitive/iban.ts';
import { mrzLine } from '../../services/ingest/sensitive/mrz.ts';
import { isResidentId } from '../../services/ingest/sensitive/resident-id.ts';
import type { SpanKind } from '../../services/ingest/sensitive/scanner.ts';
import { SensitiveScanner } from '../../services/ingest/sensitive/scanner.ts';
import { SENSITIVE_TYPES } from '../../services/ingest/sensitive/types.ts';
import { creditCheckOf, ibanCheckOf, luhnCheckOf, mrzCheckOf, residentCheckOf } from '../bench/sensitive-values.ts';

const scanner = new SensitiveScanner([1, 2, 3, 4]);

function scan(kind: SpanKind, text: string, by = scanner): { type: string; masked: boolean; shape: string; hash: number }[] {
  const bytes = Buffer.from(`..${text}..`);
  const found: { type: string; masked: boolean; shape: string; hash: number }[] = [];
  by.scan(kind, bytes, 2, bytes.length - 2, (type, masked, shape, hash) =>
    found.push({ type: SENSITIVE_TYPES[type].name, masked, shape, hash }),
  );
  return found;
}

/** `mobile 3*4` */
function kinds(kind: SpanKind, text: string): string[] {
  return scan(kind, text).map(({ type, shape }) => (shape === '' ? type : `${type} ${shape}`));
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

describe('check digits of published examples', () => {
  // GB 11643-1999, annex; ISO 7812; ECBS and the national registries; ICAO 9303 part 4, appendix B
  test.each(['11010519491231002X', '440524188001010014'])('resident id %s', (id) => {
    expect(residentCheckOf(id.slice(0, 17))).toBe(id[17]);
    expect(isResidentId(bytesOf(id), 0)).toBe(true);
  });

  test.each(['4111111111111111', '5555555555554444', '2223003122003222', '378282246310005', '6011111111111117', '3530111333300000'])(
    'card %s',
    (card) => {
      expect(luhnCheckOf(card.slice(0, -1))).toBe(card.slice(-1));
      expect(isBankCard(bytesOf(card), 0, card.length, false)).toBe(true);
    },
  );

  test.each(['91350100M000100Y43', '91110000600037341L'])('credit code %s', (code) => {
    expect(creditCheckOf(code.slice(0, 17))).toBe(code[17]);
    expect(isCreditCode(bytesOf(code), 0)).toBe(true);
  });

  test.each([
    'GB82WEST12345698765432',
    'DE89370400440532013000',
    'FR1420041010050500013M02606',
    'NO9386011117947',
    'CH9300762011623852957',
  ])('IBAN %s', (iban) => {
    expect(ibanCheckOf(iban.slice(0, 2), iban.slice(4))).toBe(iban.slice(2, 4));
    expect(passesMod97(bytesOf(iban), 0, iban.length)).toBe(true);
  });

  test('lines of a passport and of an older card', () => {
    const td3 = 'L898902C36UTO7408122F1204159ZE184226B<<<<<10';
    const td2 = 'D231458907UTO7408122F1204159<<<<<<<6';
    expect(mrzCheckOf('L898902C3')).toBe('6');
    expect(mrzLine(bytesOf(td3), 0, 44)).toBe(44);
    expect(mrzLine(bytesOf(td2), 0, 36)).toBe(36);
    expect(mrzLine(bytesOf(td3.replace('UTO74', 'UTO73')), 0, 44)).toBe(0);
  });
});

describe('what is found where', () => {
  test.each<[SpanKind, string, string[]]>([
    ['query', 'id=11010519491231002X', ['resident_id']],
    ['query', 'id=11010519491231002x&o=110105194912310020', ['resident_id']],
    ['query', 'idcard=110105491231002', ['resident_id']],
    ['query', 'q=%31%33%38%31%32345678', ['mobile']],
    ['query', 'a=138-1234-5678&b=138+1234+5678&c=%2B86+138+1234+5678&d=8613812345678', ['mobile', 'mobile', 'mobile', 'mobile']],
    ['body', 'call +1 (415) 555-2671', ['mobile']],
    ['query', 'tel=010-62345678', ['mobile']],
    ['query', 'phone=001-540-558-6605x123&tel=540.558.6605&mobile=(531)236-2156', ['mobile', 'mobile', 'mobile']],
    ['query', 'phone=call+me&tel=1.2.3&mobile=true', []],
    ['query', 'addr=Klappring+37%0A21783+Schongau&address=10.0.0.1+8080', ['address']],
    ['query', 'name=王牌&realName=洪玉珍&name=公务员', ['person_name']],
    ['body', '{"creditCard":{"no":"4111111111111111"},"order":{"no":"4111111111111111"}}', ['bank_card']],
    ['query', 'po_number=13812345678&number=13812345678', ['mobile']],
    ['path', '/users/13812345678/orders', ['mobile']],
    ['path', '/orders/13812345678', []],
    ['query', 'order_id=13812345678&traceId=13812345678&ts=13812345678', []],
    ['query', 'order_phone=13812345678', ['mobile']],
    ['query', 'lat=0.13812345678&lng=116.13812345678', []],
    ['query', 'card=4111111111111111', ['bank_card']],
    ['query', 'q=4111+1111+1111+1111', ['bank_card']],
    ['query', 'order_id=4111111111111111&tradeNo=4111111111111111', []],
    ['body', '{"a":4111111111111111,"orderNo":"4111111111111111"}', []],
    ['body', 'order 4111111111111111 was paid by card 5555555555554444', ['bank_card']],
    ['query', 'x=91350100M000100Y43', ['credit_code']],
    ['query', 'x=DE89+3704+0044+0532+0130+00', ['iban']],
    ['query', 'x=DE89370400440532013001', []],
    ['query', 'x=219-09-9998&order=219-09-9998', ['ssn']],
    ['query', 'x=666-09-9998&y=219-00-9998&z=2190-09-9998', []],
    ['query', 'p=%E4%BA%ACA12345', ['plate']],
    ['body', '车牌粤B·D12345和京A12345。', ['plate', 'plate']],
    ['query', 'email=bob%40example.com&img=logo%402x.png&pkg=@a/b@1.2.3&u=https://u:p@example.com/', ['email']],
    ['body', '{"name":"张三","title":"产品","receivers":["李四","王五"]}', ['person_name', 'person_name', 'person_name']],
    ['query', 'product_name=%E5%BC%A0%E4%B8%89&file_name=John+Smith', []],
    ['query', 'realName=John+Smith&name=Blue+Shirt', ['person_name']],
    ['query', 'dz=北京市朝阳区建国路88号&addr=10.0.0.1', ['address']],
    ['query', 'passport=E12345678&q=E12345678', ['passport']],
    ['query', 'password=hunter2&page_token=abcdefABCDEF0123456789', ['secret']],
    ['query', 'ak=AKIAIOSFODNN7EXAMPLE', ['api_key']],
    ['body', '-----BEGIN RSA PRIVATE KEY-----\\nMIIE', ['api_key']],
    ['query', 'sms_code=123456&zip_code=123456&code=200', ['sms_code']],
    ['query', 'code=123456', []],
    ['query', 'code=123456&phone=13812345678', ['mobile', 'sms_code']],
    ['body', '您的验证码是123456，请勿泄露。', ['sms_code']],
    ['path', '/sms/verifyCode/1234', ['sms_code']],
    ['query', 'ip=192.168.100.200&v=1.20.300&t=1700000000000&uuid=550e8400-e29b-41d4-a716-446655440000', []],
    ['query', 'imei=356938035643809&isbn=9787111128069', []],
    ['query', 'next=https%253A%252F%252Fx.com%252F%253Fphone%253D13812345678', ['mobile']],
    ['body', '{\\"phone\\":\\"13812345678\\",\\"xm\\":\\"\\u5f20\\u4e09\\"}', ['mobile', 'person_name']],
    ['body', '<u><phone>13812345678</phone><xm>王小明</xm></u>', ['mobile', 'person_name']],
    ['body', '--b\r\nContent-Disposition: form-data; name="realname"\r\n\r\n张三\r\n--b', ['person_name']],
    ['body', 'phone\\x3D13812345678', ['mobile']],
    ['body', '手机号：１３８１２３４５６７８', ['mobile']],
  ])('%s %s', (kind, text, expected) => {
    expect(kinds(kind, text)).toEqual(expected);
  });

  test('a token is one only with a header that says alg', () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const good = `${part({ alg: 'HS256' })}.${part({ sub: '1' })}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U`;
    expect(kinds('query', `token=${good}`)).toEqual(['jwt']);
    expect(kinds('query', `q=${good.replace(/^[^.]*/, part({ typ: 'JWT' }))}`)).toEqual([]);
    expect(kinds('query', `cursor=${part({ id: 1, after: 'abc' })}`)).toEqual([]);
  });
});

describe('masked values', () => {
  test.each([
    ['q=138****1234', 'mobile 3*4'],
    ['q=138XXXX1234', 'mobile 3*4'],
    ['q=138%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A21234', 'mobile 3*4'],
    ['q=138####1234', 'mobile 3*4'],
    ['phone=1381234****', 'mobile 7*'],
    ['q=110101********1234', 'resident_id 6*4'],
    ['q=110101********123X', 'resident_id 6*4'],
    ['q=1****************4', 'resident_id 1*1'],
    ['q=6222+****+****+1234', 'bank_card 4*4'],
    ['q=****+****+****+1234', 'bank_card *4'],
    ['q=z***@x.com', 'email 1*@'],
    ['q=zxxx@x.com', 'email 1*@'],
    ['q=z***n@x***.com', 'email 1*1@1*4'],
    ['xm=张*三', 'person_name 1*1'],
    ['xm=*三', 'person_name *1'],
    ['q=***-**-1234', 'ssn *4'],
    ['q=京A***45', 'plate 2*2'],
    ['q=DE89**************3000', 'iban 4*4'],
    ['q=9111********1234X', ''],
    ['q=91110000********1L', 'credit_code 8*2'],
    ['passport=E****5678', 'passport 1*4'],
    ['password=******', 'secret *'],
    ['q=AKIA****WXYZ', 'api_key 4*4'],
    ['order=138****1234', ''],
    ['q=2024**10', ''],
    ['q=**13812345678**', 'mobile'],
  ])('%s is %s', (text, expected) => {
    expect(kinds('query', text).join()).toBe(expected);
  });

  const names: Partial<Record<string, string>> = {
    mobile: 'phone',
    passport: 'passport',
    person_name: 'xm',
    address: 'dz',
    secret: 'password',
    sms_code: 'yzm',
  };
  test.each(SENSITIVE_TYPES.flatMap(({ name, masks }) => masks.map((mask) => [name, mask] as const)))(
    '%s: the example %s',
    (name, mask) => {
      expect(scan('body', JSON.stringify({ [names[name] ?? 'value']: mask })).map(({ type, masked }) => [type, masked])).toEqual([
        [name, true],
      ]);
    },
  );

  test('are hashed by what is visible, however many signs hide the rest', () => {
    const [a, b, c] = scan('query', 'a=138****1234&b=138XXXX1234&c=138****1235');
    expect(a.hash).toBe(b.hash);
    expect(a.hash).not.toBe(c.hash);
  });
});

describe('the hash', () => {
  test('is of the normal form: writing and escapes change nothing', () => {
    const hashes = ['q=13812345678', 'q=%2B86+138-1234-5678', 'phone=138%2D1234%2D5678'].map((text) => scan('query', text)[0].hash);
    expect(new Set(hashes).size).toBe(1);
    expect(scan('query', 'q=11010519491231002x')[0].hash).toBe(scan('body', '{"a":"11010519491231002X"}')[0].hash);
    expect(scan('query', 'q=Bob@Example.com')[0].hash).toBe(scan('query', 'q=bob@example.com')[0].hash);
  });

  test("depends on the tenant's key", () => {
    const other = new SensitiveScanner([5, 6, 7, 8]);
    expect(scan('query', 'q=13812345678')[0].hash).not.toBe(scan('query', 'q=13812345678', other)[0].hash);
  });
});

describe('field names', () => {
  test.each<[string, number]>([
    ['receiverPhone', SAYS.mobile],
    ['user[mobile]', SAYS.mobile],
    ['phones.0', SAYS.mobile],
    ['用户手机号', SAYS.mobile],
    ['phone_order_id', SAYS.otherwise],
    ['idCardNo', SAYS.resident_id],
    ['PASSWORD', SAYS.secret | SAYS.password],
    ['product_name', SAYS.otherwise],
    ['name', SAYS.person_name | SAYS.weak],
    ['error_code', SAYS.otherwise],
    ['ip_address', SAYS.otherwise],
    ['emailAddress', SAYS.email],
    ['lang', 0],
  ])('%s', (name, expected) => {
    expect(meaningOf(name)).toBe(expected);
  });
});

describe('bounds', () => {
  test('only the first 16 KiB are read', () => {
    expect(kinds('body', `${' '.repeat(16_000)}13812345678 `)).toEqual(['mobile']);
    expect(kinds('body', `${' '.repeat(16_384)}13812345678 `)).toEqual([]);
  });

  test.each([
    '@',
    '<',
    '=',
    'a=',
    '1 ',
    '1-',
    '*',
    '%',
    '\\',
    '"',
    'A<',
    'x',
    '京A',
    'a.',
    'a@b.',
    'eyJ',
    '/',
    '0123456789',
    ':',
    '"a":',
    'key=',
  ])('16 KiB of %s take no long', (text) => {
    const body = text.repeat(16_384 / text.length);
    scan('body', body);
    const begun = performance.now();
    for (const kind of ['body', 'query', 'path'] as const) scan(kind, body);
    expect(performance.now() - begun).toBeLessThan(250);
  });

  test('nothing is read outside the span', () => {
    const bytes = Buffer.from('1138123456789');
    const found: number[] = [];
    scanner.scan('query', bytes, 1, 12, (type) => found.push(type));
    expect(found).toEqual([1]);
  });
});
