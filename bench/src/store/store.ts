import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomeCells } from '@hexfleet/cells';
import type { Bench, BenchOptions } from '../bench.js';
import { cpuBetween, readCpuTimes } from '../cpu-time.js';
import { compared, type Figure, medianOf } from '../figure.js';
import { CityFleet } from '../fleet/city-fleet.js';
import { LAYOUT, type SideName, Sides, TTL_MS } from './sides.js';

interface Scale {
  readonly drivers: number;
  /** Written together; with a beat's length this gives 20,000 pings a second, each driver one in 5 s. */
  readonly pingsABeat: number;
  /** Counted, after every driver has come in once. */
  readonly beats: number;
}

const FULL: Scale = { drivers: 100_000, pingsABeat: 4_000, beats: 250 };
const TINY: Scale = { drivers: 1_000, pingsABeat: 400, beats: 60 };
const BEAT_MS = 200;
/** Owners tell the directory of a driver every 78 s: so of 58 in 100 during the 50 s that are counted, and of 64 in the long run. */
const ENTERING_MS = 0.9 * TTL_MS;

const ID_KINDS = {
  'short ids': (car: number) => `d-${car}`,
  UUIDs: (() => {
    const ids: string[] = [];
    return (car: number) => {
      ids[car] ??= randomUUID();
      return ids[car];
    };
  })(),
} as const;
type IdKind = keyof typeof ID_KINDS;

type OfEachSide = Readonly<Record<SideName, number>>;

interface Sample {
  readonly microsAPing: OfEachSide;
  readonly bytesADriver: OfEachSide;
  /** Of ours, what the directory's functions took: entering, and what follows when a driver changes its partition. */
  readonly directoryMicrosAPing: number;
}

export const STORE: Bench = {
  name: 'store',
  hasPace: false,
  summary: 'Redis CPU a written position, and memory a driver, of fenced partitions with their directory',
  bound: [
    'CPU:    ZADD of a driver on the move 1.4 µs, HSET of 30 bytes 0.7 µs, both once more into the log: 2.5 to 3 µs, of',
    '        which two thirds of the ZADDs are saved, as drivers stay within the slack of their index. On top: eleven small',
    '        commands a partition and write, 5 to 8 µs for 60 drivers; the directory told once in 78 s of each driver, a',
    '        sixteenth of the pings at 5 µs, and 25 µs for one that crosses a border, a fiftieth. So 0.9 to 1.1 times.',
    'memory: a sorted set’s member twice (dict 56 B, skip list 40 B, id 16 B), a hash’s field and value (dict 32 B, id',
    '        16 B, record 40 B): 200 B with short ids; directory 30 B more, as a packed hash; some 10 B of headers.',
  ],
  run: async ({ tiny, rounds, say }: BenchOptions) => {
    const scale = tiny ? TINY : FULL;
    const figures: Figure[] = [];
    for (const idKind of Object.keys(ID_KINDS) as IdKind[]) {
      const samples: Sample[] = [];
      for (let round = 0; round < rounds; round++) {
        samples.push(await measure(scale, idKind));
        say(`${idKind}: ${textOf(samples.at(-1) as Sample)}`);
      }
      figures.push(...figuresOf(`${scale.drivers.toLocaleString('en')} drivers, ${idKind}`, samples));
    }
    return figures;
  },
};

function figuresOf(name: string, samples: readonly Sample[]): Figure[] {
  const figure = { bench: 'store', case: name };
  const micros = (side: SideName) => medianOf(samples.map(({ microsAPing }) => microsAPing[side]));
  const bytes = (side: SideName) => medianOf(samples.map(({ bytesADriver }) => bytesADriver[side]));
  const pair = 'variadic ZADD + HSET';
  return [
    compared({
      ...{ ...figure, metric: 'Redis', unit: 'CPU-µs a ping' },
      ...{ ours: micros('ours'), peer: micros('bare'), peerName: pair },
    }),
    {
      ...{ ...figure, metric: 'of it, the directory', unit: 'CPU-µs a ping' },
      ours: medianOf(samples.map(({ directoryMicrosAPing }) => directoryMicrosAPing)),
    },
    compared({
      ...{ ...figure, metric: 'Redis, writes alone', unit: 'CPU-µs a ping' },
      ...{ ours: micros('fenced'), peer: micros('unfenced'), peerName: 'the same without a fence' },
    }),
    compared({
      ...{ ...figure, metric: 'Redis memory', unit: 'bytes a driver' },
      ...{ ours: bytes('ours'), peer: bytes('bare'), peerName: pair },
    }),
  ];
}

async function measure(scale: Scale, idKind: IdKind): Promise<Sample> {
  const startMs = Date.now();
  const sides = await Sides.start(startMs);
  try {
    const bytesBefore = await sides.read((redis) => redis.usedBytes());
    const fleet = new CityFleet(new HomeCells(LAYOUT), LAYOUT.partitions, scale.drivers, startMs, ID_KINDS[idKind]);
    const entering = Math.ceil(scale.drivers / scale.pingsABeat);
    let beat = 0;
    let nowMs = startMs;
    const run = async (beats: number, beatMs: number) => {
      for (const end = beat + beats; beat < end; beat++, nowMs += beatMs) {
        await sides.write(beat, fleet.take(scale.pingsABeat, nowMs), nowMs);
      }
    };
    // Drivers come in one after the other, so that the directory is told of some of them at many beats, as in the long run.
    await run(entering, ENTERING_MS / entering);
    await run(entering, BEAT_MS);
    const before = readCpuTimes(sides.pids);
    const functionsBefore = await sides.read((redis) => redis.functionMicros());
    await run(scale.beats, BEAT_MS);
    const micros = cpuBetween(before, readCpuTimes(sides.pids));
    const functions = await sides.read((redis) => redis.functionMicros());
    // Buffers of the log and of the connections are given back.
    await sleep(1_500);
    const bytes = await sides.read((redis) => redis.usedBytes());
    const pings = scale.beats * scale.pingsABeat;
    return {
      microsAPing: mapped(micros, (value) => value / pings),
      bytesADriver: mapped(bytes, (value, side) => (value - bytesBefore[side]) / scale.drivers),
      directoryMicrosAPing: (functions.ours - functionsBefore.ours) / pings,
    };
  } finally {
    await sides.stop();
  }
}

function mapped(values: OfEachSide, change: (value: number, side: SideName) => number): OfEachSide {
  const entries = Object.entries(values).map(([side, value]) => [side, change(value, side as SideName)]);
  return Object.fromEntries(entries) as OfEachSide;
}

function textOf({ microsAPing: { ours, bare, fenced, unfenced }, directoryMicrosAPing, bytesADriver }: Sample): string {
  const micros = (value: number) => `${value.toFixed(2)} µs`;
  const all = `ours ${micros(ours)} (directory ${micros(directoryMicrosAPing)}), bare ${micros(bare)}`;
  const writes = `writes fenced ${micros(fenced)}, unfenced ${micros(unfenced)}`;
  return `${all}; ${writes}; ${Math.round(bytesADriver.ours)} and ${Math.round(bytesADriver.bare)} B`;
}
