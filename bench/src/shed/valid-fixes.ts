import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FleetSimulation } from '@hexfleet/fleet-simulation';
import type { Ping } from '@hexfleet/ping';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { TraceHygiene } from '@hexfleet/shed-trial';
import { parseTrace, sortByTime, type TraceRow } from '@hexfleet/trace';

/** Where recorded traces lie: `HEXFLEET_TRACES`, else `shared/data` beside the project, where it is run. They are no part of it. */
const TRACES = process.env.HEXFLEET_TRACES ?? join(process.cwd(), '..', 'shared', 'data');
const DRIVERS_REMEMBERED = 1_000_000;
const START_MS = 1_700_000_000_000;

/** Cars of the simulation that goes with the project. */
export interface SimulatedCars {
  readonly drivers: number;
  readonly intervalMs: number;
  readonly lengthMs: number;
}

/**
 * The fixes of a recorded trace that pass hygiene, by time: what a gateway that sheds nothing would take. Undefined where
 * there is no such file.
 */
export function recordedFixes(file: string): readonly Ping[] | undefined {
  const path = join(TRACES, file);
  if (!existsSync(path)) return undefined;
  return validFixes(sortByTime(parseTrace(gunzipSync(readFileSync(path)).toString('utf8')).rows));
}

/** Phones' clocks are left out: gateways correct them before they decide. */
export function simulatedFixes({ drivers, intervalMs, lengthMs }: SimulatedCars): readonly Ping[] {
  const fleet = new FleetSimulation({ seed: 1, drivers, intervalMs, startMs: START_MS });
  const rows = fleet.step(START_MS + lengthMs).map(({ ping, atMs }) => {
    const { lat: latDeg, lng: lngDeg, ...rest } = ping;
    return { ...rest, latDeg, lngDeg, tsMs: atMs };
  });
  return validFixes(rows);
}

function validFixes(rows: readonly TraceRow[]): Ping[] {
  const hygiene = new TraceHygiene(DEFAULT_POLICY.hygiene, DRIVERS_REMEMBERED);
  const fixes: Ping[] = [];
  for (const row of rows) {
    const ping = hygiene.read(row);
    if (typeof ping === 'string') continue;
    hygiene.admit(ping);
    fixes.push(ping);
  }
  return fixes;
}
