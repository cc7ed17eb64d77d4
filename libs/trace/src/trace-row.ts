import { columnPlaces, numberedLines, numberIn, type UnreadableLine } from './trace-text.js';

/**
 * One row of a trace, as the file has it: nothing is checked but that it names a vehicle and a time. A coordinate that
 * is no number is NaN; a reading the file has no column or no value for is `undefined`.
 */
export interface TraceRow {
  readonly driverId: string;
  /** When the fix was taken, in the trace's own time, Unix ms. */
  readonly tsMs: number;
  readonly latDeg: number;
  readonly lngDeg: number;
  readonly speedMps: number | undefined;
  readonly headingDeg: number | undefined;
  readonly accuracyM: number | undefined;
  readonly status: string | undefined;
  readonly vehicleClass: string | undefined;
}

export interface ParsedTrace {
  readonly rows: TraceRow[];
  readonly unreadable: UnreadableLine[];
}

const REQUIRED_COLUMNS = ['driver_id', 'ts_ms', 'lat', 'lng'] as const;
/** The columns of a trace, in the order in which `traceLine` writes them. */
export const TRACE_COLUMNS = [
  ...REQUIRED_COLUMNS,
  'speed_mps',
  'heading_deg',
  'accuracy_m',
  'status',
  'vehicle_class',
] as const;

/**
 * Reads a whole trace, in the file's order. Columns are found by their names in the first line; others are passed over.
 * @throws TraceFormatError when a required column is missing.
 */
export function parseTrace(text: string): ParsedTrace {
  const lines = numberedLines(text);
  const places = columnPlaces(lines.next().value?.text ?? '', TRACE_COLUMNS, REQUIRED_COLUMNS);
  const rows: TraceRow[] = [];
  const unreadable: UnreadableLine[] = [];
  for (const line of lines) {
    const cells = line.text.split(',');
    const driverId = cells[places.driver_id] ?? '';
    const tsMs = numberIn(cells[places.ts_ms]);
    if (driverId === '' || !Number.isFinite(tsMs)) {
      unreadable.push(line);
      continue;
    }
    rows.push({
      driverId,
      tsMs,
      latDeg: numberIn(cells[places.lat]),
      lngDeg: numberIn(cells[places.lng]),
      speedMps: reading(cells[places.speed_mps]),
      headingDeg: reading(cells[places.heading_deg]),
      accuracyM: reading(cells[places.accuracy_m]),
      status: cells[places.status] || undefined,
      vehicleClass: cells[places.vehicle_class] || undefined,
    });
  }
  return { rows, unreadable };
}

/** One line of a trace, without its end, with the columns of `TRACE_COLUMNS`. */
export function traceLine(row: TraceRow): string {
  const readings = [row.speedMps, row.headingDeg, row.accuracyM, row.status, row.vehicleClass];
  return `${row.driverId},${row.tsMs},${row.latDeg},${row.lngDeg},${readings.map((value) => value ?? '').join(',')}`;
}

/** The rows by time; rows of one moment stay in the file's order. */
export function sortByTime(rows: readonly TraceRow[]): TraceRow[] {
  return rows.toSorted((a, b) => a.tsMs - b.tsMs);
}

function reading(cell: string | undefined): number | undefined {
  return cell === undefined || cell === '' ? undefined : numberIn(cell);
}
