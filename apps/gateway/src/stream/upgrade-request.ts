import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_CONTENT_TYPE, Problem } from '@hexfleet/web-edge';
import { FRAME_CODECS, type FrameCodec } from '@hexfleet/wire';

export const STREAM_PATH = '/v1/drivers/stream';

/** True when a request to upgrade is for the stream, whatever its query says. */
export function isForStream({ url = '' }: IncomingMessage): boolean {
  const queryAt = url.indexOf('?');
  return (queryAt < 0 ? url : url.slice(0, queryAt)) === STREAM_PATH;
}

/**
 * The encoding that a client and this gateway both know: the first that the client names, JSON when it names none.
 * @throws Problem when it names only others.
 */
export function codecFor({ headers }: IncomingMessage): FrameCodec {
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined) return FRAME_CODECS[0] as FrameCodec;
  for (const name of offered.split(',')) {
    const codec = FRAME_CODECS.find(({ subprotocol }) => subprotocol === name.trim());
    if (codec !== undefined) return codec;
  }
  const known = FRAME_CODECS.map(({ subprotocol }) => subprotocol).join(' and ');
  throw new Problem('invalid_request', `none of the subprotocols offered is known here; known are ${known}`);
}

/** Answers a request to upgrade with a problem, on the bare socket, and hangs up. */
export function refuseUpgrade(socket: Duplex, problem: Problem): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problem.body);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries(problem.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
