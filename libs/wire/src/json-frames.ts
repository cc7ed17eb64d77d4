import { type ClientFrameReading, type FrameCodec, readDecodedFrame } from './frame-codec.js';
import type { ServerFrame } from './frames.js';

/** A frame is one text message that holds one JSON object. */
export const JSON_FRAMES: FrameCodec = {
  subprotocol: 'hexfleet.v1.json',
  isBinary: false,
  readClientFrame,
  writeServerFrame: JSON.stringify,
  writeClientFrame: JSON.stringify,
  readServerFrame: (message) => JSON.parse(message.toString()) as ServerFrame,
};

function readClientFrame(message: Buffer): ClientFrameReading {
  let decoded: unknown;
  try {
    decoded = JSON.parse(message.toString());
  } catch {
    return { kind: 'undecodable', detail: 'not JSON' };
  }
  return readDecodedFrame(decoded);
}
