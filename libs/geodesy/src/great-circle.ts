/**
 * Great-circle formulas. The haversine form is used for distances because it keeps its precision at the few metres that
 * matter between a rider and a car, where the law of cosines loses it.
 * Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984); C. Veness, "Calculate distance, bearing
 * and more between latitude/longitude points".
 */

/** A place in WGS84 degrees: latitude −90…90, longitude −180…180. */
export interface LatLng {
  readonly latDeg: number;
  readonly lngDeg: number;
}

/** Mean earth radius R₁ of the IUGG, in metres. */
export const EARTH_RADIUS_M = 6_371_008.8;

const RAD_PER_DEG = Math.PI / 180;

/** Metres between two places along the great circle. */
export function distanceM(a: LatLng, b: LatLng): number {
  const sinHalfLat = Math.sin(((b.latDeg - a.latDeg) * RAD_PER_DEG) / 2);
  const sinHalfLng = Math.sin(((b.lngDeg - a.lngDeg) * RAD_PER_DEG) / 2);
  const h =
    sinHalfLat * sinHalfLat +
    Math.cos(a.latDeg * RAD_PER_DEG) * Math.cos(b.latDeg * RAD_PER_DEG) * sinHalfLng * sinHalfLng;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Initial bearing from one place to another, in degrees clockwise from north, 0 ≤ bearing < 360. */
export function bearingDeg(from: LatLng, to: LatLng): number {
  const fromLat = from.latDeg * RAD_PER_DEG;
  const toLat = to.latDeg * RAD_PER_DEG;
  const deltaLng = (to.lngDeg - from.lngDeg) * RAD_PER_DEG;
  const y = Math.sin(deltaLng) * Math.cos(toLat);
  const x = Math.cos(fromLat) * Math.sin(toLat) - Math.sin(fromLat) * Math.cos(toLat) * Math.cos(deltaLng);
  return (Math.atan2(y, x) / RAD_PER_DEG + 360) % 360;
}

/** The place reached from `from` after `metres` along the great circle that starts at `headingDeg`. */
export function destination(from: LatLng, headingDeg: number, metres: number): LatLng {
  const angle = metres / EARTH_RADIUS_M;
  const heading = headingDeg * RAD_PER_DEG;
  const lat = from.latDeg * RAD_PER_DEG;
  const sinLat = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(heading);
  const lng =
    from.lngDeg * RAD_PER_DEG +
    Math.atan2(Math.sin(heading) * Math.sin(angle) * Math.cos(lat), Math.cos(angle) - Math.sin(lat) * sinLat);
  return { latDeg: Math.asin(Math.max(-1, Math.min(1, sinLat))) / RAD_PER_DEG, lngDeg: wrapLngDeg(lng / RAD_PER_DEG) };
}

/** Any longitude in degrees, brought to −180 ≤ lng < 180. */
export function wrapLngDeg(lngDeg: number): number {
  return ((((lngDeg + 180) % 360) + 360) % 360) - 180;
}
