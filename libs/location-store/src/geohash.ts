/**
 * The 52-bit score under which Redis's GEOADD would store a place, so that a plain variadic ZADD can be used:
 * latitude and longitude are each scaled to 26 bits over their range and interleaved, latitude in the even bits.
 * Source: Redis, geohash.c (geohashEncode with GEO_STEP_MAX = 26); the range of latitudes is that of Web Mercator.
 */
export const MAX_LAT_DEG = 85.05112878;

const CELLS = 2 ** 26;

/** Spreads 13 bits to the even bits of 26. */
const SPREAD = Uint32Array.from({ length: 8_192 }, (_, value) => {
  let spread = 0;
  for (let bit = 0; bit < 13; bit++) spread |= ((value >> bit) & 1) << (2 * bit);
  return spread;
});

/** The score of a place within ±MAX_LAT_DEG and ±180°, an integer below 2⁵². */
export function geohashScore(latDeg: number, lngDeg: number): number {
  const lat = Math.min(CELLS - 1, Math.floor(((latDeg + MAX_LAT_DEG) / (2 * MAX_LAT_DEG)) * CELLS));
  const lng = Math.min(CELLS - 1, Math.floor(((lngDeg + 180) / 360) * CELLS));
  const high = (SPREAD[lat >>> 13] as number) + 2 * (SPREAD[lng >>> 13] as number);
  const low = (SPREAD[lat & 8_191] as number) + 2 * (SPREAD[lng & 8_191] as number);
  return high * CELLS + low;
}
