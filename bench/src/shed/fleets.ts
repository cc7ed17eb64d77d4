import type { Ping } from '@hexfleet/ping';
import { recordedFixes, simulatedFixes } from './valid-fixes.js';

/** Fixes of some vehicles to shed from. */
export interface Fleet {
  /** For names of files. */
  readonly key: string;
  readonly name: string;
  /** Valid fixes by time; undefined where its trace isn't there. */
  readonly load: () => readonly Ping[] | undefined;
}

const MINUTE_MS = 60_000;

export const RECORDED_FLEETS: readonly Fleet[] = [
  recorded('sf', 'San Francisco taxis, a fix in 60 s', 'sf_cabs_2008-05-30.csv.gz'),
  recorded('austin-2017', 'Austin buses 2017, a fix in 120 s', 'austin_buses_2017-03-21.csv.gz'),
  recorded('austin-2015', 'Austin buses 2015, a fix in 120 s', 'austin_buses_2015-03-07.csv.gz'),
];
export const SIMULATED_FLEETS: readonly Fleet[] = [simulated(1_000, 4, 10), simulated(500, 1, 10)];
export const TINY_FLEETS: readonly Fleet[] = [simulated(40, 1, 2)];

function recorded(key: string, name: string, file: string): Fleet {
  return { key, name, load: () => recordedFixes(file) };
}

function simulated(drivers: number, intervalSeconds: number, minutes: number): Fleet {
  return {
    key: `simulated-${intervalSeconds}s`,
    name: `${drivers.toLocaleString('en')} simulated cars, a fix in ${intervalSeconds} s`,
    load: () => simulatedFixes({ drivers, intervalMs: intervalSeconds * 1_000, lengthMs: minutes * MINUTE_MS }),
  };
}
