import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomeCells } from '@hexfleet/cells';
import { createPartitionStore, geohashScore, type PartitionStore } from '@hexfleet/location-store';
import type { Ping } from '@hexfleet/ping';
import { BareRedis } from '../../peers/bare-redis.js';
import type { Bench, BenchOptions } from '../bench.js';
import { cpuBetween, readCpuTimes } from '../cpu-time.js';
import { compared, type Figure, medianOf } from '../figure.js';
import { CityFleet } from '../fleet/city-fleet.js';
import { startBenchRedis } from '../services/redis.js';
import { untilItAnswers } from '../services/until-it-answers.js';
import { OwnedPartitions } from './owned-partitions.js';

const LAYOUT = { partitions: 64, resolution: 7 };
const TTL_MS = 60_000;

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
const BEATS_A_TICK = 5;
const BEATS_A_SWEEP = 100;
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

interface Sample {
  readonly redisMicrosAPing: number;
  /** Of it, what the directory's functions took: entering, and what follows when a driver changes its partition. */
  readonly directoryMicrosAPing: number;
  readonly bytesADriver: number;
}

export const STORE: Bench = {
  name: 'store',
  hasPace: false,
  summary: 'Redis CPU a written position, and memory a driver, of fenced partitions with their directory',
  bound: [
    'CPU:    ZADD of a driver on the move 1.4 µs, HSET of 30 bytes 0.7 µs, both once more into the log: 2.5 to 3 µs. On',
    '        top: eleven small commands a partition and write, 5 to 8 µs for 60 drivers; the directory told once in',
    '        78 s of each driver, a sixteenth of the pings at 3 µs, and three times, 15 µs, of one that crosses a border,',
    '        a fiftieth. So 1.2 to 1.4 times the bare pair.',
    'memory: a sorted set’s member twice (dict 56 B, skip list 40 B, id 16 B), a hash’s field and value (dict 32 B, id',
    '        16 B, record 40 B): 200 B with short ids; directory 30 B more, as a packed hash; some 10 B of headers.',
  ],
  run: async ({ tiny, rounds, say }: BenchOptions) => {
    const scale = tiny ? TINY : FULL;
    const figures: Figure[] = [];
    for (const idKind of Object.keys(ID_KINDS) as IdKind[]) {
      const ours: Sample[] = [];
      const bare: Sample[] = [];
      for (let round = 0; round < rounds; round++) {
        bare.push(await measureBare(scale, idKind));
        ours.push(await measureOurs(scale, idKind));
        say(`${idKind}: ours ${textOf(ours.at(-1) as Sample)}; bare ${textOf(bare.at(-1) as Sample)}`);
      }
      const figure = { bench: 'store', case: `${scale.drivers.toLocaleString('en')} drivers, ${idKind}` };
      const peerName = 'variadic ZADD + HSET';
      const both = (of: (sample: Sample) => number) => ({ ours: medianOf(ours.map(of)), peer: medianOf(bare.map(of)) });
      figures.push(
        compared({ ...figure, metric: 'Redis', unit: 'CPU-µs a ping', peerName, ...both((s) => s.redisMicrosAPing) }),
        {
          ...figure,
          metric: 'of it, the directory',
          unit: 'CPU-µs a ping',
          ours: medianOf(ours.map(({ directoryMicrosAPing }) => directoryMicrosAPing)),
        },
        compared({
          ...figure,
          metric: 'Redis memory',
          unit: 'bytes a driver',
          peerName,
          ...both((s) => s.bytesADriver),
        }),
      );
    }
    return figures;
  },
};

type WriteBeat = (beat: number, nowMs: number, fleet: CityFleet) => Promise<void>;

async function measureBare(scale: Scale, idKind: IdKind): Promise<Sample> {
  const homes = new Map<string, number>();
  return measure(scale, idKind, async (bare) => async (_beat, nowMs, fleet) => {
    await bare.write(atFirstHome(fleet.take(scale.pingsABeat, nowMs), homes), geohashScore);
  });
}

/** The bare pair can't move a driver from one set to another: it keeps each where it came in, so that it holds no more than we. */
function atFirstHome(pingsByPartition: readonly (readonly Ping[])[], homes: Map<string, number>): Ping[][] {
  const sorted: Ping[][] = pingsByPartition.map(() => []);
  for (const [partition, pings] of pingsByPartition.entries()) {
    for (const ping of pings) {
      const home = homes.get(ping.driverId) ?? partition;
      homes.set(ping.driverId, home);
      sorted[home]?.push(ping);
    }
  }
  return sorted;
}

async function measureOurs(scale: Scale, idKind: IdKind): Promise<Sample> {
  let store: PartitionStore | undefined;
  try {
    return await measure(scale, idKind, async (_bare, url, startMs) => {
      store = createPartitionStore({ redisUrls: [url], name: 'bench', ttlMs: TTL_MS, onConnection: () => {} });
      await untilItAnswers(store);
      return beatOfOurs(store, await OwnedPartitions.takeOver(store, LAYOUT.partitions, TTL_MS, startMs), scale);
    });
  } finally {
    store?.close();
  }
}

/** What the writer does in a beat's time: to-dos and pings, a tick a second, a sweep in 20 s. */
function beatOfOurs(store: PartitionStore, owned: OwnedPartitions, scale: Scale): WriteBeat {
  return async (beat, nowMs, fleet) => {
    await owned.beat(fleet.take(scale.pingsABeat, nowMs), nowMs);
    if (beat % BEATS_A_TICK === 0) await owned.tick(nowMs);
    if (beat % BEATS_A_SWEEP !== 0) return;
    for (const slot of store.directory.slots) {
      let cursor = '0';
      do cursor = await store.directory.sweep(slot, cursor, nowMs);
      while (cursor !== '0');
    }
  };
}

async function measure(
  scale: Scale,
  idKind: IdKind,
  prepare: (bare: BareRedis, url: string, startMs: number) => Promise<WriteBeat>,
): Promise<Sample> {
  const redis = await startBenchRedis();
  const bare = new BareRedis(redis.url);
  try {
    const startMs = Date.now();
    const bytesBefore = await bare.usedBytes();
    const writeBeat = await prepare(bare, redis.url, startMs);
    const fleet = new CityFleet(new HomeCells(LAYOUT), LAYOUT.partitions, scale.drivers, startMs, ID_KINDS[idKind]);
    const entering = Math.ceil(scale.drivers / scale.pingsABeat);
    let beat = 0;
    let nowMs = startMs;
    const run = async (beats: number, beatMs: number) => {
      for (const end = beat + beats; beat < end; beat++, nowMs += beatMs) await writeBeat(beat, nowMs, fleet);
    };
    // Drivers come in one after the other, so that the directory is told of some of them at many beats, as in the long run.
    await run(entering, ENTERING_MS / entering);
    await run(entering, BEAT_MS);
    const before = readCpuTimes(redis.pids);
    const functionsBefore = await bare.functionMicros();
    await run(scale.beats, BEAT_MS);
    const { redis: micros } = cpuBetween(before, readCpuTimes(redis.pids));
    const directoryMicros = (await bare.functionMicros()) - functionsBefore;
    // Buffers of the log and of the connections are given back.
    await sleep(1_500);
    const bytes = (await bare.usedBytes()) - bytesBefore;
    const pings = scale.beats * scale.pingsABeat;
    return {
      redisMicrosAPing: micros / pings,
      directoryMicrosAPing: directoryMicros / pings,
      bytesADriver: bytes / scale.drivers,
    };
  } finally {
    bare.close();
    await redis.stop();
  }
}

function textOf({ redisMicrosAPing, bytesADriver }: Sample): string {
  return `${redisMicrosAPing.toFixed(2)} µs, ${Math.round(bytesADriver)} B`;
}
