/**
 * Where a vehicle is believed to be some time after its last fix, carried forward along its heading at its speed:
 *
 *   believed(t) = destination(fix, headingDeg, min(speedMps, 70 m/s) · min(t, 30 s))
 *
 * Riders are shown it, and load shedding assumes it: they must be the same. Past 30 s nothing more is read into a heading,
 * since by then a car in a city has turned or stopped; and nothing is carried faster than 70 m/s, so that who searches
 * knows how far from its fix a vehicle can be. Of a vehicle that gives no heading or no speed, the fix stays.
 * Source: O. Wolfson, A. P. Sistla, S. Chamberlain, Y. Yesha, "Updating and Querying Databases that Track Mobile Units",
 * Distributed and Parallel Databases 7 (1999).
 */
import { destination, type LatLng } from './great-circle.js';

export const MAX_CARRY_MS = 30_000;
/** What hygiene bounds speeds by, unless an operator raises it; an inferred speed may be anything. */
export const MAX_CARRY_MPS = 70;
/** The farthest that anything is carried. */
export const MAX_CARRY_M = (MAX_CARRY_MPS * MAX_CARRY_MS) / 1_000;
/** Slower than this is standing: the heading of a standing phone is noise. */
export const STANDING_MPS = 0.5;

export interface Motion {
  /** Clockwise from north. */
  readonly headingDeg: number | undefined;
  readonly speedMps: number | undefined;
}

/** The fix carried forward by `elapsedMs`; a negative time carries it nowhere. */
export function carriedForward(fix: LatLng, { headingDeg, speedMps }: Motion, elapsedMs: number): LatLng {
  if (headingDeg === undefined || speedMps === undefined || speedMps < STANDING_MPS || elapsedMs <= 0) return fix;
  return destination(fix, headingDeg, (Math.min(speedMps, MAX_CARRY_MPS) * Math.min(elapsedMs, MAX_CARRY_MS)) / 1_000);
}
