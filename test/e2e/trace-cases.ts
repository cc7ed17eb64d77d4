import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { destination } from '@hexfleet/geodesy';
import { parseRiderPlaces, parseTrace, type TraceRow } from '@hexfleet/trace';
import { temporaryFolder } from '../harness/index.js';
import { readTraceFile, TRACES_DIR } from '../oracle/trace-files.js';

export interface LoadedTrace {
  readonly path: string;
  readonly rows: readonly TraceRow[];
  /** Where riders ask who is near. */
  readonly places: readonly { lat: number; lng: number }[];
}

export interface TraceCase {
  readonly name: string;
  /** Files of the recorded traces without which it is skipped. */
  readonly needs: readonly string[];
  /** Hours in about ten seconds; the bound on speed is raised by as much, so that a jump stays a jump. */
  readonly speed: number;
  /** What is known to be in it: places at 0,0, speeds of an all-ones byte (two of the seven at 0,0), repeats. */
  readonly dirt: Readonly<Record<string, number>>;
  readonly load: () => Promise<LoadedTrace>;
}

export const PLACES = 1_000;
const RIDERS = 'sf_riders_2008-05-30.csv.gz';
const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'hexfleet.mjs');
const TO_AUSTIN = { lat: 30.27 - 37.77, lng: -97.74 + 122.42 };
const SIMULATED_CITY = { latDeg: 37.7749, lngDeg: -122.4194 };

export const TRACE_CASES: readonly TraceCase[] = [
  recorded('sf_cabs_2008-05-30_18h.csv.gz', 360, {}, { lat: 0, lng: 0 }),
  recorded('austin_buses_2017-03-21.csv.gz', 3_600, { bad_coordinates: 3, bad_field: 5, duplicate: 1 }, TO_AUSTIN),
  recorded('austin_buses_2015-03-07.csv.gz', 3_600, { duplicate: 139 }, TO_AUSTIN),
  {
    name: 'a simulated trace with dirt strewn in',
    needs: [],
    speed: 60,
    dirt: { bad_coordinates: 3, bad_field: 5, duplicate: 7 },
    load: loadSimulated,
  },
];

/** Riders asked for cars in San Francisco; for another city's vehicles the same pattern is laid over that city. */
function recorded(
  file: string,
  speed: number,
  dirt: TraceCase['dirt'],
  shift: { lat: number; lng: number },
): TraceCase {
  const load = async () => {
    const riders = parseRiderPlaces(readTraceFile(RIDERS));
    const step = Math.floor(riders.length / PLACES);
    const places = Array.from({ length: PLACES }, (_, i) => {
      const { latDeg, lngDeg } = riders[i * step] as (typeof riders)[0];
      return { lat: latDeg + shift.lat, lng: lngDeg + shift.lng };
    });
    return { path: join(TRACES_DIR, file), rows: parseTrace(readTraceFile(file)).rows, places };
  };
  return { name: file, needs: [file, RIDERS], speed, dirt, load };
}

/** Written by the command line, and then spoilt as the recorded ones are. */
async function loadSimulated(): Promise<LoadedTrace> {
  const path = join(temporaryFolder(), 'simulated.csv');
  const fleet = ['--drivers', '200', '--interval', '4s', '--duration', '10m', '--seed', '7'];
  await promisify(execFile)(process.execPath, [PROGRAM, 'simulate', ...fleet, '--csv', path]);
  const [columns, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const spoilt = lines.flatMap((line, i) => {
    const cells = line.split(',');
    if (i >= 21_000) return [line];
    if (i % 7_000 === 999) return [[cells[0], cells[1], '0', '0', ...cells.slice(4)].join(',')];
    if (i % 4_200 === 1_999) return [[...cells.slice(0, 4), '113.99', ...cells.slice(5)].join(',')];
    return i % 3_000 === 2_499 ? [line, line] : [line];
  });
  const text = [columns, ...spoilt].join('\n');
  writeFileSync(path, text);
  const places = Array.from({ length: PLACES }, (_, i) => {
    // A sunflower's spiral fills the circle evenly.
    const { latDeg, lngDeg } = destination(SIMULATED_CITY, (i * 137.508) % 360, 6_000 * Math.sqrt(i / PLACES));
    return { lat: latDeg, lng: lngDeg };
  });
  return { path, rows: parseTrace(text).rows, places };
}
