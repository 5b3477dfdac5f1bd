import { TYPE } from './types.ts';

/** What the name of a field says, as bits: the types of SENSITIVE_TYPES by their number, and these. */
export const SAYS = {
  resident_id: 1 << TYPE.resident_id,
  mobile: 1 << TYPE.mobile,
  bank_card: 1 << TYPE.bank_card,
  credit_code: 1 << TYPE.credit_code,
  passport: 1 << TYPE.passport,
  plate: 1 << TYPE.plate,
  email: 1 << TYPE.email,
  person_name: 1 << TYPE.person_name,
  address: 1 << TYPE.address,
  iban: 1 << TYPE.iban,
  ssn: 1 << TYPE.ssn,
  secret: 1 << TYPE.secret,
  sms_code: 1 << TYPE.sms_code,
  /** something else: an order, a trace, a time, a price … */
  otherwise: 1 << 16,
  /** only `name`, `key`, `code`: asks for more of the value */
  weak: 1 << 17,
  /** a secret of any form */
  password: 1 << 18,
  /** a certificate of whatever kind: resident id or passport */
  certificate: 1 << 19,
  /** `number`, `value`: what the object says that it stands in */
  generic: 1 << 20,
} as const;

/** Of all bits: those that name a type. */
export const TYPE_BITS = (1 << 16) - 1;

/**
 * Words and joined words of field names, in English and pinyin, lower case. The longest at the end of a name decides:
 * `receiver_phone` says phone, `phone_order_id` says order.
 */
const WORDS: readonly (readonly [number, string])[] = [
  [
    SAYS.mobile,
    'phone phoneno phonenum phonenumber phonenbr mobile mobileno mobilenum mobilenumber mobilephone cell cellphone cellno tel telno telnum ' +
      'telnumber telephone telephoneno telephonenumber msisdn handphone contactno contactnum contactnumber whatsapp whatsappid callee caller calledno callingno ' +
      'sjh sjhm shouji shoujihao shoujihaoma lxdh lxsj dianhua dianhuahaoma lianxidianhua dh dhhm yddh smsto sendto msgto',
  ],
  [
    SAYS.resident_id,
    'idcard idcardno idcardnum idcardnumber idcardcode identitycard identitycardno residentid residentidno nationalid nationalidno citizenid citizenidno ' +
      'sfz sfzh sfzhm sfzid sfzno sfzhao shenfenzheng shenfenzhenghao shenfenzhenghaoma idcardid cardidno',
  ],
  [
    SAYS.resident_id | SAYS.certificate,
    'idno idnum idnumber identityno identitynum identitynumber identity certno certnum certnumber certificateno certificatenumber credentialno ' +
      'credentialsno credno documentno documentnumber docno docnumber iddocument zjh zjhm zjhao zhengjianhao zhengjianhaoma',
  ],
  [
    SAYS.bank_card,
    'card cardno cardnum cardnumber cardnbr bankcard bankcardno bankcardnum bankcardnumber bankno bankacct bankacctno bankaccount bankaccountno ' +
      'bankaccountnumber acctno acctnum accountno accountnumber accno creditcard creditcardno creditcardnum creditcardnumber ccnumber ccno ccnum cc debitcard debitcardno debitcardnumber ' +
      'payeraccount payeeaccount settleaccount settlementaccount visa mastercard maestro amex unionpay pan cardpan primaryaccountnumber paymentcard paycard kh kahao yhk yhkh yhkhm yhkhao yinhangka yinhangkahao yhzh xyk xykh',
  ],
  [
    SAYS.credit_code,
    'creditcode usci uscc creditno unifiedcode socialcreditcode unifiedsocialcreditcode unifiedcreditcode orgcode companycode enterprisecode taxno taxpayerid taxpayerno ' +
      'nsrsbh tyshxydm tyxydm shxydm xydm',
  ],
  [SAYS.passport, 'passport passportno passportnum passportnumber passportid hz hzh hzhm huzhao huzhaohao huzhaohaoma'],
  [
    SAYS.plate,
    'plate plateno platenum platenumber licenseplate licenceplate licenseno carno carnum carnumber carplate vehicleno vehiclenumber vehicleplate cph cphm ' +
      'chepai chepaihao chepaihaoma hphm',
  ],
  [SAYS.email, 'email emailaddress emailaddr mail mailbox mailaddress useremail e-mail yx youxiang dzyx dzyj'],
  [
    SAYS.person_name,
    'realname truename fullname firstname lastname surname givenname familyname middlename holdername personname chinesename englishname legalname ' +
      'contactname receivername consignee consigneename recipient recipientname receiver addressee payee payeename payername cardholder ' +
      'cardholdername accountname customername patientname passengername studentname employeename staffname legalperson membername guestname ' +
      'ownername linkman linkmanname contact contactperson contacts applicantname insuredname guardianname buyername sellername sendername drivername beneficiary ' +
      'xm xingming zsxm zhenshixingming shr shrxm lxr lxrxm lianxiren shouhuoren frxm ckr',
  ],
  [SAYS.person_name | SAYS.weak, 'name username uname nickname customer patient buyer passenger displayname mingzi mz'],
  [
    SAYS.address,
    'address addr addressline addressdetail street streetaddress streetaddr shippingaddress billingaddress deliveryaddress homeaddress mailingaddress receiveraddress ' +
      'receiveaddress detailaddress detailaddr postaladdress residence domicile dz dizhi xxdz jtdz lxdz shdz txdz zz zhuzhi zhuzhai jtzz hjdz',
  ],
  [SAYS.iban, 'iban ibanno ibannumber ibancode'],
  [SAYS.ssn, 'ssn ssnno ssnnumber socialsecurity socialsecurityno socialsecuritynumber socsec'],
  [
    SAYS.secret | SAYS.password,
    'password passwd pwd pass passphrase passcode userpassword newpassword oldpassword confirmpassword loginpassword paypassword passwordconfirm mm mima kouling',
  ],
  [
    SAYS.secret,
    'secret clientsecret appsecret secretkey secretid apikey apitoken apisecret accesskey accesskeyid accesskeysecret secretaccesskey accesstoken refreshtoken ' +
      'authtoken usertoken token idtoken sessiontoken logintoken bearer bearertoken privatekey encryptionkey signingkey masterkey credential credentials authkey sk ak ' +
      'appkey xapikey authorization auth webhooksecret jwtsecret sharedsecret sastoken',
  ],
  [SAYS.secret | SAYS.weak, 'key'],
  [
    SAYS.sms_code,
    'smscode smsverifycode smscaptcha verifycode verificationcode verifcode verification vcode vericode validcode validatecode validationcode captcha captchacode ' +
      'checkcode authcode otp otpcode onetimecode onetimepassword mfacode totp dynamiccode dynamicpassword phonecode mobilecode msgcode logincode confirmcode ' +
      'confirmationcode passcodesms yzm dxyzm sjyzm yanzhengma dtm dtmm jym jiaoyanma',
  ],
  [SAYS.sms_code | SAYS.weak, 'code'],
  [
    SAYS.otherwise,
    'id ids uid guid uuid oid pid rid gid cid mid order orderid orderno ordernum ordernumber ordersn ordercode sn trace traceid span spanid request requestid reqid req ' +
      'trade tradeno txn txnid txid tx transaction transactionid transactionno serial serialno serialnumber seq seqno sequence batch batchno time timestamp ts date datetime created ' +
      'createdat updated updatedat expires expire exp nonce rand random version ver lat lng lon latitude longitude coord coords coordinate coordinates gps price ' +
      'amount amt total fee cost money balance qty quantity count size length width height offset page limit cursor imei imei1 imei2 imsi iccid meid mac isbn isbn13 isbn10 issn ' +
      'ean upc barcode gtin sku skuid spu spuid goods goodsid goodsno product productid item itemid tracking trackingno trackingnumber trackingid waybill waybillno ' +
      'express expressno logistics logisticsno shipment shipmentno parcel parcelno invoice invoiceno invoicecode invoicenumber fapiao ref reference refno refid referenceno receipt receiptno ' +
      'ticket ticketno voucher voucherno coupon couponcode hash md5 sha sha1 sha256 sign signature sig checksum crc etag session sessionid sid device deviceid deviceno did ' +
      'openid unionid appid messageid msgid eventid log logid flow flowno flowid job jobid task taskid bill billid billno contract contractno contractnumber policy policyno ' +
      'zip zipcode postcode postalcode postal port status statuscode err errcode errno errorcode countrycode areacode citycode regioncode langcode currencycode productcode ' +
      'qrcode promocode invitecode invitationcode referralcode discountcode couponno responsecode resultcode returncode httpcode bankcode swiftcode sortcode typecode ' +
      'flightno trainno roomno seatno nbr sno index idx revision commit build duration elapsed latency tid xid vid aid bid ip ipaddress ipaddr macaddress macaddr remoteaddr remoteaddress clientaddr hostaddress ' +
      'serveraddress walletaddress contractaddress memaddr url host hostname filename file appname productname ' +
      'po awb lot consignment docket claim loan epoch millis nanos cookie visitor click gclid snowflake hex rownum account_seq giftcard giftcardno cardtype cardid librarycard ' +
      'ddh ddbh ddid dingdan dingdanhao dingdanbianhao lsh liushuihao bh bianhao wlh wldh wldan ydh yundanhao kddh kuaididanhao fph fphm fpdm fapiaohao jyh jylsh sjc shijian ' +
      'shijianchuo jine je jiage xlh xuliehao pch pici spbh hth zdh zhangdan',
  ],
  [SAYS.otherwise | SAYS.generic, 'no'],
  [SAYS.generic, 'number num value val'],
  [
    0,
    'csrftoken xsrftoken csrf xsrf pagetoken nexttoken nextpagetoken prevtoken continuationtoken pagingtoken cursortoken synctoken publickey foreignkey primarykey ' +
      'sortkey cachekey idempotencykey partitionkey routingkey objectkey bucketkey rowkey hotkey keyword keywords searchkey groupkey statekey translationkey ' +
      'tokentype tokenid tokens maxtokens keyid keytype secretname data text q query search content body msg message remark note comment desc description ' +
      'user account login userid_login pagesize domain domainname groupname companyname orgname classname typename ' +
      'accountnickname eventname brandname shopname storename rolename cityname provincename categoryname devicename displaytitle tablename columnname schoolname bankname deptname',
  ],
];

const ENDINGS: readonly (readonly [number, string])[] = [
  [SAYS.mobile, 'phone mobile phonenumber mobilenumber phoneno mobileno shouji shoujihao telephone cellphone'],
  [SAYS.resident_id, 'idcard idcardno shenfenzheng shenfenzhenghao'],
  [SAYS.bank_card, 'bankcard bankcardno creditcard cardnumber cardno yinhangka'],
  [SAYS.passport, 'passport passportno'],
  [SAYS.email, 'email youxiang'],
  [SAYS.person_name, 'realname fullname xingming contactname receivername'],
  [SAYS.address, 'shippingaddress homeaddress dizhi'],
  [SAYS.secret | SAYS.password, 'password passwd mima'],
  [SAYS.secret, 'accesstoken apikey secretkey appsecret authtoken'],
  [SAYS.sms_code, 'verifycode smscode yanzhengma verificationcode'],
];

/** Chinese words, simple and traditional; the one that ends last in the name decides, of these the longest. */
const CHINESE_WORDS: readonly (readonly [number, string])[] = [
  [SAYS.mobile, '手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 移动电话 座机 手機 手機號 手機號碼 電話 電話號碼 聯繫電話'],
  [SAYS.resident_id, '身份证 身份证号 身份证号码 公民身份号码 身份號碼 身份證 身份證號 身份證號碼 居民身份证'],
  [SAYS.resident_id | SAYS.certificate, '证件号 证件号码 證件號 證件號碼 证件'],
  [SAYS.bank_card, '卡号 银行卡 银行卡号 信用卡 信用卡号 储蓄卡 借记卡 银行账号 银行账户 收款账号 付款账号 卡號 銀行卡 銀行卡號 信用卡號'],
  [SAYS.credit_code, '统一社会信用代码 社会信用代码 信用代码 税号 纳税人识别号 統一社會信用代碼 組織機構代碼 组织机构代码'],
  [SAYS.passport, '护照 护照号 护照号码 護照 護照號 護照號碼 通行证 通行证号'],
  [SAYS.plate, '车牌 车牌号 车牌号码 号牌号码 車牌 車牌號'],
  [SAYS.email, '邮箱 电子邮箱 邮件 电子邮件 邮箱地址 電子郵件 郵箱 信箱'],
  [
    SAYS.person_name,
    '姓名 真实姓名 联系人 联系人姓名 收货人 收货人姓名 收件人 收件人姓名 寄件人 持卡人 户名 法人 法定代表人 客户姓名 患者姓名 姓名全称 申请人 被保险人 聯繫人 收貨人 名字',
  ],
  [SAYS.person_name | SAYS.weak, '名称 昵称 用户名'],
  [SAYS.address, '地址 住址 收货地址 家庭住址 家庭地址 详细地址 户籍地址 通讯地址 联系地址 居住地 寄件地址 收件地址 收貨地址'],
  [SAYS.ssn, '社会安全号码 社会安全号'],
  [SAYS.secret | SAYS.password, '密码 口令 登录密码 支付密码 密碼'],
  [SAYS.secret, '密钥 秘钥 令牌 访问令牌 密鑰'],
  [SAYS.sms_code, '验证码 短信验证码 手机验证码 校验码 动态码 动态密码 驗證碼 动态口令'],
  [
    SAYS.otherwise,
    '订单 订单号 订单编号 单号 流水 流水号 交易号 交易流水号 编号 时间 时间戳 物流单号 物流 运单号 运单 快递单号 快递 发票 发票号 发票代码 发票号码 金额 价格 序列号 版本 坐标 经度 纬度 ' +
      '批次 批次号 追踪号 条码 条形码 合同号 合同编号 工单号 商品编号 设备号 訂單 訂單號 編號 單號 网址 IP地址 ip地址 MAC地址',
  ],
];

/** Ends of words in no list that say an id or a number of something. */
export const ID_ENDING = /(?:id|no|sn|seq|time|stamp)$/;

/** Words that make the name a person's: `user_name` (weak: often a login) aside. */
const PEOPLE = new Set(
  (
    'customer member patient student contact receiver sender buyer seller owner guest passenger employee staff driver payer payee legal real true full first last given ' +
    'family applicant insured guardian parent child teacher doctor holder recipient consignee cardholder contactperson client borrower tenant visitor candidate'
  ).split(' '),
);
/** Words before `address` that make it a machine's. */
const MACHINES = new Set(
  'ip mac url host web wallet contract memory server remote client local peer bind listen proxy callback btc eth'.split(' '),
);
/** Words behind the one that decides. */
export const QUALIFIERS = new Set(
  (
    'value val values text txt str string input field raw data old new list arr array home work office main primary backup full plain detail details is was are at to of the for my your our ' +
    'and with by please call hao'
  ).split(' '),
);

export const FIELD_WORDS = tableOf(WORDS);
export const FIELD_ENDINGS = [...tableOf(ENDINGS)].sort((a, b) => b[0].length - a[0].length);
export const FIELD_CHINESE = [...tableOf(CHINESE_WORDS)].sort((a, b) => b[0].length - a[0].length);

/** What `words`, joined, say of a field whose last word is `name` or `address` and which is in no list. */
export function saysByKind(words: readonly string[]): number | undefined {
  const last = words[words.length - 1];
  if (last === 'name' && words.length > 1) {
    const before = words[words.length - 2];
    if (PEOPLE.has(before)) return SAYS.person_name;
    return before === 'user' ? SAYS.person_name | SAYS.weak : 0;
  }
  if ((last === 'address' || last === 'addr') && words.some((word) => MACHINES.has(word))) return SAYS.otherwise;
  return undefined;
}

function tableOf(lists: readonly (readonly [number, string])[]): Map<string, number> {
  const table = new Map<string, number>();
  for (const [bits, words] of lists) for (const word of words.split(' ')) table.set(word, bits);
  return table;
}
