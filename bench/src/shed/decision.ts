import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LoadShedder, type PolicyOfPing, type SheddablePing } from '@hexfleet/load-shedding';
import { STATUSES, type Status } from '@hexfleet/ping';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { medianOf } from '../figure.js';
import { alone, type ShedPart } from './part.js';

const FULL = { drivers: 100_000, turns: 10, driversInMemory: 200_000 };
const TINY = { drivers: 200, turns: 2, driversInMemory: 1_000 };
const PARTITIONS = 64;
const SHARE = 0.25;
const TUNE_EVERY_PINGS = 5_000;
const INTERVAL_MS = 4_000;
const START_MS = 1_700_000_000_000;
const DEFAULT_BOUNDS: PolicyOfPing = { policy: DEFAULT_POLICY, overrideId: undefined };
/** Of eight drivers: most wait for a rider. */
const STATUS_MIX: readonly Status[] = [
  'on_trip',
  'on_trip',
  'en_route',
  'available',
  'available',
  'available',
  'idle',
  'idle',
];

type MovingPing = { -readonly [Key in keyof SheddablePing]: SheddablePing[Key] };

export const DECISION: ShedPart = {
  name: 'decision',
  bound: [
    'Two look-ups of a driver in a map of 100,000, which the cache of the processor does not hold: 2 × 100 ns. A hash of',
    'its id, a cosine, a logarithm and a square root: 100 ns. A count in the histogram and the comparison: 20 ns. Thresholds',
    'are set once in thousands of decisions. 300 to 500 ns; less than 1,000 is wanted.',
    'Memory: eight numbers of 8 bytes, and a key in a map: 30 bytes, its text another 24 to 32. 120 bytes; rows grow by',
    'doubling, so up to half of them may be unused.',
  ],
  run: async ({ tiny, rounds }) => {
    const { drivers, turns, driversInMemory } = tiny ? TINY : FULL;
    // First, while nothing else lies in memory that could be collected meanwhile.
    const bytes = bytesADriver(driversInMemory);
    const nanos = Array.from({ length: rounds }, () => nanosOf(drivers, turns));
    return [
      alone(`${drivers.toLocaleString('en')} drivers, warm`, 'a decision', 'ns', medianOf(nanos)),
      alone(`${driversInMemory.toLocaleString('en')} drivers`, 'memory a driver', 'bytes', bytes),
    ];
  },
};

/** The mean over whole turns of the fleet: some pings admitted, some urgent, some with heading and speed to be worked out. */
function nanosOf(drivers: number, turns: number): number {
  const shedder = new LoadShedder(PARTITIONS, { driversRemembered: 2 * drivers });
  const fleet = fleetOf(drivers);
  let elapsedMs = 0;
  for (let turn = 0; turn < 2 * turns; turn++) {
    for (const ping of fleet) advance(ping);
    const startedAtMs = performance.now();
    decideAll(shedder, fleet);
    if (turn >= turns) elapsedMs += performance.now() - startedAtMs;
  }
  return (elapsedMs * 1e6) / (turns * drivers);
}

function decideAll(shedder: LoadShedder, fleet: readonly MovingPing[]): void {
  for (let index = 0; index < fleet.length; index++) {
    if (index % TUNE_EVERY_PINGS === 0)
      for (let partition = 0; partition < PARTITIONS; partition++) {
        shedder.tunePartition(partition, SHARE);
        shedder.endPeriod(partition);
      }
    shedder.decide(fleet[index] as MovingPing, index % PARTITIONS, DEFAULT_BOUNDS);
  }
}

function fleetOf(drivers: number): MovingPing[] {
  return Array.from({ length: drivers }, (_, index) => {
    const knowsMotion = index % 4 !== 0;
    return {
      driverId: `driver-${index}`,
      latDeg: 37.7 + (index % 300) / 2_500,
      lngDeg: -122.5 + (index % 350) / 2_500,
      capturedAtMs: START_MS + Math.floor((INTERVAL_MS * index) / drivers),
      headingDeg: knowsMotion ? (index * 37) % 360 : undefined,
      speedMps: knowsMotion ? index % 15 : undefined,
      status: STATUS_MIX[index % STATUS_MIX.length] ?? STATUSES[0],
    };
  });
}

/** The next ping of the same driver: it drives on, and turns now and then. */
function advance(ping: MovingPing): void {
  ping.capturedAtMs += INTERVAL_MS;
  ping.latDeg += 0.0003 * (Math.random() - 0.3);
  ping.lngDeg += 0.0003 * (Math.random() - 0.3);
  if (ping.headingDeg !== undefined && Math.random() < 0.1) ping.headingDeg = (ping.headingDeg + 90) % 360;
}

/** Heap and buffers, ids included, of a shedder that has heard of each driver and may remember no more. */
function bytesADriver(drivers: number): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const shedder = new LoadShedder(PARTITIONS, { driversRemembered: 2 * drivers });
  const heardAtMs = START_MS;
  for (let index = 0; index < drivers; index++) {
    const ping = {
      driverId: `driver-${index}`,
      latDeg: 37.7,
      lngDeg: -122.4,
      capturedAtMs: heardAtMs,
      status: 'idle' as const,
    };
    shedder.decide(ping, index % PARTITIONS, DEFAULT_BOUNDS);
  }
  const after = used();
  // Asked for after the reading, so that the shedder is still there at it.
  return (after - before) / shedder.drivers;
}
