/** Chinese characters of the basic block, U+4E00 to U+9FFF: each is three bytes of UTF-8. */
const FIRST = 0x4e00;
const LAST = 0x9fff;

/** What a character is, as bits of the table. */
export const CHINESE = { surname: 1, province: 2, place: 4, plateEnd: 8 } as const;

/** The commonest surnames of one character: nearly all people (Ministry of Public Security, reports on names). */
const SURNAMES =
  '萧蕭赖洪常诸经贲钮滑荀汲糜邴弓牧隗宓蓬郗仰秋暴钭韶蓟怀鄂咸籍苍莘贡逄扶宰郦璩濮寿充习宦慎庾暨弘广禄殳沃蔚越夔融訾毋乜养须巢蒯竺桓肇粘靖揣昂笪佴仉郄郤贝虢王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金' +
  '石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂' +
  '章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解' +
  '牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎' +
  '甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖' +
  '练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危' +
  '玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂盧鍾' +
  '譚陸賈鄒龍賀顧龔萬錢嚴湯溫齊喬龐顏莊聶魯嶽關蘭寧紀畢單塗駱藍鮑饒';

/** Surnames of two characters. */
export const DOUBLE_SURNAMES = new Set([
  '欧阳',
  '歐陽',
  '上官',
  '司马',
  '司馬',
  '诸葛',
  '東方',
  '东方',
  '皇甫',
  '尉迟',
  '公孙',
  '慕容',
  '令狐',
  '司徒',
  '夏侯',
  '端木',
  '宇文',
  '长孙',
  '独孤',
  '南宫',
  '轩辕',
  '申屠',
  '太史',
  '闻人',
  '澹台',
  '濮阳',
  '钟离',
  '呼延',
  '拓跋',
  '百里',
  '西门',
  '淳于',
]);

/** Provinces on plates, and characters of special ones (embassies, consulates, armed police). */
const PROVINCES = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领';
/** Last character of plates for training, trailers, police, and of Hong Kong and Macao. */
const PLATE_ENDS = '学挂警港澳领使超试';
/** Words of places: areas, roads, houses. */
const PLACES = '省市区县旗州盟镇乡村屯街道路巷弄里胡同号栋幢座楼层室单元院园苑组队区縣鎮鄉號樓棟大厦广场小寨庄';

const TABLE = new Uint8Array(LAST - FIRST + 1);
for (const [letters, bit] of [
  [SURNAMES, CHINESE.surname],
  [PROVINCES, CHINESE.province],
  [PLACES, CHINESE.place],
  [PLATE_ENDS, CHINESE.plateEnd],
] as const) {
  for (const letter of letters) TABLE[(letter.codePointAt(0) ?? 0) - FIRST] |= bit;
}

/** Bits of the character whose three bytes begin at `at`; 0 for all others. */
export function chineseBits(text: Uint8Array, at: number): number {
  const code = chineseCode(text, at);
  return code < 0 ? 0 : TABLE[code - FIRST];
}

/** Whether a Chinese character begins at `at`. */
export function isChinese(text: Uint8Array, at: number): boolean {
  return chineseCode(text, at) >= 0;
}

function chineseCode(text: Uint8Array, at: number): number {
  if ((text[at] & 0xf0) !== 0xe0) return -1;
  const code = ((text[at] & 0x0f) << 12) | ((text[at + 1] & 0x3f) << 6) | (text[at + 2] & 0x3f);
  return code >= FIRST && code <= LAST ? code : -1;
}
