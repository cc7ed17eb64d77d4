/** Statuses of a driver, highest priority in shedding first. The index is the code in packed records. */
export const STATUSES = ['on_trip', 'en_route', 'available', 'idle'] as const;
export type Status = (typeof STATUSES)[number];

const INDICES: ReadonlyMap<unknown, number> = new Map(STATUSES.map((status, index) => [status, index]));

/** A status's place in STATUSES, 0 for the highest. */
export function statusIndexOf(status: Status): number {
  return INDICES.get(status) as number;
}

export function isStatus(value: unknown): value is Status {
  return INDICES.has(value);
}

/** Driver ids: 1–64 characters. */
export const DRIVER_ID_PATTERN = /^[A-Za-z0-9_.:-]{1,64}$/;
/** Vehicle classes: short names, such as car, bike, auto. */
export const MAX_VEHICLE_CLASS_LENGTH = 16;
export const VEHICLE_CLASS_PATTERN = new RegExp(`^[a-z0-9_-]{1,${MAX_VEHICLE_CLASS_LENGTH}}$`);

/**
 * One position report of one driver, valid in itself: every field is in range. Optional readings that the phone did not
 * give are `undefined`. `seq` is 0 where the app sends none.
 */
export interface Ping {
  readonly driverId: string;
  readonly latDeg: number;
  readonly lngDeg: number;
  /** When the phone took the fix, in Unix ms, corrected for the phone's clock where that is off by more than 5 s. */
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly headingDeg: number | undefined;
  readonly speedMps: number | undefined;
  /** Worked out from the way between two fixes, not read by the phone; so is the speed, below. */
  readonly isHeadingInferred?: boolean;
  readonly isSpeedInferred?: boolean;
  readonly accuracyM: number | undefined;
  readonly status: Status;
  readonly vehicleClass: string;
}
