import { mix32 } from '../../core/hash.ts';
import type { SimulatedFlow } from '../event.ts';

/** Head of a Zeek conn.log. */
export const ZEEK_HEADER = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tconn',
  '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents',
  '#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]',
  '',
].join('\n');

const HISTORIES: Record<string, string> = { SF: 'ShADadFf', S0: 'S', REJ: 'Sr', RSTO: 'ShADadR', RSTR: 'ShADadr', SH: 'Sh' };

/** One record of a Zeek conn.log (TSV). */
export function zeekLine(flow: SimulatedFlow): string {
  const start = flow.at - flow.duration;
  const seconds = (ms: number): string => `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}000`;
  const out = Math.max(1, Math.ceil(flow.bytesIn / 1200));
  const back = flow.bytesOut === 0 ? 0 : Math.max(1, Math.ceil(flow.bytesOut / 1400));
  const uid = `C${mix32(start ^ flow.port).toString(36)}${mix32(flow.bytesIn ^ flow.bytesOut ^ flow.port).toString(36)}`;
  const answered = flow.state !== 'S0' && flow.state !== 'REJ';
  return [
    seconds(start),
    uid,
    flow.address,
    flow.port,
    flow.peer,
    flow.peerPort,
    flow.protocol,
    flow.service,
    answered ? seconds(flow.duration) : flow.duration > 0 ? seconds(flow.duration) : '-',
    flow.bytesIn,
    flow.bytesOut,
    flow.state,
    flow.localOrigin ? 'T' : 'F',
    flow.localPeer ? 'T' : 'F',
    0,
    HISTORIES[flow.state] ?? 'ShADad',
    out,
    flow.bytesIn + out * 40,
    back,
    flow.bytesOut + back * 40,
    '-',
  ].join('\t');
}
