import { WeirError } from '../core/errors.ts';

/** An address to listen on. Port 0: any that is free. */
export interface ListenAddress {
  host: string;
  port: number;
}

/**
 * The parts of `host:port`; an IPv6 host may stand in brackets.
 * @param name of the setting, for the message
 * @throws WeirError `usage`
 */
export function parseListen(listen: string, name: string): ListenAddress {
  const cut = listen.lastIndexOf(':');
  const port = Number(listen.slice(cut + 1));
  if (cut < 1 || !/^\d{1,5}$/.test(listen.slice(cut + 1)) || port > 65_535)
    throw new WeirError(
      'usage',
      `${name} is ${listen}: an address to listen on is host:port with a port of at most 65535, as in 127.0.0.1:9600`,
    );
  return { host: listen.slice(0, cut).replace(/^\[(.*)\]$/, '$1'), port };
}

const REASONS: Record<string, string> = {
  EADDRINUSE: 'another process listens there already: stop it, or give another port',
  EACCES: 'this user may not listen on that port: take one above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this host name is not known',
};

/** What a failure to listen means; errors of other kinds come back as they are. */
export function listenError(error: unknown, listen: string, name: string): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException)?.code ?? ''];
  return reason === undefined ? error : new WeirError('usage', `${name} is ${listen}: ${reason}`, { cause: error });
}
