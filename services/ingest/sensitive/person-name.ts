import { CHINESE, chineseBits, DOUBLE_SURNAMES, isChinese } from './chinese.ts';

const decoder = new TextDecoder();

/** Given names and surnames in Latin letters by which a field called only `name` is known to hold a person's. */
const COMMON = new Set(
  (
    'james john robert michael william david richard joseph thomas charles mary patricia jennifer linda elizabeth barbara susan jessica sarah karen ' +
    'daniel matthew anthony mark donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary ' +
    'nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron ' +
    'nancy lisa betty margaret sandra ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia ' +
    'kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet catherine maria heather ' +
    'diane ruth julie olivia joyce virginia victoria kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria ' +
    'peter simon martin adam alan henry arthur oliver harry leo lucas max felix hans klaus jan pierre jean luis carlos juan jose miguel antonio marco ' +
    'ali ahmed mohammed muhammad fatima ivan dmitri olga sofia alice bob charlie grace kate jane jim tom tim ben sam joe dan ' +
    'smith johnson brown jones miller davis wilson taylor anderson moore jackson lee thompson white harris clark lewis walker hall allen king wright ' +
    'garcia martinez rodriguez hernandez lopez gonzalez perez sanchez muller schmidt schneider fischer weber meyer wagner becker ' +
    'wang zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin luo zheng liang xie song tang feng deng cao peng zeng xiao tian dong ' +
    'li gao han yu pan jiang cai du ye cheng su wei lu ding ren shen yao cui zhong tan fan jin shi liao jia xia fu fang bai zou meng xiong qin qiu'
  ).split(' '),
);

/** Words of things, which people put in fields called `name`. */
const THINGS = new Set(
  'blue red green black shirt phone pro plus max mini case book test group company store shop order product admin system default'.split(
    ' ',
  ),
);

/** Words that begin like names with a surname: of things in fields called only `name`. */
const NO_NAMES = new Set(
  (
    '王牌 王国 黄金 黄色 黄油 白色 白酒 白糖 白银 金色 金额 金属 金牌 高级 高清 高端 高中 方案 方便 方式 马上 马桶 石油 江苏 江西 江南 安全 安装 安徽 安卓 常规 常用 程序 单价 单位 单人 单品 ' +
    '通用 全部 全国 全家 和平 时间 时尚 时代 项目 成功 成都 成人 成员 明细 平台 平安 平板 广州 广告 云南 云端 温泉 温度 温水 万能 万科 水果 花园 花生 毛巾 毛衣 牛奶 牛肉 牛仔 羊毛 鱼油 龙虾 ' +
    '连衣 连接 车票 文件 文具 文章 文化 周边 周末 周报 应用 计划 计算 计时 管理 支付 支持 能力 都市 新品 新款 新人 经典 经济 简介 简单 古典 古装 乐高 乐器 夏季 夏天 秋季 冬季 冬天 舒适 雷达 柴油 ' +
    '麦片 麻辣 葛根 花茶 南京 南瓜 海鲜 海南 银行 银色 冷冻 冷饮 强力 游戏 游客 游泳 宝贝 宝宝 童装 童鞋 房间 房屋 房产 党员 党建 盘子 席位 商品 商务 商城 商家 師傅 师傅 充电 米饭 米粉 国产 国家 国际 公司 公共 公园 门票 门店 满减 ' +
    '印章 印刷 练习 家具 家电 家居 卡片 卡通 司机 符号 储值 相机 相册 索引 向导 平衡 苗木 苹果 帅气 红色 红包 红酒 蓝色 蓝牙 路由 路线 景点 景区 关于 关键 关注'
  ).split(' '),
);

/** Last characters of places, trades and things. */
const NO_ENDINGS = new Set([...'市县区省州镇乡村员工师品机店厂部司社院校馆号类型版']);

/**
 * Whether text[start, end) is the name of a person in a field that says so: two to four Chinese characters that begin with
 * a surname, or two to four Latin words. `weak`: the field is only called `name`; Latin words have to be of known names then.
 * Masks (`*`) can stand for characters, but not for all.
 */
export function isPersonName(text: Uint8Array, start: number, end: number, weak: boolean): boolean {
  if (end - start < 2 || end - start > 60) return false;
  return text[start] >= 0x80 || text[end - 1] >= 0x80 ? isChineseName(text, start, end, weak) : isLatinName(text, start, end, weak);
}

function isChineseName(text: Uint8Array, start: number, end: number, weak: boolean): boolean {
  let characters = 0;
  let masks = 0;
  let dot = false;
  for (let i = start; i < end; characters++) {
    if (text[i] === 0x2a) {
      masks++;
      i++;
    } else if (text[i] === 0x2e && i > start) {
      // between the parts of Uighur, Tibetan and foreign names
      dot = true;
      i++;
    } else if (isChinese(text, i)) i += 3;
    else return false;
  }
  if (characters < 2 || masks === characters) return false;
  if (dot) return characters >= 4 && characters <= 16;
  if (text[start] === 0x2a) return characters <= 4;
  const surname = (chineseBits(text, start) & CHINESE.surname) !== 0;
  if (masks > 0) return surname ? characters <= 5 : isDouble(text, start) && characters <= 5;
  if (surname && characters <= 3)
    return (
      !weak || (!NO_ENDINGS.has(decoder.decode(text.slice(end - 3, end))) && !NO_NAMES.has(decoder.decode(text.slice(start, start + 6))))
    );
  return characters <= 4 && isDouble(text, start);
}

function isDouble(text: Uint8Array, start: number): boolean {
  return DOUBLE_SURNAMES.has(decoder.decode(text.slice(start, start + 6)));
}

function isLatinName(text: Uint8Array, start: number, end: number, weak: boolean): boolean {
  let words = 0;
  let known = 0;
  let masks = 0;
  let capitals = 0;
  let small = 0;
  for (let i = start; i < end; ) {
    const c = text[i];
    if (c === 0x20) {
      i++;
      continue;
    }
    const from = i;
    if (isCapital(c)) capitals++;
    else if (!isLetter(c) && c !== 0x2a) return false;
    let word = '';
    while (i < end && text[i] !== 0x20) {
      const c = text[i];
      if (c >= 0x61) small++;
      if (c === 0x2a) masks++;
      else if (!isLetter(c) && c < 0x80 && c !== 0x27 && c !== 0x2d && c !== 0x2e && c !== 0x2c) return false;
      word += String.fromCharCode(c).toLowerCase();
      i++;
    }
    if (i - from > 20) return false;
    words++;
    if (weak && THINGS.has(word)) return false;
    if (COMMON.has(word)) known++;
  }
  if (words === 0 || words > 4) return false;
  if (masks > 0) return capitals > 0 && end - start - masks > 0;
  // small letters, one word, or a field called only `name`: some word has to be known
  if (weak) return words > 1 && known > 0 && capitals === words;
  return capitals === words ? words > 1 || known > 0 || small > 0 : words > 1 && known > 0;
}

function isCapital(c: number): boolean {
  return c >= 0x41 && c <= 0x5a;
}

function isLetter(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}
