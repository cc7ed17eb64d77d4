import { readRecord } from '@hexfleet/driver-record';
import type { Nearest } from '@hexfleet/nearest-search';
import type { Status } from '@hexfleet/ping';

/** A driver in the answer to "who is near?". What the phone did not tell is left out. */
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
  { driverId, record, distanceM }: Nearest,
  nameOf: (driverId: string, life: number) => string,
  nowMs: number,
): NearbyDriver {
  const { latDeg, lngDeg, headingDeg, speedMps, vehicleClass, status, capturedAtMs, life } = readRecord(record);
  return {
    id: nameOf(driverId, life),
    lat: latDeg,
    lng: lngDeg,
    distanceM: Math.round(distanceM * 10) / 10,
    headingDeg,
    speedMps,
    vehicleClass,
    status,
    capturedAtMs,
    ageMs: ageMs(capturedAtMs, nowMs),
  };
}

export function driverPosition(driverId: string, record: Buffer, nowMs: number): DriverPosition {
  const { latDeg, lngDeg, headingDeg, speedMps, accuracyM, ...rest } = readRecord(record);
  const { vehicleClass, status, capturedAtMs, seq, writtenAtMs } = rest;
  return {
    asOfMs: nowMs,
    id: driverId,
    lat: latDeg,
    lng: lngDeg,
    headingDeg,
    speedMps,
    accuracyM,
    vehicleClass,
    status,
    capturedAtMs,
    seq,
    writtenAtMs,
    ageMs: ageMs(capturedAtMs, nowMs),
  };
}

/** A phone's clock may run a little ahead: nothing is younger than now. */
function ageMs(capturedAtMs: number, nowMs: number): number {
  return Math.max(0, nowMs - capturedAtMs);
}
