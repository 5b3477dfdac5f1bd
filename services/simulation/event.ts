/** One simulated request, before it is written in a gateway's format. Absent texts are ''. */
export interface SimulatedRequest {
  kind: 'request';
  tenant: string;
  /** when the record was complete, ms UTC (start = at - duration) */
  at: number;
  /** ms */
  duration: number;
  method: string;
  host: string;
  /** concrete path, without the query */
  path: string;
  /** without the question mark */
  query: string;
  /** `METHOD host/path/{template}` as Weir names it */
  interface: string;
  status: number;
  bytesIn: number;
  bytesOut: number;
  /** records that the response carried, 0 unknown */
  records: number;
  account: string;
  /** user name tried or sent in the body, where the tenant's gateway logs it */
  login: string;
  /** the client's own address */
  address: string;
  /** addresses between the client and the gateway, nearest to the client first; [] when it connects directly */
  via: readonly string[];
  agent: string;
  referer: string;
  session: string;
  /** plain value of what is probed or hit (phone number, user name), '' when there is none */
  target: string;
  /** business code of the response body, where the tenant's gateway logs it; 0 is success, -1 not logged */
  code: number;
  /** id of the campaign that it belongs to, '' for ordinary traffic */
  campaign: string;
  /** id of the benign note (hard negative) that it belongs to, '' for the rest */
  note: string;
}

/** One simulated network connection. */
export interface SimulatedFlow {
  kind: 'flow';
  tenant: string;
  /** end of the connection, ms UTC */
  at: number;
  duration: number;
  /** originator: the account */
  account: string;
  /** originator's address; the same text as `account` in a plain conn log */
  address: string;
  port: number;
  peer: string;
  peerPort: number;
  protocol: 'tcp' | 'udp';
  service: string;
  /** Zeek's conn_state: SF, S0, REJ, RSTO … */
  state: string;
  bytesIn: number;
  bytesOut: number;
  /** `tcp 10.0.0.5:443` as Weir names it; `tcp external:443` for all services outside */
  interface: string;
  localOrigin: boolean;
  localPeer: boolean;
  target: '';
  campaign: string;
  note: string;
}

export type SimulatedEvent = SimulatedRequest | SimulatedFlow;
export type Emit = (event: SimulatedEvent) => void;
