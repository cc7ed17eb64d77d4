import { connect } from 'node:net';

const EXCHANGE_TIMEOUT_MS = 2_000;

/**
 * Connects to 127.0.0.1:`port`, sends `request`, and tells whether all that came back satisfies `enough` before the
 * connection ends or 2 s pass. Enough for asking a server whether it is up, without its client library.
 */
export function rawExchange(port: number, request: string, enough: (received: string) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(EXCHANGE_TIMEOUT_MS, () => finish(false));
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (enough(received)) finish(true);
    });
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
  });
}
