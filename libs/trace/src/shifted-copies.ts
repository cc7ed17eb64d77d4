import { wrapLngDeg } from '@hexfleet/geodesy';
import type { TraceRow } from './trace-row.js';

/**
 * Copies of vehicles, for more load at true speed: copy k (2, 3, …) of vehicle `v` is called `v.k` and drives the same
 * way at the same time, moved by a fixed offset. Offsets lie on a sunflower: 300 m · √(k − 1) from the original, each
 * turned by the golden angle from the one before, so that copies spread evenly and no two drive on the same place.
 * Source of the arrangement: H. Vogel, "A better way to construct the sunflower head", Mathematical Biosciences 44
 * (1979).
 */
const SPACING_M = 300;
const GOLDEN_ANGLE_RAD = Math.PI * (3 - Math.sqrt(5));
const METRES_PER_LAT_DEG = 111_195;
const MAX_LAT_DEG = 85.05;

/** Six decimals, 0.1 m: as fine as the traces themselves. */
const DECIMALS = 1e6;

/** The row as its `copy`-th vehicle drives it; copy 1 is the row itself. */
export function shiftedCopy(row: TraceRow, copy: number): TraceRow {
  if (copy === 1) return row;
  const driverId = `${row.driverId}.${copy}`;
  // A bad fix stays the same bad fix: moved, 0/0 would become a good place off the coast of Ghana.
  if (!isFix(row)) return { ...row, driverId };
  const offsetM = SPACING_M * Math.sqrt(copy - 1);
  const angleRad = GOLDEN_ANGLE_RAD * copy;
  const eastM = offsetM * Math.sin(angleRad);
  const northM = offsetM * Math.cos(angleRad);
  const metresPerLngDeg = METRES_PER_LAT_DEG * Math.max(0.1, Math.cos((row.latDeg * Math.PI) / 180));
  return {
    ...row,
    driverId,
    latDeg: rounded(Math.max(-MAX_LAT_DEG, Math.min(MAX_LAT_DEG, row.latDeg + northM / METRES_PER_LAT_DEG))),
    lngDeg: rounded(wrapLngDeg(row.lngDeg + eastM / metresPerLngDeg)),
  };
}

function isFix({ latDeg, lngDeg }: TraceRow): boolean {
  return Math.abs(latDeg) <= MAX_LAT_DEG && Math.abs(lngDeg) <= 180 && (latDeg !== 0 || lngDeg !== 0);
}

function rounded(deg: number): number {
  return Math.round(deg * DECIMALS) / DECIMALS;
}
