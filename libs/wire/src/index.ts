/**
 * How pings and answers look on the wire: one shape, in JSON's names, and two encodings of it, JSON and protobuf, that a
 * reader above need not tell apart. Promises that what can't be decoded or isn't a frame is a value that says so, never an
 * exception; fields of single pings are passed on unchecked, so that one bad ping doesn't hurt the others of its frame.
 * Servers and clients (the command line, benches, tests) use the same codecs. Pure.
 */
import type { FrameCodec } from './frame-codec.js';
import { JSON_FRAMES } from './json-frames.js';
import { PROTO_FRAMES } from './proto-frames.js';

export type { ClientFrameReading, FrameCodec } from './frame-codec.js';
export * from './frames.js';
export { JSON_FRAMES } from './json-frames.js';
export { MAX_REQUEST_PINGS, type PingRequest, type PingRequestReading, readPingRequest } from './ping-request.js';
export { PROTO_FRAMES } from './proto-frames.js';
export { type PeekedPing, type UnreadGate, UnreadPing } from './unread-ping.js';

/** Every encoding; the first is the one for clients that name none. */
export const FRAME_CODECS: readonly FrameCodec[] = [JSON_FRAMES, PROTO_FRAMES];
