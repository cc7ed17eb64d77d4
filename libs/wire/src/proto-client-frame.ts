/**
 * Decodes hexfleet.v1.ClientFrame into JSON's names. It reads the same bytes as the generated decoder, in about half the
 * time, and differs in three points: a 64-bit time beyond 2⁵³ is a (wrong) number and not an exception, so that one driver's
 * nonsense doesn't take the other pings of a fleet's frame with it; text is read as Latin-1, since ids, classes and tokens
 * are ASCII and whatever isn't fails their patterns; and a message that doesn't end where its length says is refused.
 *
 * A tag is field number × 8 + wire type (0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes).
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { STATUSES, type Status } from '@hexfleet/ping';
import { peekPing } from './peek-ping.js';
import { MAX_REQUEST_PINGS } from './ping-request.js';
import { type UnreadGate, UnreadPing } from './unread-ping.js';

const WIRE_TYPE_BITS = 7;
/** One for each status: they are all alike. */
const UNREAD = Object.fromEntries(STATUSES.map((status) => [status, new UnreadPing(status)])) as Record<
  Status,
  UnreadPing
>;

/** A frame as decoded: types are those of the wire, values unchecked. */
interface DecodedFrame {
  frameSeq: number | undefined;
  sentAtMs: number | undefined;
  pings: (DecodedPing | UnreadPing)[] | undefined;
  auth: string | undefined;
}

interface DecodedPing {
  driverId: string | undefined;
  lat: number | undefined;
  lng: number | undefined;
  capturedAtMs: number | undefined;
  seq: number | undefined;
  headingDeg: number | undefined;
  speedMps: number | undefined;
  accuracyM: number | undefined;
  /** A status, or the number of one that isn't known. */
  status: string | number | undefined;
  vehicleClass: string | undefined;
}

/** @throws Error when the bytes are no protobuf message, or are cut off. */
export function decodeClientFrame(message: Buffer, gate?: UnreadGate): DecodedFrame {
  const reader = new BinaryReader(message);
  const frame: DecodedFrame = { frameSeq: undefined, sentAtMs: undefined, pings: undefined, auth: undefined };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0x1a) {
      frame.pings ??= [];
      // One too many is refused with the frame; a frame full of empty ones must not cost an object each.
      if (frame.pings.length > MAX_REQUEST_PINGS) reader.skip(WireType.LengthDelimited);
      else frame.pings.push(unreadPing(reader, message, gate) ?? decodePing(reader, message));
    } else if (tag === 0x08) frame.frameSeq = reader.uint32();
    else if (tag === 0x11) frame.sentAtMs = fixed64(reader);
    else if (tag === 0x22) frame.auth = text(reader, message);
    else reader.skip(tag & WIRE_TYPE_BITS, tag >>> 3);
  }
  if (reader.pos > reader.len) throw new RangeError('a frame is cut off');
  return frame;
}

/** Passes over a ping that the gate turns away. One that can't be peeked at is left to be decoded. */
function unreadPing(reader: BinaryReader, message: Buffer, gate: UnreadGate | undefined): UnreadPing | undefined {
  if (gate === undefined) return undefined;
  const startsAt = reader.pos;
  const length = reader.uint32();
  const peeked = peekPing(message, reader.pos, reader.pos + length);
  if (peeked === undefined || gate(peeked)) {
    reader.pos = startsAt;
    return undefined;
  }
  reader.pos += length;
  return UNREAD[peeked.status];
}

function decodePing(reader: BinaryReader, message: Buffer): DecodedPing {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a ping is cut off');
  const ping: DecodedPing = {
    driverId: undefined,
    lat: undefined,
    lng: undefined,
    capturedAtMs: undefined,
    seq: undefined,
    headingDeg: undefined,
    speedMps: undefined,
    accuracyM: undefined,
    status: undefined,
    vehicleClass: undefined,
  };
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case 0x09:
        ping.capturedAtMs = fixed64(reader);
        break;
      case 0x11:
        ping.lat = reader.double();
        break;
      case 0x19:
        ping.lng = reader.double();
        break;
      case 0x25:
        ping.seq = reader.fixed32();
        break;
      case 0x2d:
        ping.headingDeg = reader.float();
        break;
      case 0x35:
        ping.speedMps = reader.float();
        break;
      case 0x3d:
        ping.accuracyM = reader.float();
        break;
      case 0x40:
        ping.status = statusOf(reader.uint32());
        break;
      case 0x4a:
        ping.driverId = text(reader, message);
        break;
      case 0x52:
        ping.vehicleClass = text(reader, message);
        break;
      default:
        reader.skip(tag & WIRE_TYPE_BITS, tag >>> 3);
    }
  }
  if (reader.pos !== end) throw new RangeError('a ping does not end where its length says');
  return ping;
}

function fixed64(reader: BinaryReader): number {
  const low = reader.fixed32();
  return reader.fixed32() * 2 ** 32 + low;
}

function text(reader: BinaryReader, message: Buffer): string {
  const length = reader.uint32();
  const start = reader.pos;
  reader.pos += length;
  if (reader.pos > reader.len) throw new RangeError('a text is cut off');
  return message.toString('latin1', start, reader.pos);
}

/** Codes are those of the enum hexfleet.v1.Status, 0 for none given. */
function statusOf(code: number): string | number | undefined {
  return code === 0 ? undefined : (STATUSES[code - 1] ?? code);
}
