/**
 * What readers believe of each driver: its last admitted fix, carried forward along heading and speed for at most 30 s
 * (geodesy's dead reckoning), here on a plane that touches the earth half way:
 *
 *   error = |(fix − last) − v · min(Δt, 30 s)|        metres; v: velocity north and east, m/s
 *
 * The plane is off by less than 0.5% up to 50 km and 85°, and costs a fifth. Of a driver that gives no heading, or no speed,
 * they are worked out from its last fixes, whether those were admitted or not, where 3 seconds to 5 minutes lie between: the
 * noise of two fixes that follow at once would make a car of a parked phone.
 *
 * A row has ten numbers a driver, 80 bytes, some 150 with its key; of too many drivers, those silent longest are forgotten.
 * A driver that isn't remembered counts as silent since some moment within its silence bound, by the hash of its id: so a
 * gateway that has just started hears of all drivers one after another, and not of all at once.
 */
import { EARTH_RADIUS_M, MAX_CARRY_MPS, MAX_CARRY_MS, type Motion, STANDING_MPS } from '@hexfleet/geodesy';
import { TwoGenerationRows } from '@hexfleet/ping';

/** The part of a ping that decides on it. Times in Unix ms, corrected for the phone's clock. */
export interface SeenFix extends Partial<Motion> {
  readonly driverId: string;
  readonly latDeg: number;
  readonly lngDeg: number;
  readonly capturedAtMs: number;
}

const SILENT_SINCE_MS = 0;
const LAT = 1;
const LNG = 2;
const NORTH_MPS = 3;
const EAST_MPS = 4;
const SEEN_AT_MS = 5;
const SEEN_LAT = 6;
const SEEN_LNG = 7;
const STATUS = 8;
/** Of the fix that the way is measured from. */
const ANCHOR_AT_MS = 9;
const WIDTH = 10;

const RAD_PER_DEG = Math.PI / 180;
const M_PER_DEG = EARTH_RADIUS_M * RAD_PER_DEG;
const SHORTEST_INFERENCE_MS = 3_000;
const LONGEST_INFERENCE_MS = 300_000;
/** Less between two fixes is noise, and says nothing of where the vehicle is heading. */
const STANDING_M = 12;
/** The longest gap between two pings that is taken for a habit. */
const LONGEST_GAP_MS = 60_000;

export class BelievedFixes {
  readonly #rows: TwoGenerationRows;
  #at = -1;

  /** Of the driver last looked at: metres by which readers are wrong, NaN where they believe nothing. */
  errorM = Number.NaN;
  /** Its silence up to this ping, and up to its next one if that takes as long as this one did. */
  silenceMs = 0;
  silenceAtNextMs = 0;
  /** The status under which readers believe it, as an index in STATUSES; −1 where they believe nothing. */
  statusIndex = -1;
  /** Whether it is remembered, and the ping is newer than what was seen of it. */
  isNewest = false;
  /** Its heading and speed where the phone gave none and its last fixes tell; NaN otherwise. */
  inferredHeadingDeg = Number.NaN;
  inferredSpeedMps = Number.NaN;

  constructor(capacity: number) {
    this.#rows = new TwoGenerationRows(capacity, WIDTH);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Looks a ping's driver up. `newcomerSilenceMs`: of a driver not remembered. */
  look(fix: SeenFix, newcomerSilenceMs: number): void {
    const at = this.#rows.find(fix.driverId);
    this.#at = at;
    this.inferredHeadingDeg = Number.NaN;
    this.inferredSpeedMps = Number.NaN;
    if (at < 0) {
      this.silenceMs = newcomerSilenceMs;
      this.silenceAtNextMs = newcomerSilenceMs;
      this.errorM = Number.NaN;
      this.statusIndex = -1;
      this.isNewest = false;
      return;
    }
    const { values } = this.#rows;
    const gapMs = fix.capturedAtMs - (values[at + SEEN_AT_MS] as number);
    this.isNewest = gapMs > 0;
    this.silenceMs = Math.max(0, fix.capturedAtMs - (values[at + SILENT_SINCE_MS] as number));
    this.silenceAtNextMs = this.silenceMs + Math.max(0, Math.min(LONGEST_GAP_MS, gapMs));
    this.errorM = this.#errorOf(fix);
    this.statusIndex = Number.isNaN(this.errorM) ? -1 : (values[at + STATUS] as number);
    if (fix.headingDeg === undefined || fix.speedMps === undefined) this.#infer(fix);
  }

  /** Remembers that the ping last looked at was seen. */
  remember(fix: SeenFix): void {
    if (this.#at < 0) {
      this.#at = this.#rows.add(fix.driverId);
      this.#rows.values[this.#at + SILENT_SINCE_MS] = fix.capturedAtMs - this.silenceMs;
      this.#rows.values[this.#at + LAT] = Number.NaN;
      this.#rows.values[this.#at + SEEN_AT_MS] = fix.capturedAtMs;
      this.#rows.values[this.#at + ANCHOR_AT_MS] = Number.NEGATIVE_INFINITY;
    }
    const { values } = this.#rows;
    if (fix.capturedAtMs < (values[this.#at + SEEN_AT_MS] as number)) return;
    values[this.#at + SEEN_AT_MS] = fix.capturedAtMs;
    if (fix.capturedAtMs - (values[this.#at + ANCHOR_AT_MS] as number) < SHORTEST_INFERENCE_MS) return;
    values[this.#at + ANCHOR_AT_MS] = fix.capturedAtMs;
    values[this.#at + SEEN_LAT] = fix.latDeg;
    values[this.#at + SEEN_LNG] = fix.lngDeg;
  }

  /** The ping last seen is admitted: readers believe it from now on. */
  admit(fix: SeenFix, statusIndex: number): void {
    const at = this.#at;
    const { values } = this.#rows;
    values[at + SILENT_SINCE_MS] = fix.capturedAtMs;
    values[at + LAT] = fix.latDeg;
    values[at + LNG] = fix.lngDeg;
    values[at + STATUS] = statusIndex;
    const headingDeg = fix.headingDeg ?? this.inferredHeadingDeg;
    const speedMps = fix.speedMps ?? this.inferredSpeedMps;
    const carriedMps = speedMps >= STANDING_MPS && !Number.isNaN(headingDeg) ? Math.min(speedMps, MAX_CARRY_MPS) : 0;
    values[at + NORTH_MPS] = carriedMps === 0 ? 0 : carriedMps * Math.cos(headingDeg * RAD_PER_DEG);
    values[at + EAST_MPS] = carriedMps === 0 ? 0 : carriedMps * Math.sin(headingDeg * RAD_PER_DEG);
  }

  /** A ping that was believed did not get through: its driver is due, since nobody knows any more how long it was silent. */
  forget({ driverId, capturedAtMs }: Pick<SeenFix, 'driverId' | 'capturedAtMs'>): void {
    const at = this.#rows.find(driverId);
    if (at < 0 || this.#rows.values[at + SILENT_SINCE_MS] !== capturedAtMs) return;
    this.#rows.values[at + LAT] = Number.NaN;
    this.#rows.values[at + SILENT_SINCE_MS] = capturedAtMs - LONGEST_GAP_MS;
  }

  #errorOf(fix: SeenFix): number {
    const { values } = this.#rows;
    const at = this.#at;
    const carriedSeconds = Math.max(0, Math.min(MAX_CARRY_MS, this.silenceMs)) / 1_000;
    const northM = (fix.latDeg - (values[at + LAT] as number)) * M_PER_DEG;
    const eastM = eastDeg(values[at + LNG] as number, fix.lngDeg) * mPerLngDeg(values[at + LAT] as number, fix.latDeg);
    const northErrorM = northM - (values[at + NORTH_MPS] as number) * carriedSeconds;
    const eastErrorM = eastM - (values[at + EAST_MPS] as number) * carriedSeconds;
    return Math.sqrt(northErrorM * northErrorM + eastErrorM * eastErrorM);
  }

  /** What the phone gave is left as it is; a heading isn't told of a vehicle that stands. */
  #infer(fix: SeenFix): void {
    const { values } = this.#rows;
    const at = this.#at;
    const gapMs = fix.capturedAtMs - (values[at + ANCHOR_AT_MS] as number);
    if (gapMs < SHORTEST_INFERENCE_MS || gapMs > LONGEST_INFERENCE_MS) return;
    const northM = (fix.latDeg - (values[at + SEEN_LAT] as number)) * M_PER_DEG;
    const eastM =
      eastDeg(values[at + SEEN_LNG] as number, fix.lngDeg) * mPerLngDeg(values[at + SEEN_LAT] as number, fix.latDeg);
    const wayM = Math.sqrt(northM * northM + eastM * eastM);
    const isStanding = wayM < STANDING_M;
    if (fix.headingDeg === undefined && !isStanding) this.inferredHeadingDeg = bearingOf(northM, eastM);
    if (fix.speedMps === undefined) {
      this.inferredSpeedMps = isStanding ? 0 : Math.min(MAX_CARRY_MPS, (wayM * 1_000) / gapMs);
    }
  }
}

function bearingOf(northM: number, eastM: number): number {
  return (Math.atan2(eastM, northM) / RAD_PER_DEG + 360) % 360;
}

/** Metres a degree of longitude half way between two latitudes: taken at either end, far north it would be off by tenths. */
function mPerLngDeg(latDeg: number, otherLatDeg: number): number {
  return M_PER_DEG * Math.cos(((latDeg + otherLatDeg) / 2) * RAD_PER_DEG);
}

/** From one longitude to another the short way round. */
function eastDeg(fromDeg: number, toDeg: number): number {
  const deg = toDeg - fromDeg;
  if (deg > 180) return deg - 360;
  return deg < -180 ? deg + 360 : deg;
}
