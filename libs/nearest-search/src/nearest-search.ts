/**
 * k-nearest by widening rings. A ring asks for all drivers within a radius; when k of those that match lie within it, no
 * one outside can be nearer, and the search ends. Else the next radius is chosen from what was found:
 *
 *   next = radius × √(μ(k) / found)   held to 2…8 times, μ(k) = k + 2√k + 2
 *
 * With drivers spread like a Poisson process, a circle in which μ(k) are expected holds k in 95 to 99 cases of 100, so that
 * two rings mostly do where the first was too small. Every ring at least doubles, so a search of 50 km ends after ten.
 *
 * Carried forward (`carry`), a driver counts where it is believed to be by now, up to 2.1 km from its fix: 70 m/s, the most
 * that anybody is carried at, for 30 s. Any lower bound could miss somebody, since nothing is known of those who were not
 * fetched. So each ring fetches 2.1 km more than it decides on, and stays exact. That is the price of carrying: where ten
 * drivers are found within 1 km, those within 3.1 km are fetched, ten times as many; where within 300 m, 64 times as many.
 *
 * A wider ring holds the smaller one again: asking only for what lies between would need a set difference in the store, and
 * costs more than the few records sent twice.
 */
import {
  RECORD_BYTES,
  readRecord,
  recordCapturedAtMs,
  recordLatDeg,
  recordLngDeg,
  recordMotion,
  recordSeq,
  recordStatus,
} from '@hexfleet/driver-record';
import { carriedForward, distanceM, type LatLng, MAX_CARRY_M } from '@hexfleet/geodesy';
import type { Status } from '@hexfleet/ping';

export interface NearestQuery {
  readonly center: LatLng;
  /** k. */
  readonly limit: number;
  /** Nobody farther than this is of interest. */
  readonly radiusM: number;
  /** A guess; any is right, a good one is fast. */
  readonly startRadiusM: number;
  readonly nowMs: number;
  /** Positions older than this are left out. */
  readonly ttlMs: number;
  readonly statuses: ReadonlySet<Status>;
  /** Undefined: any. */
  readonly vehicleClass: string | undefined;
  /** Drivers count where they are believed to be at `nowMs`, not at their last fix. */
  readonly carry?: boolean;
  /** The newest record known of a driver beside what the rings give, such as one that was answered before. */
  readonly known?: (driverId: string) => Buffer | undefined;
}

export interface Candidate {
  readonly driverId: string;
  /** A packed record. */
  readonly record: Buffer;
}

export interface Nearest extends Candidate {
  /** The fix, or where it was carried to. */
  readonly place: LatLng;
  readonly distanceM: number;
}

const MIN_GROWTH = 2;
const MAX_GROWTH = 8;
/** Room for the rounding of a place that was carried. */
const CARRY_MARGIN_M = 1;

/**
 * Yields the radius, in metres, of fixes to ask for; is handed the drivers within it (more do no harm, nor does one twice);
 * returns the nearest, nearest first, equally near ones by driver id.
 */
export function* searchNearest(query: NearestQuery): Generator<number, readonly Nearest[], readonly Candidate[]> {
  const beyondM = query.carry === true ? MAX_CARRY_M + CARRY_MARGIN_M : 0;
  let radiusM = Math.min(query.radiusM, query.startRadiusM);
  while (true) {
    const found = rank(query, radiusM, yield radiusM + beyondM);
    if (found.length >= query.limit || radiusM >= query.radiusM) return found.slice(0, query.limit);
    radiusM = Math.min(query.radiusM, radiusM * growth(query.limit, found.length));
  }
}

/** How many drivers a circle should be expected to hold, to hold `limit` almost surely. */
export function expectedForLimit(limit: number): number {
  return limit + 2 * Math.sqrt(limit) + 2;
}

function growth(limit: number, found: number): number {
  const wanted = Math.sqrt(expectedForLimit(limit) / found);
  return Math.max(MIN_GROWTH, Math.min(MAX_GROWTH, wanted));
}

/** Those that match within the radius, nearest first. */
function rank(query: NearestQuery, radiusM: number, candidates: readonly Candidate[]): Nearest[] {
  const ranked: Nearest[] = [];
  const newest = newestByDriver(query, candidates);
  for (const [driverId, record] of newest) {
    if (!matches(query, record)) continue;
    const place = placeOf(query, record);
    const metres = distanceM(query.center, place);
    if (metres <= radiusM) ranked.push({ driverId, record, place, distanceM: metres });
  }
  return ranked.sort((a, b) => a.distanceM - b.distanceM || (a.driverId < b.driverId ? -1 : 1));
}

function placeOf({ carry, nowMs }: NearestQuery, record: Buffer): LatLng {
  const fix = { latDeg: recordLatDeg(record), lngDeg: recordLngDeg(record) };
  return carry === true ? carriedForward(fix, recordMotion(record), nowMs - recordCapturedAtMs(record)) : fix;
}

/** One record a driver, before anything else is looked at: an old "available" must not stand for a new "on_trip". */
function newestByDriver({ known }: NearestQuery, candidates: readonly Candidate[]): Map<string, Buffer> {
  const newest = new Map<string, Buffer>();
  for (const { driverId, record } of candidates) {
    if (record.length < RECORD_BYTES) continue;
    const other = newest.get(driverId) ?? known?.(driverId);
    newest.set(driverId, other !== undefined && isNewer(other, record) ? other : record);
  }
  return newest;
}

function matches({ nowMs, ttlMs, statuses, vehicleClass }: NearestQuery, record: Buffer): boolean {
  return (
    nowMs - recordCapturedAtMs(record) <= ttlMs &&
    statuses.has(recordStatus(record)) &&
    (vehicleClass === undefined || readRecord(record).vehicleClass === vehicleClass)
  );
}

/** Whether `a` was captured after `b`. */
export function isNewer(a: Buffer, b: Buffer): boolean {
  return (
    recordCapturedAtMs(a) - recordCapturedAtMs(b) > 0 ||
    (recordCapturedAtMs(a) === recordCapturedAtMs(b) && recordSeq(a) > recordSeq(b))
  );
}
