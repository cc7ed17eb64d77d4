import { CellCover, HomeCells } from '@hexfleet/cells';
import { createLocationReader, createPartitionStore } from '@hexfleet/location-store';
import { AnsweredPositions } from '../../../apps/nearby/src/answered-positions.js';
import { NearestDrivers } from '../../../apps/nearby/src/nearest-drivers.js';
import { BareRedis } from '../../peers/bare-redis.js';
import { compared, type Figure, medianOf } from '../figure.js';
import { CityFleet } from '../fleet/city-fleet.js';
import { startBenchRedis } from '../services/redis.js';
import { untilItAnswers } from '../services/until-it-answers.js';
import { OwnedPartitions } from '../store/owned-partitions.js';
import { type MeasuredQueries, measureQueries } from './measured-queries.js';
import type { Place } from './queries.js';
import { assertSameAnswers } from './same-answers.js';
import { K, RADIUS_M, type Scale } from './scale.js';

const LAYOUT = { partitions: 64, resolution: 7 };
/** Long enough that nobody expires while the bench runs: there is no load that would keep them. */
const TTL_MS = 3_600_000;
const PLACED_AT_ONCE = 5_000;

/** The search as the nearby app does it, in this process, beside one GEOSEARCH, on one Redis that holds both. */
export async function besideGeosearch(scale: Scale, rounds: number, say: (line: string) => void): Promise<Figure[]> {
  const redis = await startBenchRedis();
  const options = { redisUrls: [redis.url], name: 'bench', ttlMs: TTL_MS, onConnection: () => {} };
  const store = createPartitionStore(options);
  const reader = createLocationReader(options);
  const bare = new BareRedis(redis.url);
  try {
    await Promise.all([untilItAnswers(store), untilItAnswers(reader)]);
    await place(scale.drivers, await OwnedPartitions.takeOver(store, LAYOUT.partitions, TTL_MS, Date.now()), bare);
    const nearest = new NearestDrivers(reader, new CellCover(LAYOUT), new AnsweredPositions(TTL_MS), {
      ...LAYOUT,
      ttlMs: TTL_MS,
    });
    const askOurs = async (center: Place) => {
      const answer = await nearest.nearest(
        { center, limit: K, radiusM: RADIUS_M, vehicleClass: undefined, statuses: new Set(['available']) },
        Date.now(),
      );
      return (answer?.drivers ?? []).map(({ driverId, distanceM }) => ({ driverId, distanceM }));
    };
    const askBare = async ({ latDeg, lngDeg }: Place) => {
      const found = await bare.nearest(latDeg, lngDeg, RADIUS_M, K);
      return found.map(([driverId, distanceM]) => ({ driverId, distanceM: Number(distanceM) }));
    };
    await assertSameAnswers(scale.comparedAnswers, K, askOurs, askBare);
    say(`the same answers to ${scale.comparedAnswers} queries`);
    const samples = { ours: [] as MeasuredQueries[], bare: [] as MeasuredQueries[] };
    for (let round = 0; round < rounds; round++) {
      for (const [side, ask] of [
        ['bare', askBare],
        ['ours', askOurs],
      ] as const) {
        samples[side].push(await measureQueries(redis.pids, scale.seconds, ask));
        const { perSecond, microsAQuery } = samples[side].at(-1) as MeasuredQueries;
        say(`${side}: ${Math.round(perSecond)} queries a second, ${microsAQuery.toFixed(0)} µs of Redis each`);
      }
    }
    const figure = { bench: 'nearby', case: `${scale.drivers.toLocaleString('en')} drivers, k = ${K}` };
    const peerName = `GEOSEARCH ${RADIUS_M / 1_000} km COUNT ${K}`;
    const both = (of: (sample: MeasuredQueries) => number) => ({
      ours: medianOf(samples.ours.map(of)),
      peer: medianOf(samples.bare.map(of)),
    });
    return [
      compared({ ...figure, metric: 'answers', unit: 'queries/s', peerName, ...both((one) => one.perSecond) }),
      compared({ ...figure, metric: 'Redis', unit: 'CPU-µs a query', peerName, ...both((one) => one.microsAQuery) }),
    ];
  } finally {
    bare.close();
    reader.close();
    store.close();
    await redis.stop();
  }
}

/** Every driver in both: in partitions, and in the peer's one geo set. */
async function place(drivers: number, owned: OwnedPartitions, bare: BareRedis): Promise<void> {
  const nowMs = Date.now();
  const fleet = new CityFleet(new HomeCells(LAYOUT), LAYOUT.partitions, drivers, nowMs);
  for (let placed = 0; placed < drivers; placed += PLACED_AT_ONCE) {
    const pings = fleet.take(Math.min(PLACED_AT_ONCE, drivers - placed), nowMs);
    await owned.beat(pings, nowMs);
    await bare.add(pings.flat());
  }
}
