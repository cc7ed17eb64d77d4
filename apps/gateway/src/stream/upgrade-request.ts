import type { IncomingMessage } from 'node:http';
import { Problem } from '@hexfleet/web-edge';
import { FRAME_CODECS, type FrameCodec } from '@hexfleet/wire';

export const STREAM_PATH = '/v1/drivers/stream';

/** True when a request to upgrade is for the stream, whatever its query says. */
export function isForStream({ method, url = '', headers }: IncomingMessage): boolean {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
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
