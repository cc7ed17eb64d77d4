import { recordLength, writeRecord } from '@hexfleet/driver-record';
import { destination, distanceM, type LatLng } from '@hexfleet/geodesy';
import { DEFAULT_HYGIENE, type Ping, STATUSES } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Candidate, type NearestQuery, searchNearest } from './index.js';

const NOW_MS = 1_700_000_000_000;
const TTL_MS = 60_000;

/** A place of a driver as bearing and distance from the centre, so that rings of every size hold some. */
const sightings = fc.array(
  fc
    .record({
      driver: fc.integer({ min: 0, max: 60 }),
      bearingDeg: fc.integer({ min: 0, max: 3_600 }).map((tenths) => tenths / 10),
      // Whole numbers, since doubles are drawn by their bits, which makes most of them tiny.
      metres: fc.integer({ min: 0, max: 10_000 }).map((unit) => 80_000 * (unit / 10_000) ** 3),
      // Coarse, so that some are captured at once and their sequence decides, and some are exactly as old as the TTL.
      ageMs: fc.integer({ min: -2, max: 12 }).map((steps) => steps * 6_000),
      seq: fc.integer({ min: 0, max: 4_294_967_295 }),
      status: fc.constantFrom(...STATUSES),
      vehicleClass: fc.constantFrom('car', 'bike', 'tuktuk'),
      /** From the way to the centre, so that some drive into the ring. */
      turnDeg: fc.constantFrom(undefined, 0, 0, 45, 180),
      // Standing, slow, as fast as anybody is carried, and faster.
      speedMps: fc.constantFrom(undefined, 0, 0.49, 8.5, DEFAULT_HYGIENE.maxSpeedMps, 400),
      isHeadingInferred: fc.boolean(),
    })
    .map(({ turnDeg, ...rest }) => ({
      ...rest,
      headingDeg: turnDeg === undefined ? undefined : Math.round(rest.bearingDeg + 180 + turnDeg) % 360,
    })),
  { maxLength: 150 },
);
const centers = fc.oneof(
  fc.record({
    latDeg: fc.double({ min: -85, max: 85, noNaN: true }),
    lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  fc.constantFrom({ latDeg: 0, lngDeg: 179.999 }, { latDeg: -16.5, lngDeg: -180 }, { latDeg: 84.9, lngDeg: 10 }),
);
const questions = fc.record({
  center: centers,
  limit: fc.integer({ min: 1, max: 30 }),
  radiusM: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 50_000 })),
  startRadiusM: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 200_000 })),
  statuses: fc.uniqueArray(fc.constantFrom(...STATUSES), { minLength: 1 }).map((some) => new Set(some)),
  vehicleClass: fc.constantFrom(undefined, 'car', 'tuktuk'),
  carry: fc.constantFrom(undefined, false, true, true),
});

describe('searchNearest', () => {
  it('answers what a look at every driver answers, whatever the fleet and the first radius', () => {
    fc.assert(
      fc.property(questions, sightings, fc.constantFrom(0, 0, 100, 5_000), (question, seen, beyondM) => {
        const query: NearestQuery = { ...question, nowMs: NOW_MS, ttlMs: TTL_MS };
        const fleet = newestNearest(seen).map((sighting) => fixOf(query.center, sighting));
        const { answer } = run(query, fleet, beyondM);
        expect(answer.map((nearest) => nearest.driverId)).toEqual(bruteForce(query, fleet));
      }),
      { numRuns: 3_000 },
    );
  });

  it('shows a driver where it was known to be when the rings give an older position', () => {
    fc.assert(
      fc.property(questions, sightings, sightings, (question, seen, known) => {
        const places = new Map(known.map((sighting) => [String(sighting.driver), fixOf(question.center, sighting)]));
        const query: NearestQuery = {
          ...question,
          startRadiusM: question.radiusM,
          nowMs: NOW_MS,
          ttlMs: TTL_MS,
          known: (driverId) => places.get(driverId)?.record,
        };
        const fleet = seen.map((sighting) => fixOf(query.center, sighting));
        const { answer } = run(query, fleet, Number.POSITIVE_INFINITY);
        const inRings = new Set(fleet.map(({ driverId }) => driverId));
        const all = [...fleet, ...[...places.values()].filter(({ driverId }) => inRings.has(driverId))];
        expect(answer.map((nearest) => nearest.driverId)).toEqual(bruteForce(query, all));
      }),
      { numRuns: 300 },
    );
  });

  it('asks once where the first radius holds enough, and at most ten times in all', () => {
    const center = { latDeg: 37.77, lngDeg: -122.42 };
    const standing = { headingDeg: undefined, speedMps: undefined };
    const rest = { ageMs: 0, seq: 0, status: 'available', vehicleClass: 'car' } as const;
    const sighting = { bearingDeg: 5, ...standing, ...rest };
    const fleet = [40, 300, 44_000].map((metres, driver) => fixOf(center, { ...sighting, driver, metres }));
    const query = { center, nowMs: NOW_MS, ttlMs: TTL_MS, statuses: new Set(STATUSES), vehicleClass: undefined };
    expect(run({ ...query, limit: 2, radiusM: 50_000, startRadiusM: 300.01 }, fleet, 0).radiiM).toEqual([300.01]);
    const far = run({ ...query, limit: 3, radiusM: 50_000, startRadiusM: 50 }, fleet, 0);
    expect(far.answer.map((nearest) => nearest.driverId)).toEqual(['0', '1', '2']);
    expect(far.radiiM.length).toBeLessThanOrEqual(10);
    expect(far.radiiM.at(-1)).toBe(50_000);
  });

  it('finds who drives into the ring, and not who has left it', () => {
    const center = { latDeg: 37.77, lngDeg: -122.42 };
    const rest = { ageMs: 30_000, seq: 0, status: 'available', vehicleClass: 'car', bearingDeg: 0 } as const;
    const fleet = [
      { driver: 0, metres: 2_200, headingDeg: 180, speedMps: 110 },
      { driver: 1, metres: 50, headingDeg: 0, speedMps: 10 },
      { driver: 2, metres: 190, headingDeg: undefined, speedMps: 110 },
    ].map((sighting) => fixOf(center, { ...rest, ...sighting }));
    const query = { center, nowMs: NOW_MS, ttlMs: TTL_MS, statuses: new Set(STATUSES), vehicleClass: undefined };
    const carried = run({ ...query, limit: 2, radiusM: 50_000, startRadiusM: 200, carry: true }, fleet, 0);
    expect(carried.answer.map(({ driverId, distanceM }) => [driverId, Math.round(distanceM)])).toEqual([
      ['0', 100],
      ['2', 190],
    ]);
    expect(carried.radiiM).toEqual([2_301]);
    expect(distanceM(center, carried.answer[0]?.place as LatLng)).toBeCloseTo(100, 0);
    const asTheyLie = run({ ...query, limit: 2, radiusM: 50_000, startRadiusM: 200 }, fleet, 0);
    expect(asTheyLie.answer.map(({ driverId }) => driverId)).toEqual(['1', '2']);
    const small = run({ ...query, limit: 3, radiusM: 200, startRadiusM: 100, carry: true }, fleet, 0);
    expect(small.answer.map(({ driverId }) => driverId)).toEqual(['0', '2']);
  });

  it('passes over what is too short to be a record', () => {
    const query = {
      center: { latDeg: 1, lngDeg: 1 },
      limit: 5,
      radiusM: 100,
      startRadiusM: 100,
      nowMs: NOW_MS,
      ttlMs: TTL_MS,
    };
    const search = searchNearest({ ...query, statuses: new Set(STATUSES), vehicleClass: undefined });
    search.next();
    expect(search.next([{ driverId: 'd', record: Buffer.from('foreign') }])).toEqual({ done: true, value: [] });
  });
});

interface Fix extends Candidate {
  readonly ping: Ping;
}

type Sighting = Pick<Ping, 'seq' | 'status' | 'vehicleClass' | 'headingDeg' | 'speedMps' | 'isHeadingInferred'> & {
  readonly driver: number;
  readonly bearingDeg: number;
  readonly metres: number;
  readonly ageMs: number;
};

function fixOf(center: LatLng, { driver, bearingDeg, metres, ageMs, ...rest }: Sighting): Fix {
  const place = destination(center, bearingDeg, metres);
  const ping = {
    ...rest,
    driverId: String(driver),
    latDeg: Math.round(place.latDeg * 1e7) / 1e7,
    lngDeg: Math.round(place.lngDeg * 1e7) / 1e7,
    capturedAtMs: NOW_MS - ageMs,
    accuracyM: undefined,
  };
  const record = Buffer.alloc(recordLength(ping));
  writeRecord(record, 0, ping);
  return { driverId: ping.driverId, record, ping };
}

/**
 * Of a driver seen twice, lets the newer be the nearer: a ring that holds the older one holds both then. (A ring that ends
 * between them shows the older, for the moment that the driver is in two partitions; no search by radius can know better.)
 */
function newestNearest(seen: readonly Sighting[]): Sighting[] {
  return [...new Set(seen.map(({ driver }) => driver))].flatMap((driver) => {
    const own = seen.filter((sighting) => sighting.driver === driver);
    const metres = own.map((sighting) => sighting.metres).sort((a, b) => a - b);
    return own
      .sort((a, b) => a.ageMs - b.ageMs || b.seq - a.seq)
      .map((sighting, i) => ({ ...sighting, metres: metres[i] as number }));
  });
}

/** Plays the store: gives all within the radius, and some beyond it. */
function run(query: NearestQuery, fleet: readonly Fix[], beyondM: number) {
  const search = searchNearest(query);
  const radiiM: number[] = [];
  let step = search.next();
  while (!step.done) {
    const radiusM = step.value;
    radiiM.push(radiusM);
    step = search.next(fleet.filter(({ ping }) => distanceM(query.center, ping) <= radiusM + beyondM));
  }
  return { answer: step.value, radiiM };
}

/** As far along its heading as a vehicle drives in the time since, 30 s of it at most. */
function believed(ping: Ping): LatLng {
  const { headingDeg, speedMps = 0, capturedAtMs } = ping;
  const seconds = Math.min(30, (NOW_MS - capturedAtMs) / 1_000);
  if (headingDeg === undefined || speedMps < 0.5 || seconds <= 0) return ping;
  return destination(ping, headingDeg, Math.min(speedMps, DEFAULT_HYGIENE.maxSpeedMps) * seconds);
}

/** Each driver's newest position anywhere that the rings may show; then who matches, by distance. */
function bruteForce(query: NearestQuery, fleet: readonly Fix[]): string[] {
  const newest = new Map<string, Ping>();
  for (const { ping } of fleet) {
    const other = newest.get(ping.driverId);
    const older =
      other &&
      (other.capturedAtMs > ping.capturedAtMs || (other.capturedAtMs === ping.capturedAtMs && other.seq >= ping.seq));
    if (!older) newest.set(ping.driverId, ping);
  }
  return [...newest.values()]
    .filter((ping) => query.nowMs - ping.capturedAtMs <= query.ttlMs)
    .filter((ping) => query.statuses.has(ping.status))
    .filter((ping) => query.vehicleClass === undefined || ping.vehicleClass === query.vehicleClass)
    .map((ping) => ({ id: ping.driverId, metres: distanceM(query.center, query.carry ? believed(ping) : ping) }))
    .filter(({ metres }) => metres <= query.radiusM)
    .sort((a, b) => a.metres - b.metres || a.id.localeCompare(b.id, 'en'))
    .slice(0, query.limit)
    .map(({ id }) => id);
}
