import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { destination } from '@hexfleet/geodesy';
import { parseRiderPlaces, parseTrace, type TraceRow } from '@hexfleet/trace';
import { PROGRAM } from '../harness/hexfleet.js';
import { temporaryFolder } from '../harness/index.js';
import type { OracleVerdict } from '../oracle/hygiene-oracle.js';
import { readTraceFile } from '../oracle/trace-files.js';

export interface LoadedTrace {
  readonly text: string;
  /** Where riders ask who is near. */
  readonly places: readonly { lat: number; lng: number }[];
}

export interface TraceCase {
  readonly name: string;
  /** Files of the recorded traces without which it is skipped. */
  readonly needs: readonly string[];
  /** Hours in about ten seconds, when sent in time order; the bound on speed is raised by as much, so that a jump stays a jump. */
  readonly speed: number;
  /** What is known to be in it: places at 0,0, speeds of an all-ones byte (two of the seven at 0,0), repeats. */
  readonly dirt: Readonly<Record<string, number>>;
  /** Verdicts that come up in file order, when its newest row is of now and all is sent at once. */
  readonly inFileOrder: readonly OracleVerdict[];
  readonly load: () => Promise<LoadedTrace>;
}

export const PLACES = 1_000;
const RIDERS = 'sf_riders_2008-05-30.csv.gz';
const TO_AUSTIN = { lat: 30.27 - 37.77, lng: -97.74 + 122.42 };
const SIMULATED_CITY = { latDeg: 37.7749, lngDeg: -122.4194 };

export const TRACE_CASES: readonly TraceCase[] = [
  recorded('sf_cabs_2008-05-30_18h.csv.gz', 600, {}, [], { lat: 0, lng: 0 }),
  recorded(
    'austin_buses_2017-03-21.csv.gz',
    7_200,
    { bad_coordinates: 3, bad_field: 5, duplicate: 1 },
    ['out_of_order', 'bad_coordinates'],
    TO_AUSTIN,
  ),
  recorded('austin_buses_2015-03-07.csv.gz', 7_200, { duplicate: 139 }, ['out_of_order'], TO_AUSTIN),
  {
    name: 'a simulated trace with dirt strewn in',
    needs: [],
    speed: 120,
    dirt: { bad_coordinates: 3, bad_field: 5, duplicate: 7 },
    inFileOrder: ['bad_field', 'bad_coordinates'],
    load: once(loadSimulated),
  },
];

/** The trace with ids of a fleet's own, as a file and its rows: so that several may drive in one Hexfleet. */
export function traceOfFleet(
  text: string,
  fleet: string,
): { readonly path: string; readonly rows: readonly TraceRow[] } {
  const [columns, ...lines] = text.trimEnd().split('\n');
  const ofFleet = [columns, ...lines.map((line) => `${fleet}-${line}`)].join('\n');
  const path = join(temporaryFolder(), 'trace.csv.gz');
  writeFileSync(path, gzipSync(ofFleet));
  return { path, rows: parseTrace(ofFleet).rows };
}

/** Riders asked for cars in San Francisco; for another city's vehicles the same pattern is laid over that city. */
function recorded(
  file: string,
  speed: number,
  dirt: TraceCase['dirt'],
  inFileOrder: TraceCase['inFileOrder'],
  shift: { lat: number; lng: number },
): TraceCase {
  const load = async () => {
    const riders = parseRiderPlaces(readTraceFile(RIDERS));
    const step = Math.floor(riders.length / PLACES);
    const places = Array.from({ length: PLACES }, (_, i) => {
      const { latDeg, lngDeg } = riders[i * step] as (typeof riders)[0];
      return { lat: latDeg + shift.lat, lng: lngDeg + shift.lng };
    });
    return { text: readTraceFile(file), places };
  };
  return { name: file, needs: [file, RIDERS], speed, dirt, inFileOrder, load: once(load) };
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
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
  const places = Array.from({ length: PLACES }, (_, i) => {
    // A sunflower's spiral fills the circle evenly.
    const { latDeg, lngDeg } = destination(SIMULATED_CITY, (i * 137.508) % 360, 6_000 * Math.sqrt(i / PLACES));
    return { lat: latDeg, lng: lngDeg };
  });
  return { text, places };
}
