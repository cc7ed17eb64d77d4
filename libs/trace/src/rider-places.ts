import { columnPlaces, numberedLines, numberIn } from './trace-text.js';

/** Where and when a rider asked for a car. */
export interface RiderPlace {
  readonly tsMs: number;
  readonly latDeg: number;
  readonly lngDeg: number;
}

const COLUMNS = ['ts_ms', 'lat', 'lng'] as const;

/**
 * Reads a file of riders' places, `ts_ms,lat,lng`, in its order; lines without three numbers are left out.
 * @throws TraceFormatError when a column is missing.
 */
export function parseRiderPlaces(text: string): RiderPlace[] {
  const lines = numberedLines(text);
  const places = columnPlaces(lines.next().value?.text ?? '', COLUMNS, COLUMNS);
  const riders: RiderPlace[] = [];
  for (const { text: line } of lines) {
    const cells = line.split(',');
    const tsMs = numberIn(cells[places.ts_ms]);
    const latDeg = numberIn(cells[places.lat]);
    const lngDeg = numberIn(cells[places.lng]);
    if (Number.isFinite(tsMs + latDeg + lngDeg)) riders.push({ tsMs, latDeg, lngDeg });
  }
  return riders;
}
