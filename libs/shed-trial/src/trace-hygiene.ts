import {
  AdmittedFixes,
  DEFAULT_HYGIENE,
  DEFAULT_VEHICLE_CLASS,
  type HygienePolicy,
  judgePing,
  type Ping,
  type PingSender,
  type RejectCode,
  readPing,
} from '@hexfleet/ping';
import type { PolicyHygiene } from '@hexfleet/shed-policy';
import type { TraceRow } from '@hexfleet/trace';

const ANYONE: PingSender = {
  driverId: undefined,
  vehicleClass: DEFAULT_VEHICLE_CLASS,
  isClassSettled: false,
  maxStatus: 'on_trip',
};

/**
 * The gateway's hygiene over a trace: a row is received at the newest time so far, so that one that is older than a row
 * before it is late by as much. Clocks of a trace are taken as right.
 */
export class TraceHygiene {
  readonly #admitted: AdmittedFixes;
  readonly #policy: HygienePolicy;
  #nowMs = Number.NEGATIVE_INFINITY;

  constructor(policy: PolicyHygiene, driversRemembered: number) {
    this.#policy = { ...DEFAULT_HYGIENE, ...policy };
    this.#admitted = new AdmittedFixes(driversRemembered);
  }

  /** The row as a valid ping, or what is wrong with it. */
  read(row: TraceRow): Ping | RejectCode {
    this.#nowMs = Math.max(this.#nowMs, row.tsMs);
    const { latDeg: lat, lngDeg: lng, tsMs: capturedAtMs, ...rest } = row;
    const seq = Math.floor(row.tsMs / 1_000) >>> 0;
    const ping = readPing({ ...rest, lat, lng, capturedAtMs, seq }, ANYONE, 0, this.#policy.maxSpeedMps);
    if (typeof ping === 'string') return ping;
    return judgePing(ping, this.#nowMs, 0, this.#admitted, this.#policy) ?? ping;
  }

  /** The ping is admitted: later ones of its driver are judged beside it. */
  admit(ping: Ping): void {
    this.#admitted.admit(ping, 0);
  }
}
