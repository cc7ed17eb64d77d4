/**
 * From what a client sent, JSON or protobuf, to a ping whose every field is in range, or to `bad_coordinates` or
 * `bad_field`. Written by hand: this runs for every ping, and a schema library costs ten to a hundred times as much.
 *
 * Two numbers that are no place on earth (NaN, infinite, beyond ±85.05 or ±180, exactly 0,0) are `bad_coordinates`;
 * everything else that is missing, of another type or out of range is a `bad_field`. Fields that aren't known are ignored, and
 * null in an optional field is a field left out, as many encoders write it.
 */
import { MAX_ABS_LAT_DEG, READING_CEILING_MPS } from './hygiene-policy.js';
import type { RejectCode } from './outcome.js';
import { DRIVER_ID_PATTERN, isStatus, type Ping, type Status, statusIndexOf, VEHICLE_CLASS_PATTERN } from './ping.js';

/** What the sender's token settles for all of its pings. */
export interface PingSender {
  /** The one driver that the pings are of; `undefined`: each ping names its own. */
  readonly driverId: string | undefined;
  /** Of all pings where it is settled, else of those that name no class. */
  readonly vehicleClass: string;
  readonly isClassSettled: boolean;
  /** A higher status is silently lowered to this one. */
  readonly maxStatus: Status;
}

/** Fields of a ping as they may arrive; nothing is known of their types. */
export interface RawPing {
  readonly driverId?: unknown;
  readonly lat?: unknown;
  readonly lng?: unknown;
  readonly capturedAtMs?: unknown;
  readonly seq?: unknown;
  readonly headingDeg?: unknown;
  readonly speedMps?: unknown;
  readonly accuracyM?: unknown;
  readonly status?: unknown;
  readonly vehicleClass?: unknown;
}

export const DEFAULT_VEHICLE_CLASS = 'car';
export const DEFAULT_STATUS: Status = 'available';

const MAX_TIME_MS = 2 ** 48 - 1;
const MAX_SEQ = 2 ** 32 - 1;

/** True for what a Unix time in ms may be: it fits the 48 bits that records and batches keep. */
export function isTimeMs(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIME_MS;
}

/** Reads one ping; `clockOffsetMs` is added to the time that the phone gave. */
export function readPing(
  raw: unknown,
  sender: PingSender,
  clockOffsetMs: number,
  maxSpeedMps: number,
): Ping | RejectCode {
  if (typeof raw !== 'object' || raw === null) return 'bad_field';
  const fields = raw as RawPing;
  const { lat, lng, capturedAtMs } = fields;
  const seq = fields.seq ?? 0;
  const headingDeg = fields.headingDeg ?? undefined;
  const speedMps = fields.speedMps ?? undefined;
  const accuracyM = fields.accuracyM ?? undefined;
  const status = fields.status ?? DEFAULT_STATUS;
  const driverId = fields.driverId ?? sender.driverId;
  const vehicleClass = sender.isClassSettled ? sender.vehicleClass : (fields.vehicleClass ?? sender.vehicleClass);

  if (typeof lat !== 'number' || typeof lng !== 'number') return 'bad_field';
  if (!(Math.abs(lat) <= MAX_ABS_LAT_DEG && Math.abs(lng) <= 180) || (lat === 0 && lng === 0)) return 'bad_coordinates';

  if (!isTimeMs(capturedAtMs)) return 'bad_field';
  if (!Number.isInteger(seq) || !isWithin(seq, 0, MAX_SEQ)) return 'bad_field';
  if (headingDeg !== undefined && !isWithin(headingDeg, 0, 360)) return 'bad_field';
  if (speedMps !== undefined && !isWithin(speedMps, 0, Math.min(maxSpeedMps, READING_CEILING_MPS))) return 'bad_field';
  if (accuracyM !== undefined && !isWithin(accuracyM, 0, Number.MAX_VALUE)) return 'bad_field';
  if (!isStatus(status)) return 'bad_field';
  if (vehicleClass !== sender.vehicleClass && !matches(vehicleClass, VEHICLE_CLASS_PATTERN)) return 'bad_field';
  if (driverId !== sender.driverId && !matches(driverId, DRIVER_ID_PATTERN)) return 'bad_field';
  if (driverId === undefined) return 'bad_field';

  return {
    driverId: driverId as string,
    latDeg: lat,
    lngDeg: lng,
    capturedAtMs: capturedAtMs + clockOffsetMs,
    seq,
    headingDeg: headingDeg === 360 ? 0 : headingDeg,
    speedMps,
    accuracyM,
    status: cappedStatus(status, sender.maxStatus),
    vehicleClass: vehicleClass as string,
  };
}

/** A status as high as it may be. */
export function cappedStatus(status: Status, maxStatus: Status): Status {
  return statusIndexOf(status) < statusIndexOf(maxStatus) ? maxStatus : status;
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
