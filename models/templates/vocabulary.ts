/**
 * Words that developers name paths with. Names of people, goods and places are seldom among them, so a word's being here
 * is evidence (no proof) that a path segment was written by a developer and is no value.
 */

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Segments that stand beside values of a variable and are none: `/users/me`, `/orders/search`, `/releases/latest`. */
const RESERVED = new Set(
  words(`
  me self my mine current whoami myself login logout signin signout signup register search find query filter lookup suggest
  suggestions autocomplete latest newest recent new all count counts batch bulk bulk-create bulk-update bulk-delete export import
  upload download random featured popular trending upcoming verify validate check preview stats statistics summary list
  listing create update delete edit add remove save submit confirm cancel approve reject enable disable start stop restart
  activate deactivate reset refresh sync send resend pay refund graphql health healthz readyz livez ping status version info
  metrics config settings exists available schema metadata openapi.json swagger.json _search _count _bulk _stats _all _find
  _design _session _changes top hot feed feeds tree by-name by-id by-email bookmarks token tokens callback webhook webhooks
  verify_credentials update_credentials history overview dashboard options defaults default types live nearby
  autosuggest validate-token forgot-password reset-password change-password bulk_import bulk_docs page pages 列表 搜索 详情
  查询 新增 删除 修改 更新 导出 导入 登录 退出 注册 统计 领取
`),
);

/** What is done: a name that begins with one (`getUser`, `list-orders`, `CreateInvoice`) is a developer's. */
const VERBS = new Set(
  words(`
  get list create update delete remove add set put post fetch find search query load save submit send cancel confirm approve
  reject check verify validate export import upload download start stop reset enable disable sync refresh register login
  logout sign subscribe unsubscribe notify count batch bulk modify edit insert select apply assign revoke grant lock unlock
  open close publish unpublish archive restore copy move merge place charge refund pay checkout reserve release redeem
  calculate compute generate process execute run retry do make is has can by show view read write change detect translate
  transfer withdraw bind unbind handle push pull receive return resend quote estimate track complete finish accept decline
`),
);

/** Nouns and adjectives of APIs, singular. */
const NOUNS = new Set(
  words(`
  api rest rpc service app web mobile internal external public private open gateway admin management manager system sys core
  common base main test debug v1 v2 v3 graphql odata soap ws wss socket sdk client server portal console backend frontend
  user account profile member customer consumer person people employee staff student patient contact lead agent operator
  visitor guest owner author team group org organization organisation company department role permission policy scope right
  session token auth oauth oauth2 sso credential password key secret certificate identity login logout register captcha otp
  sms code verification mfa order cart basket item line product goods sku category catalog catalogue brand price pricing
  stock inventory warehouse supplier vendor shop store merchant shipment shipping delivery tracking carrier parcel package
  return refund payment charge invoice bill billing receipt transaction transfer wallet balance card bank loan fund deposit
  withdrawal subscription plan coupon voucher promotion discount campaign offer deal reward point loyalty gift review rating
  comment reply post article page blog news feed story topic thread message chat conversation channel room inbox mail email
  notification alert event calendar schedule booking reservation appointment ticket task job project board issue milestone
  sprint release build pipeline deployment environment branch commit tag label repository repo pull merge request hook
  webhook integration plugin extension module component template theme layout form field setting config configuration
  preference option feature flag experiment segment audience metric stat statistic report analytics dashboard chart graph
  log audit trace history activity timeline stream monitor health status heartbeat probe version info about help support faq
  doc docs document documentation file folder directory image photo picture video audio media asset attachment upload
  download thumbnail avatar icon gallery album playlist track song artist show movie episode season genre library book
  chapter lesson course quiz exam question answer grade certificate school class subject country region state city district
  province location place address map geo route direction zone area point station stop line vehicle car trip ride flight
  airport airline hotel room property listing home house agency device sensor meter reading command firmware gateway node
  cluster namespace pod container volume disk network firewall instance image snapshot backup bucket object blob queue topic
  worker cron batch operation workflow process rule action trigger condition step stage state type kind status unit currency
  rate quote exchange market symbol index portfolio position trade fee tax budget expense income salary payroll leave
  attendance shift contract agreement signature claim insurance policy quote premium menu recipe ingredient meal restaurant
  table kitchen game match player score league standing fixture lineup tournament leaderboard level achievement friend
  follower following like favorite favourite bookmark watchlist wishlist share link url redirect short qr code site domain
  host dns record ip proxy cdn cache search suggestion recommendation result filter query language locale translation
  dictionary word content entry entity resource collection set list tree node relation relationship link link data dataset
  table row column schema model view query database db sql storage quota usage limit threshold capacity job import export
  sync migration maintenance emergency contact note memo reminder todo checklist survey poll vote response feedback complaint
  ticket incident case evidence claim dispute alert threat vulnerability scan patch update upgrade license license key terms
  privacy consent cookie gdpr sitemap robots manifest favicon index home landing start overview summary detail details list
  basic advanced custom default global local shared personal business corporate enterprise partner affiliate reseller
  new latest current active inactive pending approved rejected archived deleted draft published upcoming past recent
  popular trending featured top best related similar nearby random daily weekly monthly yearly annual hourly real time live
  realtime online offline total average count sum max min first last next previous prev all any none self me my own
  actuator env beans mappings swagger openapi spec metadata well known discovery jwks userinfo authorize introspect revoke
  callback consent logout silent check ping echo whoami time date timezone holiday weather forecast observation temperature
  cancel refund approve reject close reopen publish unpublish enable disable activate deactivate lock unlock start stop
  pause resume restart retry reset send resend confirm verify validate complete submit save copy clone move archive restore
  enroll join leave invite accept decline follow unfollow like unlike mute block report share subscribe unsubscribe renew
  terminate extend redeem claim apply checkin checkout register login pickup dispatch assign unassign transfer convert
  snooze acknowledge resolve escalate rate vote play pause skip shuffle seek download upload print preview render export
  image balance bulk change shadow telemetry label manifest adjustment movement level supplier pipeline stage call note
  template field revenue performance agent deal lost lead synonym antonym fleet departure arrival boarding pass history
  lineup bindings contents permission whoami overview exchange queue vhost disclosure shareholder child children parent
  sibling member ancestor descendant head body payload attachment signature fingerprint digest hash checksum
`),
);

/** 用户, 订单 and the like: what Chinese paths are named with. */
const CHINESE = new Set(
  words(`
  用户 订单 商品 产品 支付 购物车 登录 退出 注册 搜索 列表 详情 优惠券 评论 收藏 地址 物流 退款 消息 通知 设置 首页 分类 库存 报表 统计
  权限 角色 部门 员工 客户 合同 发票 账户 余额 充值 提现 转账 查询 新增 删除 修改 更新 导出 导入 上传 下载 领取 取消 确认 审核 审批 提交
  管理 系统 接口 服务 门店 城市 地区 政策 文件 图片 视频 文章 新闻 公告 帮助 关于 活动 会员 积分 关注 粉丝 点赞 分享 直播 课程 考试 成绩 学生
  老师 班级 学校 医生 患者 预约 挂号 药品 检查 病历 车辆 司机 线路 车票 酒店 房间 入住 菜单 餐厅 外卖 骑手
`),
);

/** Words of a segment: camelCase, kebab-case, snake_case and dots part them. Lower case. */
export function wordsOf(segment: string): string[] {
  return segment
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function singular(word: string): string {
  if (word.length <= 3 || !word.endsWith('s')) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(ss|us|is)$/.test(word)) return word;
  return /(x|ch|sh|ss|z)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

/** Whether a segment is one of those that stand beside values. */
export function isReserved(segment: string): boolean {
  return RESERVED.has(segment);
}

/** Reserved words that are titles, tags and names of things too. */
const DOUBTFUL = new Set(
  words(
    'history health live info hot top new all types default stats page pages overview options current summary status version tree feeds list schema news',
  ),
);
export function isDoubtful(segment: string): boolean {
  return DOUBTFUL.has(segment);
}

/** Names that hardly any value has. */
const ALWAYS = new Set(
  words('me self whoami search login logout signin signup latest count batch bulk validate verify healthz readyz @me @all'),
);
export function isAlwaysLiteral(segment: string): boolean {
  return ALWAYS.has(segment);
}

/** Whether it names something done, in several words: `getUser`, `list-orders`. */
export function isVerbal(segment: string): boolean {
  const parts = wordsOf(segment);
  return parts.length >= 2 && VERBS.has(parts[0]);
}

/** 0..1: which part of a segment's words is of the vocabulary of APIs. */
export function wordiness(segment: string): number {
  if (CHINESE.has(segment)) return 1;
  const parts = wordsOf(segment);
  if (parts.length === 0) return 0;
  let known = 0;
  for (const part of parts) if (NOUNS.has(part) || NOUNS.has(singular(part)) || VERBS.has(part) || CHINESE.has(part)) known++;
  return known / parts.length;
}

/** Whether a segment names several of something: what follows is likely one of them. */
export function isPlural(segment: string): boolean {
  const last = wordsOf(segment).at(-1) ?? '';
  return (last.length > 3 && last.endsWith('s') && !/(ss|us|is|news)$/.test(last)) || last === 'people' || last === 'children';
}

/** Segments under which the whole of an API hangs: what follows names its parts. */
export function isTrunk(segment: string): boolean {
  return /^(v\d+(\.\d+)*(alpha|beta)?\d*|api|apis|rest|rpc|services?|gateway|odata|openapi|open|public|internal|admin|app|web|mobile|backend|server|\d+(\.\d+)+)$/i.test(
    segment,
  );
}

/** Words for a property that has few values: what follows is one of them. */
const PROPERTIES = new Set(
  words(`
  type kind state status category channel provider period level range size color colour mode theme region country city lang language
  locale currency unit format platform env environment stage role tier metric tag genre topic section symbol ticker brand vendor
  protocol gender season quarter weekday grade severity priority visibility carrier network chain asset market
`),
);
export function isProperty(segment: string): boolean {
  return PROPERTIES.has(segment.toLowerCase()) || /^by[-_]/.test(segment);
}
