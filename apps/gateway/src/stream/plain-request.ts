import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers about the connection's upgrade, which mean nothing without it. */
const UPGRADE_HEADERS = new Set(['upgrade', 'http2-settings', 'connection']);

/**
 * Serves a request to upgrade as if it had not asked. RFC 9110 §7.8 has a server ignore an upgrade that it doesn't want, and
 * some clients offer one with every request (Java's HttpClient: `Upgrade: h2c`). But once anyone listens for upgrades, Node
 * 20 takes all that ask for one off its HTTP server. So the request's head is written anew without the offer, put back in
 * front of what followed it, and the socket is handed to the server as a new connection.
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.unshift(Buffer.concat([Buffer.from(headWithoutUpgrade(request), 'latin1'), head]));
  server.emit('connection', socket);
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders, headers }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!UPGRADE_HEADERS.has((rawHeaders[i] as string).toLowerCase()))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  const options = (headers.connection ?? '').split(',').map((option) => option.trim());
  const kept = options.filter((option) => option !== '' && !UPGRADE_HEADERS.has(option.toLowerCase()));
  if (kept.length > 0) lines.push(`Connection: ${kept.join(', ')}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
