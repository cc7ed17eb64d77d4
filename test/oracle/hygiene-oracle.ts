/**
 * What should become of a ping, worked out a second time and on its own: slow, plain, and sharing no line with the
 * gateway's hygiene, so that the two can be held against each other. The rules, in their order; the first that fails
 * names the code:
 *
 *   bad_coordinates  two numbers that are no place: NaN, |lat| > 85.05, |lng| > 180, or exactly 0,0
 *   bad_field        anything else is of the wrong kind or out of its range; a lat or lng that is no number, too. An
 *                    optional field that is null is one that isn't there
 *   future           captured more than 5 s after now                     too_old  captured more than 60 s before now
 *   out_of_order     (capturedAtMs, seq) before the last admitted, or equal to it with another fix
 *   duplicate        capturedAtMs, seq and fix of the last admitted
 *   inaccurate       accuracyM > 200
 *   impossible_jump  farther from the last admitted than maxSpeed · Δt + 50 m. Such a ping waits as a suspect: when the
 *                    next was taken later than the suspect and agrees with it by the same formula, the next is believed
 *
 * Age and future are judged on the time corrected for the phone's clock; order and repeats on the raw time. When the
 * correction changes, the driver starts anew.
 */
import { greatCircleM } from './great-circle.js';

export type OracleVerdict =
  | 'accepted'
  | 'bad_coordinates'
  | 'bad_field'
  | 'future'
  | 'too_old'
  | 'out_of_order'
  | 'duplicate'
  | 'inaccurate'
  | 'impossible_jump';

/** A ping as it is sent: any field may be anything. */
export interface SentPing {
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

/** What the oracle keeps of a ping that passed the checks of its fields. */
export interface OracleFix {
  readonly driverId: string;
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
  readonly seq: number;
  readonly clockAheadMs: number;
  readonly ping: SentPing;
}

export interface OraclePolicy {
  readonly maxSpeedMps: number;
  readonly maxAgeMs: number;
  readonly futureToleranceMs: number;
  readonly maxAccuracyM: number;
}

const JUMP_SLACK_M = 50;
const FASTEST_VEHICLE_MPS = 110;
const STATUS_WORDS = ['on_trip', 'en_route', 'available', 'idle'];

export class HygieneOracle {
  readonly #policy: OraclePolicy;
  readonly #admitted = new Map<string, OracleFix>();
  readonly #suspects = new Map<string, OracleFix>();

  constructor(policy: Partial<OraclePolicy> = {}) {
    this.#policy = { maxSpeedMps: 70, maxAgeMs: 60_000, futureToleranceMs: 5_000, maxAccuracyM: 200, ...policy };
  }

  /** The newest valid ping of each driver judged so far. */
  get newest(): ReadonlyMap<string, OracleFix> {
    return this.#admitted;
  }

  /** `clockAheadMs`: by how much the phone's clock is known to be ahead of ours. */
  judge(ping: SentPing, nowMs: number, clockAheadMs = 0): OracleVerdict {
    if (typeof ping.lat !== 'number' || typeof ping.lng !== 'number') return 'bad_field';
    if (!isPlace(ping.lat, ping.lng)) return 'bad_coordinates';
    if (!this.#goodFields(ping)) return 'bad_field';
    const fix: OracleFix = {
      driverId: ping.driverId as string,
      lat: ping.lat,
      lng: ping.lng,
      capturedAtMs: ping.capturedAtMs as number,
      seq: (ping.seq as number | null | undefined) ?? 0,
      clockAheadMs,
      ping,
    };
    const trueAtMs = fix.capturedAtMs - clockAheadMs;
    if (trueAtMs > nowMs + this.#policy.futureToleranceMs) return 'future';
    if (trueAtMs < nowMs - this.#policy.maxAgeMs) return 'too_old';

    const remembered = this.#admitted.get(fix.driverId);
    const last = remembered?.clockAheadMs === clockAheadMs ? remembered : undefined;
    if (last !== undefined) {
      const order = compareTimes(fix, last);
      if (order < 0) return 'out_of_order';
      if (order === 0) return fix.lat === last.lat && fix.lng === last.lng ? 'duplicate' : 'out_of_order';
    }
    if (typeof ping.accuracyM === 'number' && ping.accuracyM > this.#policy.maxAccuracyM) return 'inaccurate';
    if (last !== undefined && !this.#canReach(last, fix)) {
      const suspect = this.#suspects.get(fix.driverId);
      const isLater = suspect !== undefined && fix.capturedAtMs > suspect.capturedAtMs;
      if (!(isLater && this.#canReach(suspect, fix))) {
        this.#suspects.set(fix.driverId, fix);
        return 'impossible_jump';
      }
    }
    this.#suspects.delete(fix.driverId);
    this.#admitted.set(fix.driverId, fix);
    return 'accepted';
  }

  #canReach(from: OracleFix, to: OracleFix): boolean {
    const seconds = (to.capturedAtMs - from.capturedAtMs) / 1000;
    return greatCircleM(from, to) <= this.#policy.maxSpeedMps * seconds + JUMP_SLACK_M;
  }

  #goodFields(ping: SentPing): boolean {
    const fastestMps = Math.min(this.#policy.maxSpeedMps, FASTEST_VEHICLE_MPS);
    const { driverId, capturedAtMs, seq, speedMps, headingDeg, accuracyM, status, vehicleClass } = ping;
    return (
      typeof driverId === 'string' &&
      /^[A-Za-z0-9_.:-]{1,64}$/.test(driverId) &&
      isWhole(capturedAtMs, 2 ** 48 - 1) &&
      (isLeftOut(seq) || isWhole(seq, 0xffff_ffff)) &&
      (isLeftOut(speedMps) || isBetween(speedMps, 0, fastestMps)) &&
      (isLeftOut(headingDeg) || isBetween(headingDeg, 0, 360)) &&
      (isLeftOut(accuracyM) || isBetween(accuracyM, 0, Number.MAX_VALUE)) &&
      (isLeftOut(status) || STATUS_WORDS.includes(status as string)) &&
      (isLeftOut(vehicleClass) || (typeof vehicleClass === 'string' && /^[a-z0-9_-]{1,16}$/.test(vehicleClass)))
    );
  }
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null;
}

function isPlace(lat: number, lng: number): boolean {
  return isBetween(lat, -85.05, 85.05) && isBetween(lng, -180, 180) && !(lat === 0 && lng === 0);
}

function isBetween(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && value >= low && value <= high;
}

function isWhole(value: unknown, high: number): value is number {
  return Number.isInteger(value) && isBetween(value, 0, high);
}

/** Below 0 when `a` is older than `b`, above 0 when it is newer, by time and then by sequence. */
function compareTimes(a: OracleFix, b: OracleFix): number {
  return a.capturedAtMs === b.capturedAtMs ? a.seq - b.seq : a.capturedAtMs - b.capturedAtMs;
}
