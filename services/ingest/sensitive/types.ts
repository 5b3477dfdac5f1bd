/** Where a value of a type is taken for one. */
export type Where =
  /** wherever it stands: its form or its check digits say enough */
  | 'anywhere'
  /** wherever it stands, but not in a field whose name says that it is something else (order, trace, timestamp …) */
  | 'unless_named_otherwise'
  /** only where the name of the field, or the word before it, says so */
  | 'named';

export interface SensitiveType {
  /** as stored and printed */
  name: string;
  /** as people read it */
  title: string;
  where: Where;
  /** what has to hold beside the form */
  check: string;
  /** masked values that are known, as examples */
  masks: readonly string[];
}

/** What is looked for. The position of a type in this list is its number in `found`: add at the end only. */
export const SENSITIVE_TYPES = [
  {
    name: 'resident_id',
    title: 'Chinese resident id',
    where: 'anywhere',
    check: '18 digits: region, birth date, check digit of GB 11643; 15 digits: region and birth date',
    masks: ['110101********1234', '1101**********1234', '1****************4'],
  },
  {
    name: 'mobile',
    title: 'phone number',
    where: 'unless_named_otherwise',
    check: 'Chinese mobile with a prefix in use; others with + and a country code; where named also landlines',
    masks: ['138****1234', '138******34', '*******1234'],
  },
  {
    name: 'bank_card',
    title: 'bank card',
    where: 'unless_named_otherwise',
    check: 'Luhn, range of the issuer and its lengths',
    masks: ['6222 **** **** 1234', '622202******1234', '**** **** **** 1234'],
  },
  {
    name: 'credit_code',
    title: 'unified social credit code',
    where: 'anywhere',
    check: 'check character of GB 32100, kind of body, region',
    masks: ['9111**********1234'],
  },
  {
    name: 'passport',
    title: 'passport number',
    where: 'named',
    check: 'form of Chinese passports and permits, or 6 to 9 letters and digits',
    masks: ['E12****78', 'E****5678'],
  },
  {
    name: 'mrz',
    title: 'machine-readable zone of a travel document',
    where: 'anywhere',
    check: 'all check digits of ICAO 9303 (forms TD1, TD2, TD3)',
    masks: [],
  },
  {
    name: 'plate',
    title: 'Chinese vehicle plate',
    where: 'anywhere',
    check: 'province, letter, 5 places, or 6 for new energy',
    masks: ['京A***45', '京A·**345'],
  },
  {
    name: 'email',
    title: 'e-mail address',
    where: 'anywhere',
    check: 'domain with a top level of letters that is no file extension',
    masks: ['z***@x.com', 'z***n@x.com', '***@x.com'],
  },
  {
    name: 'person_name',
    title: 'name of a person',
    where: 'named',
    check: 'Chinese surname, or Latin words',
    masks: ['张*三', '张**', '*三'],
  },
  {
    name: 'address',
    title: 'postal address',
    where: 'named',
    check: 'Chinese words of places; a word of streets, a number in front, or a postcode',
    masks: ['北京市朝阳区****'],
  },
  {
    name: 'iban',
    title: 'IBAN',
    where: 'anywhere',
    check: 'country, its length, mod 97',
    masks: ['DE89 **** **** **** **30 00', 'DE89**************3000'],
  },
  {
    name: 'ssn',
    title: 'US social security number',
    where: 'unless_named_otherwise',
    check: 'with dashes, or named; area, group and serial in use',
    masks: ['***-**-1234', 'XXX-XX-1234'],
  },
  {
    name: 'jwt',
    title: 'JSON web token',
    where: 'anywhere',
    check: 'three parts, the first two JSON objects, the first with "alg"',
    masks: ['eyJhbGci***'],
  },
  {
    name: 'api_key',
    title: 'API key or private key',
    where: 'anywhere',
    check: 'form of a provider (AWS, GitHub, Google, Slack, Stripe and others), or a PEM header',
    masks: ['AKIA************WXYZ', 'ghp_****'],
  },
  {
    name: 'secret',
    title: 'secret, token or password',
    where: 'named',
    check: 'passwords: any value; others: 16 characters or more that look random',
    masks: ['******', 'ab****yz'],
  },
  {
    name: 'sms_code',
    title: 'verification code',
    where: 'named',
    check: '4 to 8 digits; a field called only `code`: beside a phone number',
    masks: ['12****', '******'],
  },
] as const satisfies readonly SensitiveType[];

export type SensitiveTypeName = (typeof SENSITIVE_TYPES)[number]['name'];

/** Number of each type by name. */
export const TYPE = Object.fromEntries(SENSITIVE_TYPES.map((type, number) => [type.name, number])) as Readonly<
  Record<SensitiveTypeName, number>
>;
