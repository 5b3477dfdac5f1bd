import net from 'node:net';
import tls from 'node:tls';

/** ms */
const KEEP_ALIVE_DELAY = 60_000;

/**
 * Connects as the client would, with two differences: small requests go out at once (no Nagle), and the listeners that the
 * client adds to a socket with every failed attempt raise no warning.
 */
export function connectSocket({
  host,
  port,
  ssl,
  onConnect,
}: {
  host: string;
  port: number;
  ssl: tls.ConnectionOptions;
  onConnect: () => void;
}): net.Socket {
  const name = net.isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl ? tls.connect({ host, port, ...name, ...ssl }, onConnect) : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
  socket.setNoDelay(true);
  socket.setMaxListeners(0);
  return socket;
}
