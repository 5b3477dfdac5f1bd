import { PRIVATE_NETWORKS } from '../../schemas/private-networks.ts';
import { type BatchBuilder, FLAG, IDENTITY_ORIGINS } from '../core/batch.ts';
import { combine32, hash32 } from '../core/hash.ts';
import type { DeadReason } from '../core/stage.ts';
import { AddressBook, FACT } from './addresses/address-book.ts';
import { ClientAddress } from './addresses/client-address.ts';
import { NetworkList } from './addresses/ip-address.ts';
import { type ProxyReport, ProxySigns } from './addresses/proxy-signs.ts';
import type { FieldPlan } from './field-plan.ts';
import { SLOT } from './fields.ts';
import { AccountBook } from './identity/account-book.ts';
import { cookieSpan } from './identity/cookie.ts';
import { IdentityFinder } from './identity/identity.ts';
import { DocumentTemplates } from './interfaces/document-templates.ts';
import { FlowService } from './interfaces/flow-service.ts';
import { InterfaceTable, METHODS } from './interfaces/interface-table.ts';
import type { InterfaceTags } from './interfaces/interface-tags.ts';
import { turnAnswer } from './interfaces/one-way.ts';
import { QueryReader } from './interfaces/query-reader.ts';
import { RequestLine } from './interfaces/request-line.ts';
import { type Finding, InventoryWatch } from './inventory/inventory-watch.ts';
import { SensitiveWatch } from './inventory/sensitive-watch.ts';
import type { NormaliseConfig, NormaliseDeps } from './normalise-config.ts';
import { HashedPool } from './pools/hashed-pool.ts';
import type { TextPool } from './pools/text-pool.ts';
import { KIND } from './records/json-scanner.ts';
import { kindRefusal, recordKind } from './records/record-kind.ts';
import type { RecordView } from './records/record-view.ts';
import { contentHash, isHostName } from './records/text-checks.ts';
import { RequestHash } from './request-hash.ts';
import { fillRow, type HeldRow, Row } from './row.ts';
import { TargetFinder } from './target-finder.ts';
import { AgentBook } from './traits/agent-book.ts';
import { tlsTrait } from './traits/tls-fingerprint.ts';
import { unsignedOf } from './values/numbers.ts';
import { durationOf, NO_TIME, timeOf } from './values/time.ts';

const YEAR_1990 = Date.UTC(1990, 0, 1);
/** No event time of use lies behind this (the largest a DateTime64 column holds). */
const YEAR_2300 = Date.UTC(2299, 11, 31);
const MAX_U32 = 0xffffffff;
const SIZES = [SLOT.bytes_in, SLOT.bytes_out];
const HOST_ORIGIN = IDENTITY_ORIGINS.indexOf('host');
const SESSION_ORIGIN = IDENTITY_ORIGINS.indexOf('session');
const GET = METHODS.indexOf('GET');
const HEAD = METHODS.indexOf('HEAD');
/** Account of events that name neither an account nor an address. */
const UNKNOWN = new TextEncoder().encode('unknown');
const decoder = new TextDecoder();

/** Makes the event of the record in the view: numbers in `row`, texts as ids of its pools. */
export class EventMaker {
  private readonly view: RecordView;
  private readonly plan: FieldPlan;
  private readonly addresses: AddressBook;
  private readonly clients: ClientAddress;
  private readonly proxies: ProxySigns;
  private readonly accounts: AccountBook;
  readonly interfaces: InterfaceTable;
  private readonly services: FlowService;
  /** pool of the interfaces' texts, of requests and of services */
  private readonly interfaceTexts: TextPool;
  /** the record in hand is a connection's */
  private isFlow = false;
  /** it is of one direction */
  private isOneWay = false;
  /** what the interfaces were seen to do */
  readonly inventory: InventoryWatch;
  private readonly sensitive: SensitiveWatch;
  private readonly sessions: HashedPool;
  private readonly joined: boolean;
  private readonly agents: AgentBook;
  readonly identity: IdentityFinder;
  readonly targets: TargetFinder;
  private readonly query: QueryReader;
  private readonly requests: RequestHash;
  private readonly line = new RequestLine();

  readonly row = new Row();
  private accountId = -1;
  private addressId = -1;
  private interfaceId = -1;
  private sessionId = -1;
  /** the client was logged by the name of its host */
  private isNamed = false;
  /** which crawler the agent says it is (crawlers.ts) */
  private crawler = 0;
  /** why `make` refused */
  reason: DeadReason = 'bad_request';
  detail = '';

  constructor(view: RecordView, plan: FieldPlan, tags: InterfaceTags, config: NormaliseConfig, deps: NormaliseDeps) {
    const key = Uint32Array.from(config.key);
    const seed = combine32(key[0], key[3]);
    const { partitions } = config;
    const plain = config.plain ?? ['account', 'source'];
    this.view = view;
    this.plan = plan;
    this.addresses = new AddressBook({
      internal: new NetworkList(config.internalNetworks ?? PRIVATE_NETWORKS),
      trusted: new NetworkList(config.trustedProxies ?? []),
      data: deps.addresses,
      lists: deps.lists,
      partitions,
      seed,
      hashKey: plain.includes('source') ? undefined : key,
    });
    this.proxies = new ProxySigns(this.addresses);
    this.clients = new ClientAddress(view, this.addresses, {
      trusts: !plan.flows && (config.trustedProxies ?? []).length > 0,
      hops: plan.flows ? 0 : (config.proxyHops ?? 0),
      order: config.addressFrom,
    });
    this.accounts = new AccountBook({
      roles: config.roles ?? { admin: [], service: [] },
      plain: plain.includes('account'),
      key,
      partitions,
      seed,
    });
    const documents = config.documents === undefined ? undefined : new DocumentTemplates(config.documents);
    this.interfaces = new InterfaceTable(tags, config.source, partitions, seed, documents);
    this.interfaceTexts = this.interfaces.pool;
    this.services = new FlowService(view, this.addresses, this.interfaceTexts);
    this.inventory = new InventoryWatch(this.interfaceTexts);
    this.sensitive = new SensitiveWatch(view, key, plan.bodySlots);
    this.sessions = new HashedPool(key, partitions, seed);
    this.joined = config.joined === true;
    this.agents = new AgentBook(seed);
    this.identity = new IdentityFinder(view, plan.identity, this.accounts);
    this.targets = new TargetFinder(view, plan, this.accounts, new HashedPool(key, partitions, seed));
    this.requests = new RequestHash(key, config.source);
    this.query = new QueryReader(view, plan, this.interfaces, this.targets, seed);
  }

  /** Voids the references into batches. Called before each batch. */
  beginBatch(): void {
    this.addresses.pool.beginBatch();
    this.accounts.pool.beginBatch();
    this.interfaceTexts.beginBatch();
    this.targets.pool.beginBatch();
    this.sessions.beginBatch();
  }

  /** Gives up what is in full tables. Called between records. */
  makeRoom(): void {
    if (this.addresses.pool.ids.full) this.proxies.end();
    this.addresses.makeRoom();
    this.accounts.makeRoom();
    this.interfaces.makeRoom();
    this.targets.pool.makeRoom();
    this.sessions.makeRoom();
    this.query.makeRoom();
    this.agents.makeRoom();
    this.inventory.makeRoom();
  }

  /** Where the clients' addresses come from. */
  describeClients(): ProxyReport {
    return this.proxies.report(this.clients.outcome());
  }

  private refuse(reason: DeadReason, detail: string): false {
    this.reason = reason;
    this.detail = detail;
    return false;
  }

  /** Makes the event; false: the record is none, for `reason`. `offset`: where the record stands in its input. */
  make(offset: number): boolean {
    const { row, plan, view } = this;
    const kind = recordKind(view, plan);
    if (kind === 'none') return this.refuse(plan.flows ? 'not_this_format' : 'not_http', kindRefusal(view, plan));
    this.isFlow = kind !== 'request';
    this.isOneWay = kind === 'one_way';
    if (this.isOneWay) turnAnswer(view);
    if (!this.time() || !this.client()) return false;
    row.status = 0;
    row.peerCountry = 0;
    row.device = 0;
    this.crawler = 0;
    if (!this.sizes()) return false;
    row.records = Math.min(view.count(SLOT.records), MAX_U32);
    this.sessionId = -1;
    this.targets.clear();
    this.sensitive.clear();
    if (this.isFlow ? !this.flow() : !this.request()) return false;
    row.targetRun = this.targets.run;
    row.content = contentHash(view.workspace.view, view.start, view.end);
    row.offset = offset;
    row.index = view.index;
    row.line = view.line;
    row.request = 0;
    const slot = plan.requestSlot;
    if (slot >= 0 && view.has(slot)) row.request = this.requests.of(view.workspace.bytes, view.starts[slot], view.ends[slot]);
    this.place();
    if (!this.isFlow && this.addressId >= 0) this.proxies.take(this.addressId, (row.flags & FLAG.anonymous) !== 0, this.clients.reported);
    return true;
  }

  /** What the address says, and the partition: of the account, or of the session where sessions are joined. */
  private place(): void {
    const { row, accountId, addressId, addresses } = this;
    if (addressId >= 0) {
      row.prefix = addresses.fact(addressId, FACT.prefix);
      row.asn = addresses.fact(addressId, FACT.asn);
      row.country = addresses.fact(addressId, FACT.country);
      if (addresses.fact(addressId, FACT.internal) === 1) row.flags |= FLAG.internalSource;
      row.flags |= addresses.traits.flags(addressId, row.at, this.crawler, row.asn);
      // who lies about being a crawler is not excused for being one
      if (row.flags & FLAG.fakeCrawler) row.flags &= ~FLAG.robot;
    } else {
      row.prefix = 0;
      row.asn = 0;
      row.country = 0;
    }
    if (this.joined && this.sessionId >= 0) row.partition = this.sessions.partition(this.sessionId);
    else row.partition = accountId >= 0 ? this.accounts.partition(accountId) : addresses.fact(addressId, FACT.partition);
    row.caller = accountId >= 0 ? this.accounts.pool.ids.hashOf(accountId) : addresses.pool.ids.hashOf(addressId);
  }

  /** Bytes of both directions. In a line of text, a size that is none tells that what stands before it is not what it seems. */
  private sizes(): boolean {
    const { row, plan, view } = this;
    if (plan.kind === 'text')
      for (const slot of SIZES)
        if (view.has(slot) && !view.isCount(slot)) return this.refuse('not_this_format', `'${view.show(slot)}' is no size`);
    const sampling = view.count(SLOT.sampling) || 1;
    row.bytesIn = Math.min(view.count(SLOT.bytes_in) * sampling, Number.MAX_SAFE_INTEGER);
    row.bytesOut = Math.min(view.count(SLOT.bytes_out) * sampling, Number.MAX_SAFE_INTEGER);
    return true;
  }

  /** Event time and duration: of several, the one in the smallest unit that a name says (Apache's %D before %T). */
  private time(): boolean {
    const { row, plan, view } = this;
    const { kinds, starts, ends } = view;
    const { bytes } = view.workspace;
    let duration = 0;
    if (view.has(SLOT.duration_ns)) duration = durationOf(bytes, starts[SLOT.duration_ns], ends[SLOT.duration_ns], -6);
    else if (view.has(SLOT.duration_us)) duration = durationOf(bytes, starts[SLOT.duration_us], ends[SLOT.duration_us], -3);
    else if (view.has(SLOT.duration_ms)) duration = durationOf(bytes, starts[SLOT.duration_ms], ends[SLOT.duration_ms], 0);
    else if (view.has(SLOT.duration)) duration = durationOf(bytes, starts[SLOT.duration], ends[SLOT.duration], 3);
    else if (plan.spanned && view.has(SLOT.start) && view.has(SLOT.time)) {
      const start = timeOf(bytes, starts[SLOT.start], ends[SLOT.start]);
      if (start >= YEAR_1990) duration = timeOf(bytes, starts[SLOT.time], ends[SLOT.time]) - start;
    }
    if (duration < 0) duration = 0;
    row.duration = Math.min(duration, MAX_U32);
    const useStart = kinds[SLOT.start] !== KIND.absent && (plan.startFirst || kinds[SLOT.time] === KIND.absent);
    const slot = useStart ? SLOT.start : SLOT.time;
    if (!view.has(slot)) return this.refuse('no_time', `none of the fields ${plan.timeFields} is set`);
    const time = timeOf(bytes, starts[slot], ends[slot]);
    if (time === NO_TIME) return this.refuse('bad_time', `'${view.show(slot)}' is no time`);
    row.at = useStart ? time + duration : time;
    if (row.at < YEAR_1990) return this.refuse('time_before_1990', `'${view.show(slot)}' lies before 1990`);
    if (row.at > YEAR_2300) return this.refuse('bad_time', `'${view.show(slot)}' lies beyond 2299`);
    return true;
  }

  /** The client's address. Some gateways log none: such a request still counts for its account and interface. */
  private client(): boolean {
    const { view, clients, plan } = this;
    this.addressId = clients.find();
    this.isNamed = false;
    if (this.addressId >= 0) return true;
    this.isNamed = plan.namesClients && view.has(SLOT.address) && this.isHost(SLOT.address);
    if (view.kinds[SLOT.address] !== KIND.absent && !this.isNamed)
      return this.refuse('bad_address', `'${view.show(SLOT.address)}' is no IPv4 or IPv6 address`);
    return !this.isFlow || this.refuse('bad_address', `no address of the originator: none of the fields ${plan.addressFields} is set`);
  }

  private isHost(slot: number): boolean {
    const { starts, ends, workspace } = this.view;
    return isHostName(workspace.bytes, starts[slot], ends[slot]);
  }

  private request(): boolean {
    const { row, view, plan, interfaces, line, targets } = this;
    const { kinds, starts, ends, workspace } = view;
    if (kinds[SLOT.status] !== KIND.absent && !this.status()) return false;
    if (!line.read(view, plan)) return this.refuse(line.reason, line.detail);
    const missing = row.status === 404 && (line.method === GET || line.method === HEAD);
    interfaces.resolve(workspace, line.method, line.hostStart, line.hostEnd, line.pathStart, line.pathEnd, missing);
    this.interfaceId = interfaces.interfaceId;
    row.flags = interfaces.flags;
    row.path = hash32(workspace.bytes, line.pathStart, interfaces.pathEnd, line.method);
    if (kinds[SLOT.agent] === KIND.text) {
      this.agents.find(workspace, starts[SLOT.agent], ends[SLOT.agent]);
      row.device = this.agents.device;
      this.crawler = this.agents.crawler;
      if (this.agents.robot) row.flags |= FLAG.robot;
    }
    if (kinds[SLOT.fingerprint] === KIND.text) {
      const browser = row.device !== 0 && this.agents.browser;
      const tls = tlsTrait(workspace.bytes, starts[SLOT.fingerprint], ends[SLOT.fingerprint], browser);
      if (tls !== 0) row.device = combine32(row.device, tls) || 1;
    }
    this.identify();
    this.query.read(interfaces.pathEnd + 1, line.pathEnd);
    if (view.has(SLOT.operation)) interfaces.refineByOperation(workspace, starts[SLOT.operation], ends[SLOT.operation]);
    this.interfaceId = interfaces.interfaceId;
    row.flags |= interfaces.flags;
    row.object = interfaces.object;
    row.objectNumber = interfaces.objectNumber;
    if (targets.id < 0) targets.findLogged(this.accountId, row.flags);
    if (plan.sessionSlot >= 0) this.session();
    if (this.failed()) row.flags |= FLAG.failure;
    // what was not answered says nothing of an interface
    if (row.status < 400) this.lookForSensitive();
    return true;
  }

  /** In the path only where values stand in it; in the query wherever it is logged. */
  private lookForSensitive(): void {
    const { sensitive, interfaces, line } = this;
    if (interfaces.object !== 0) sensitive.scanPath(line.pathStart, interfaces.pathEnd);
    if (interfaces.pathEnd + 1 < line.pathEnd) sensitive.scan('query', interfaces.pathEnd + 1, line.pathEnd);
    else {
      sensitive.scanSlot('query', SLOT.query);
      sensitive.scanSlot('body', SLOT.query_object);
    }
    sensitive.scanBodies();
  }

  private status(): boolean {
    const { view } = this;
    const { bytes } = view.workspace;
    const start = view.starts[SLOT.status];
    const end = view.ends[SLOT.status];
    const dash = end - start === 1 && bytes[start] === 0x2d;
    const status = dash ? 0 : unsignedOf(bytes, start, end);
    if (status < 0 || status > 999 || (status > 0 && status < 100)) {
      return this.refuse('bad_status', `'${view.show(SLOT.status)}' is no HTTP status`);
    }
    this.row.status = status;
    return true;
  }

  /** Finds the account; without one the address stands in. */
  private identify(): void {
    const { row, identity, accounts, view } = this;
    this.accountId = identity.find(row.at);
    row.origin = identity.origin;
    if (this.accountId < 0 && this.isNamed) {
      this.accountId = accounts.find(view.workspace, view.starts[SLOT.address], view.ends[SLOT.address], false);
      row.origin = HOST_ORIGIN;
    }
    if (this.accountId >= 0) {
      row.flags |= accounts.flags(this.accountId);
      return;
    }
    row.flags |= FLAG.anonymous;
    if (this.addressId < 0) this.accountId = this.accountNamed(UNKNOWN);
  }

  private accountNamed(text: Uint8Array): number {
    const { workspace } = this.view;
    const from = workspace.put(text, 0, text.length);
    return this.accounts.find(workspace, from, workspace.scratch, false);
  }

  private session(): void {
    const { view, plan, sessions } = this;
    const { kinds, starts, ends, workspace } = view;
    const slot = plan.sessionSlot;
    if (view.has(slot)) this.sessionId = sessions.find(workspace.view, workspace.bytes, starts[slot], ends[slot]);
    else if (plan.sessionCookie !== undefined && kinds[SLOT.cookie] === KIND.text) {
      const span = cookieSpan(workspace.bytes, starts[SLOT.cookie], ends[SLOT.cookie], plan.sessionCookie);
      if (span !== undefined) this.sessionId = sessions.find(workspace.view, workspace.bytes, span[0], span[1]);
    }
  }

  /** Whether the request failed in the sense of its source: by the rule, else refused logins and 429. */
  private failed(): boolean {
    const { row, plan, view } = this;
    const rule = plan.failure;
    if (rule === undefined) {
      const { status } = row;
      return status === 429 || ((row.flags & FLAG.login) !== 0 && (status === 401 || status === 403 || status === 400 || status === 422));
    }
    if (view.kinds[rule.slot] === KIND.absent) return false;
    const { bytes } = view.workspace;
    const start = view.starts[rule.slot];
    const length = view.ends[rule.slot] - start;
    let listed = false;
    for (const value of rule.values) {
      if (value.length !== length) continue;
      let i = 0;
      while (i < length && value[i] === bytes[start + i]) i++;
      if (i === length) listed = true;
    }
    return listed !== rule.negated;
  }

  /** A network connection: account = originating host, interface = service. */
  private flow(): boolean {
    const { row, services } = this;
    if (!services.read(this.isOneWay)) return this.refuse(services.reason, services.detail);
    this.interfaceId = services.id;
    this.accountId = this.accountNamed(this.addresses.pool.bytesOf(this.addressId));
    row.flags = services.flags | this.accounts.flags(this.accountId);
    row.origin = HOST_ORIGIN;
    row.object = services.object;
    row.objectNumber = services.objectNumber;
    row.peerCountry = services.peerCountry;
    row.path = services.path;
    return true;
  }

  /** Writes the event into the batch of its partition. */
  write(builder: BatchBuilder): void {
    const { row, addressId, accountId, sessionId } = this;
    const { partition } = row;
    const at = builder.addRow();
    fillRow(builder, at, row);
    const c = builder.columns;
    const address = addressId < 0 ? 0 : this.addresses.pool.reference(addressId, partition, builder);
    c.address[at] = address;
    c.account[at] = accountId < 0 ? address : this.accounts.pool.reference(accountId, partition, builder);
    c.interface[at] = this.interfaceTexts.reference(this.interfaceId, partition, builder);
    if (this.targets.id >= 0) c.target[at] = this.targets.pool.reference(this.targets.id, partition, builder);
    if (sessionId >= 0) c.session[at] = this.sessions.reference(sessionId, partition, builder);
  }

  /** Tells the inventory of the event in hand. */
  see(): void {
    this.note(this.interfaceId, this.row, this.sessionId >= 0, this.sensitive.found);
  }

  /** Tells the inventory of an event that was held. */
  seeHeld({ row, interface: name, session, found }: HeldRow): void {
    this.note(this.interfaceTexts.internText(decoder.decode(name)), row, session !== undefined, found);
  }

  /** Who shows a session is not nobody, whoever it turns out to be later on. */
  private note(id: number, { at, flags, origin, status, caller }: Row, hasSession: boolean, found: readonly Finding[]): void {
    if ((flags & FLAG.unanswered) !== 0) return;
    const by = hasSession && (flags & FLAG.anonymous) !== 0 ? SESSION_ORIGIN : origin;
    this.inventory.note(id, at, by, status, caller, found);
  }

  /** A copy of the event that holds without the pools; `raw`: its record. */
  hold(raw: string): HeldRow {
    const { accountId, addressId, sessionId } = this;
    const address = addressId < 0 ? new Uint8Array(0) : this.addresses.pool.bytesOf(addressId).slice();
    return {
      row: Object.assign(new Row(), this.row),
      account: accountId < 0 ? address : this.accounts.pool.bytesOf(accountId).slice(),
      anonymous: accountId < 0,
      interface: this.interfaceTexts.bytesOf(this.interfaceId).slice(),
      address,
      target: this.targets.id < 0 ? undefined : this.targets.pool.digits(this.targets.id).slice(),
      session: sessionId < 0 ? undefined : this.sessions.digits(sessionId).slice(),
      found: this.sensitive.found.slice(),
      raw,
    };
  }
}
