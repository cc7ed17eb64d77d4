/**
 * What each driver's last admitted ping was, and the four judgements that follow from it:
 *
 *   out_of_order     (capturedAtMs, seq) before the last admitted one's, or equal with another fix
 *   duplicate        equal in time, seq and fix, to 10⁻⁷ degrees
 *   inaccurate       the phone itself says that the fix is worse than `maxAccuracyM`
 *   impossible_jump  distance > maxSpeedMps × Δt + slackM
 *
 * A jump is quarantined: the ping is rejected and kept as the driver's candidate. A later one that is newer than the
 * candidate and could have been driven from there is believed, and so the driver goes on from the new place; one that could
 * have been driven from the last admitted fix shows that the candidate was a wild fix. Two fixes that agree are needed, so
 * a single wild one never moves a driver, and a driver that really was carried (a ferry, a tunnel, a spell without
 * network and a wrong clock) is frozen for one ping only.
 *
 * All times are corrected ones. When the offset that a driver's times are corrected by changes, times before and after
 * cannot be compared, and the driver's memory starts anew; else a clock that was stepped back would freeze the driver.
 */
import { distanceM, type LatLng } from '@hexfleet/geodesy';
import type { HygienePolicy } from './hygiene-policy.js';
import type { RejectCode } from './outcome.js';
import type { Ping } from './ping.js';
import { TwoGenerationRows } from './two-generation-rows.js';

const CAPTURED_AT_MS = 0;
const SEQ = 1;
/** Fixes are kept in units of 10⁻⁷ degrees, as records keep them. */
const LAT = 2;
const LNG = 3;
const OFFSET_MS = 4;
const CANDIDATE_AT_MS = 5;
const CANDIDATE_LAT = 6;
const CANDIDATE_LNG = 7;
const WIDTH = 8;
const NEVER = -1;
const UNITS_PER_DEG = 1e7;

export class AdmittedFixes {
  readonly #rows: TwoGenerationRows;

  /** Remembers at most `capacity` drivers; of one forgotten, any ping is taken for its first. */
  constructor(capacity: number) {
    this.#rows = new TwoGenerationRows(capacity, WIDTH);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Judges a ping beside its driver's last admitted one; `undefined` when nothing is wrong. Keeps a jump as candidate. */
  judge(ping: Ping, clockOffsetMs: number, policy: HygienePolicy): RejectCode | undefined {
    const at = this.#rows.find(ping.driverId);
    const { values } = this.#rows;
    const isKnown = at >= 0 && values[at + CAPTURED_AT_MS] !== NEVER && values[at + OFFSET_MS] === clockOffsetMs;
    if (isKnown) {
      const order =
        ping.capturedAtMs - (values[at + CAPTURED_AT_MS] as number) || ping.seq - (values[at + SEQ] as number);
      if (order < 0) return 'out_of_order';
      if (order === 0) return this.#isFixOf(at, ping) ? 'duplicate' : 'out_of_order';
    }
    if (ping.accuracyM !== undefined && ping.accuracyM > policy.maxAccuracyM) return 'inaccurate';
    if (!isKnown || isReachable(ping, values, at + CAPTURED_AT_MS, at + LAT, policy)) return undefined;
    const candidateAtMs = values[at + CANDIDATE_AT_MS] as number;
    const isBelieved =
      candidateAtMs !== NEVER &&
      ping.capturedAtMs > candidateAtMs &&
      isReachable(ping, values, at + CANDIDATE_AT_MS, at + CANDIDATE_LAT, policy);
    if (isBelieved) return undefined;
    values[at + CANDIDATE_AT_MS] = ping.capturedAtMs;
    values[at + CANDIDATE_LAT] = unitsOf(ping.latDeg);
    values[at + CANDIDATE_LNG] = unitsOf(ping.lngDeg);
    return 'impossible_jump';
  }

  /** Remembers a ping as its driver's last admitted one. */
  admit(ping: Ping, clockOffsetMs: number): void {
    let at = this.#rows.find(ping.driverId);
    if (at < 0) at = this.#rows.add(ping.driverId);
    const { values } = this.#rows;
    values[at + CAPTURED_AT_MS] = ping.capturedAtMs;
    values[at + SEQ] = ping.seq;
    values[at + LAT] = unitsOf(ping.latDeg);
    values[at + LNG] = unitsOf(ping.lngDeg);
    values[at + OFFSET_MS] = clockOffsetMs;
    values[at + CANDIDATE_AT_MS] = NEVER;
  }

  /**
   * Takes an admission back, if it is still its driver's last: the ping did not get into the stream, and the same ping sent
   * again must not be called a duplicate of it. What was known before it is not restored: the driver's next ping is taken
   * for its first.
   */
  forget(ping: Pick<Ping, 'driverId' | 'capturedAtMs' | 'seq'>): void {
    const at = this.#rows.find(ping.driverId);
    const { values } = this.#rows;
    if (at < 0 || values[at + CAPTURED_AT_MS] !== ping.capturedAtMs || values[at + SEQ] !== ping.seq) return;
    values[at + CAPTURED_AT_MS] = NEVER;
  }

  #isFixOf(at: number, fix: LatLng): boolean {
    const { values } = this.#rows;
    return values[at + LAT] === unitsOf(fix.latDeg) && values[at + LNG] === unitsOf(fix.lngDeg);
  }
}

/** Whether a ping could have been driven to from the fix at `lat`, `lat + 1`, taken at the time at `takenAt`. */
function isReachable(ping: Ping, values: Float64Array, takenAt: number, lat: number, policy: HygienePolicy): boolean {
  const from = {
    latDeg: (values[lat] as number) / UNITS_PER_DEG,
    lngDeg: (values[lat + 1] as number) / UNITS_PER_DEG,
  };
  const elapsedMs = ping.capturedAtMs - (values[takenAt] as number);
  return distanceM(from, ping) <= (policy.maxSpeedMps * elapsedMs) / 1_000 + policy.slackM;
}

function unitsOf(deg: number): number {
  return Math.round(deg * UNITS_PER_DEG);
}
