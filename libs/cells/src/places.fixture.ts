import { mix32 } from '@hexfleet/geo-partition';

export type Place = [latDeg: number, lngDeg: number];

/** Random places that a seed repeats. */
export function places(seed: number) {
  let state = mix32(seed * 0x9e3779b1);
  /** Mulberry32 (T. Ettinger). */
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    unit,
    /** Evenly over the part of the earth where pings are taken. */
    anywhere: (): Place =>
      [(Math.asin(2 * unit() - 1) * 180) / Math.PI, unit() * 360 - 180].map((deg, axis) =>
        axis === 0 ? Math.max(-85.05, Math.min(85.05, deg)) : deg,
      ) as Place,
    near: (latDeg: number, lngDeg: number, spreadDeg: number): Place => [
      latDeg + (2 * unit() - 1) * spreadDeg,
      lngDeg + (2 * unit() - 1) * spreadDeg,
    ],
  };
}
