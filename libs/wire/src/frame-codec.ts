import type { ClientFrame, ServerFrame } from './frames.js';
import { isRecord, type PingRequest, readPingRequest } from './ping-request.js';
import type { UnreadGate } from './unread-ping.js';

/** What a message from an app is. `frameSeq` is there as far as it could be read. */
export type ClientFrameReading =
  | { readonly kind: 'pings'; readonly frameSeq: number | undefined; readonly request: PingRequest }
  | { readonly kind: 'auth'; readonly frameSeq: number | undefined; readonly token: string }
  /** It can be decoded, but isn't a frame. */
  | { readonly kind: 'invalid'; readonly frameSeq: number | undefined; readonly detail: string }
  /** It can't be decoded: what follows on the socket can't be trusted either. */
  | { readonly kind: 'undecodable'; readonly detail: string };

/** One encoding of frames, by the name of its WebSocket subprotocol. */
export interface FrameCodec {
  readonly subprotocol: string;
  /** Whether its messages are binary or text. */
  readonly isBinary: boolean;
  /** With a gate, pings that it turns away stay undecoded where the encoding allows that: `UnreadPing`s stand for them. */
  readClientFrame(message: Buffer, gate?: UnreadGate): ClientFrameReading;
  writeServerFrame(frame: ServerFrame): string | Uint8Array;
  writeClientFrame(frame: ClientFrame): string | Uint8Array;
  /** @throws Error when the message is no frame: a client's server is not trusted less than that. */
  readServerFrame(message: Buffer): ServerFrame;
}

const MAX_FRAME_SEQ = 2 ** 32 - 1;

/** Classifies what either encoding decoded, in JSON's names. */
export function readDecodedFrame(decoded: unknown): ClientFrameReading {
  if (!isRecord(decoded)) return { kind: 'invalid', frameSeq: undefined, detail: 'a frame is an object' };
  // null is a field left out, as in pings.
  const frameSeq = decoded.frameSeq ?? undefined;
  const auth = decoded.auth ?? undefined;
  const pings = decoded.pings ?? undefined;
  if (frameSeq !== undefined && !isFrameSeq(frameSeq)) {
    return {
      kind: 'invalid',
      frameSeq: undefined,
      detail: `frameSeq must be a whole number from 0 to ${MAX_FRAME_SEQ}`,
    };
  }
  if (auth !== undefined) {
    if (typeof auth !== 'string') return { kind: 'invalid', frameSeq, detail: 'auth must be a token' };
    if (pings !== undefined) return { kind: 'invalid', frameSeq, detail: 'a frame holds either pings or auth' };
    return { kind: 'auth', frameSeq, token: auth };
  }
  const reading = readPingRequest(decoded);
  if (reading.invalid !== undefined) return { kind: 'invalid', frameSeq, detail: reading.invalid };
  return { kind: 'pings', frameSeq, request: reading.request };
}

function isFrameSeq(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_FRAME_SEQ;
}
