import { type DriverRecord, readRecord } from '@hexfleet/driver-record';
import type { Motion } from '@hexfleet/geodesy';
import type { Nearest } from '@hexfleet/nearest-search';
import type { Status } from '@hexfleet/ping';

/** A driver in the answer to "who is near?". What the phone did not tell is left out, whether it could be inferred or not. */
export interface NearbyDriver {
  readonly id: string;
  readonly lat: number;
  readonly lng: number;
  readonly distanceM: number;
  readonly headingDeg: number | undefined;
  readonly speedMps: number | undefined;
  readonly vehicleClass: string;
  readonly status: Status;
  readonly capturedAtMs: number;
  readonly ageMs: number;
}

/** One driver by id: also whether its ping was written, and when. */
export interface DriverPosition extends Omit<NearbyDriver, 'distanceM'> {
  readonly asOfMs: number;
  readonly accuracyM: number | undefined;
  readonly seq: number;
  readonly writtenAtMs: number;
}

export function nearbyDriver(
  { driverId, record, place, distanceM }: Nearest,
  nameOf: (driverId: string, life: number) => string,
  nowMs: number,
): NearbyDriver {
  const read = readRecord(record);
  const { vehicleClass, status, capturedAtMs, life } = read;
  return {
    id: nameOf(driverId, life),
    lat: rounded(place.latDeg),
    lng: rounded(place.lngDeg),
    distanceM: Math.round(distanceM * 10) / 10,
    ...readMotion(read),
    vehicleClass,
    status,
    capturedAtMs,
    ageMs: ageMs(capturedAtMs, nowMs),
  };
}

export function driverPosition(driverId: string, record: Buffer, nowMs: number): DriverPosition {
  const read = readRecord(record);
  const { latDeg, lngDeg, accuracyM, vehicleClass, status, capturedAtMs, seq, writtenAtMs } = read;
  return {
    asOfMs: nowMs,
    id: driverId,
    lat: latDeg,
    lng: lngDeg,
    ...readMotion(read),
    accuracyM,
    vehicleClass,
    status,
    capturedAtMs,
    seq,
    writtenAtMs,
    ageMs: ageMs(capturedAtMs, nowMs),
  };
}

/** Heading and speed as the phone read them: those that were inferred are for carrying, and no news to anybody. */
function readMotion({ isHeadingInferred, isSpeedInferred, headingDeg, speedMps }: DriverRecord): Motion {
  return {
    headingDeg: isHeadingInferred === true ? undefined : headingDeg,
    speedMps: isSpeedInferred === true ? undefined : speedMps,
  };
}

/** A place that was carried, to the 10⁻⁷ degrees that records keep. */
function rounded(angleDeg: number): number {
  return Math.round(angleDeg * 1e7) / 1e7;
}

/** A phone's clock may run a little ahead: nothing is younger than now. */
function ageMs(capturedAtMs: number, nowMs: number): number {
  return Math.max(0, nowMs - capturedAtMs);
}
