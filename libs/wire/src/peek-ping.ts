/**
 * Reads what a decision needs off the bytes of a hexfleet.v1.Ping: time, place, status and driver. Encoders write fields in
 * the order of their numbers, so time and place lie at fixed offsets, and what lies between them and the status has a fixed
 * size:
 *
 *   0  09 capturedAtMs (8)    9  11 lat (8)    18  19 lng (8)    27  then any of 25 seq, 2d heading, 35 speed, 3d accuracy
 *   (5 bytes each), 40 status (a byte), 4a driver id (length, ASCII), 52 vehicle class
 *
 * A ping that is written otherwise isn't peeked at: it is decoded, as ever. So is one that is cut off, that has a field twice,
 * or one that isn't known here: what a look tells is what the decoder would.
 */
import { DEFAULT_STATUS, STATUSES } from '@hexfleet/ping';
import type { PeekedPing } from './unread-ping.js';

const TIME_AND_PLACE_BYTES = 27;
const FIVE_BYTE_TAGS = new Set([0x25, 0x2d, 0x35, 0x3d]);
const STATUS_TAG = 0x40;
const DRIVER_TAG = 0x4a;
const VEHICLE_CLASS_TAG = 0x52;
/** The first byte of a longer length. */
const LONG = 0x80;

/** A ping that lies in `message` from `from` up to `to`; undefined when it isn't laid out so, or holds no place. */
export function peekPing(message: Buffer, from: number, to: number): PeekedPing | undefined {
  if (to > message.length || to - from < TIME_AND_PLACE_BYTES) return undefined;
  if (message[from] !== 0x09 || message[from + 9] !== 0x11 || message[from + 18] !== 0x19) return undefined;
  const capturedAtMs = message.readUInt32LE(from + 1) + message.readUInt32LE(from + 5) * 2 ** 32;
  const latDeg = message.readDoubleLE(from + 10);
  const lngDeg = message.readDoubleLE(from + 19);
  if (!(Math.abs(latDeg) <= 90 && Math.abs(lngDeg) <= 180)) return undefined;
  let at = from + TIME_AND_PLACE_BYTES;
  while (at < to && FIVE_BYTE_TAGS.has(message[at] as number)) at += 5;
  let status: PeekedPing['status'] | undefined = DEFAULT_STATUS;
  if (at + 1 < to && message[at] === STATUS_TAG) {
    const code = message[at + 1] as number;
    status = code === 0 ? DEFAULT_STATUS : STATUSES[code - 1];
    at += 2;
  }
  if (status === undefined) return undefined;
  let driverId: string | undefined;
  if (at < to && message[at] === DRIVER_TAG) {
    const end = endOfText(message, at, to);
    driverId = message.toString('latin1', at + 2, end);
    at = end;
  }
  if (at < to && message[at] === VEHICLE_CLASS_TAG) at = endOfText(message, at, to);
  return at === to ? { driverId, latDeg, lngDeg, capturedAtMs, status } : undefined;
}

/** Where a text ends whose tag lies at `at`; 0 where that is beyond `to`, or its length takes more than a byte. */
function endOfText(message: Buffer, at: number, to: number): number {
  const length = at + 1 < to ? (message[at + 1] as number) : LONG;
  return length < LONG && at + 2 + length <= to ? at + 2 + length : 0;
}
