import { FLAG } from '../../core/batch.ts';
import { combine32 } from '../../core/hash.ts';
import type { DeadReason } from '../../core/stage.ts';
import { type AddressBook, FACT } from '../addresses/address-book.ts';
import { SLOT } from '../fields.ts';
import type { TextPool } from '../pools/text-pool.ts';
import { KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import { unsignedOf } from '../values/numbers.ts';

/**
 * Zeek's states of a connection that was tried but not established: no answer (S0), refused (REJ), given up before an
 * answer (RSTOS0, SH), or an answer to a try that was not seen and came to nothing (RSTRH, SHR).
 */
const UNANSWERED = new Set(['S0', 'REJ', 'RSTOS0', 'SH', 'RSTRH', 'SHR']);
/** Ports whose services are looked for by number: an unanswered try at one keeps it. */
const KNOWN_PORTS = new Set([
  20, 21, 22, 23, 25, 53, 67, 68, 69, 80, 81, 88, 110, 111, 119, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389, 443, 445, 465, 500, 502,
  512, 513, 514, 515, 554, 587, 593, 623, 631, 636, 853, 873, 902, 990, 993, 995, 1433, 1521, 1883, 2049, 2181, 2375, 2376, 2379, 3000,
  3306, 3389, 4444, 5000, 5060, 5432, 5601, 5672, 5900, 5984, 5985, 6379, 6443, 7001, 8000, 8080, 8081, 8443, 8500, 8888, 9000, 9090, 9092,
  9200, 9300, 10250, 11211, 15672, 25565, 27017, 50070,
]);
/** From this port on, clients take theirs (Linux's range begins here, IANA's at 49152). */
const EPHEMERAL = 32768;
/** Below this port are the system's services. */
const SYSTEM_PORTS = 1024;
/** IANA's protocol numbers of what connections are logged of. */
const PROTOCOLS: Record<string, string> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmp',
  132: 'sctp',
};
const decoder = new TextDecoder();

/**
 * The service that a connection went to: `tcp 10.0.0.5:443` within the internal networks, `tcp external:443` outside,
 * where the address is the object. Ports that only a scan or a client's own choice gives are one, `high` (from 1024 on) or `low`.
 */
export class FlowService {
  readonly pool: TextPool;
  private readonly view: RecordView;
  private readonly addresses: AddressBook;
  /** results of `read` */
  id = -1;
  flags = 0;
  object = 0;
  objectNumber = -1;
  peerCountry = 0;
  path = 0;
  reason: DeadReason = 'not_this_format';
  detail = '';

  /** @param pool of the interfaces' texts; who owns it gives up what is in it when it is full */
  constructor(view: RecordView, addresses: AddressBook, pool: TextPool) {
    this.view = view;
    this.addresses = addresses;
    this.pool = pool;
  }

  /** @param oneWay the record is of one direction: it may be an answer, whose peer's port is a client's choice */
  read(oneWay: boolean): boolean {
    const { view, addresses } = this;
    const { kinds, starts, ends, workspace } = view;
    if (kinds[SLOT.peer_address] === KIND.absent) return this.refuse('bad_address', 'no address of the responder');
    const peer = addresses.find(workspace, starts[SLOT.peer_address], ends[SLOT.peer_address]);
    if (peer < 0) return this.refuse('bad_address', `'${view.show(SLOT.peer_address)}' is no IPv4 or IPv6 address`);
    if (!view.has(SLOT.protocol)) return this.refuse('not_this_format', 'no protocol of the connection');
    const protocol = protocolOf(view.show(SLOT.protocol).toLowerCase());
    // protocols without ports are logged without them
    if (!view.has(SLOT.peer_port) && (protocol === 'tcp' || protocol === 'udp'))
      return this.refuse('not_this_format', 'no port of the responder');
    const port = view.has(SLOT.peer_port) ? unsignedOf(workspace.bytes, starts[SLOT.peer_port], ends[SLOT.peer_port]) : 0;
    if (port < 0 || port > 65535) return this.refuse('not_this_format', `'${view.show(SLOT.peer_port)}' is no port`);
    const originPort = view.has(SLOT.port) ? unsignedOf(workspace.bytes, starts[SLOT.port], ends[SLOT.port]) : 0;
    const unanswered = view.has(SLOT.state) && UNANSWERED.has(view.show(SLOT.state));
    const hash = addresses.fact(peer, FACT.hash);
    const internal = addresses.fact(peer, FACT.internal) === 1 || view.isTrue(SLOT.local_peer);
    const chosen = (unanswered && !KNOWN_PORTS.has(port)) || (port >= EPHEMERAL && (oneWay || originPort >= EPHEMERAL));
    const folded = chosen && protocol !== 'icmp';
    const host = internal ? decoder.decode(addresses.pool.bytesOf(peer)) : 'external';
    const shownHost = host.includes(':') ? `[${host}]` : host;
    this.id = this.pool.internText(
      `${/^[a-z0-9-]{1,16}$/.test(protocol) ? protocol : 'other'} ${shownHost}:${folded ? (port < SYSTEM_PORTS ? 'low' : 'high') : port}`,
    );
    this.flags = FLAG.flow | (internal ? FLAG.internalTarget : 0) | (unanswered ? FLAG.unanswered : 0);
    if (view.isTrue(SLOT.local_source)) this.flags |= FLAG.internalSource;
    this.object = (folded ? combine32(hash, port) : hash) || 1;
    this.objectNumber = folded ? port : -1;
    this.peerCountry = internal ? 0 : addresses.fact(peer, FACT.country);
    this.path = combine32(hash, port);
    return true;
  }

  private refuse(reason: DeadReason, detail: string): false {
    this.reason = reason;
    this.detail = detail;
    return false;
  }
}

/** A protocol's name from its name or number, lower case. */
function protocolOf(logged: string): string {
  return PROTOCOLS[logged] ?? (/^(ipv6-?icmp|icmp-?v?6)$/.test(logged) ? 'icmp' : logged);
}

/** Whether a service that is known by its number is at port `a`, and none at port `b`. */
export function servesRather(a: number, b: number): boolean {
  const isKnown = (port: number): boolean => (port > 0 && port < SYSTEM_PORTS) || KNOWN_PORTS.has(port);
  return isKnown(a) && !isKnown(b);
}
