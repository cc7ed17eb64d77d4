import { CellCover } from '@hexfleet/cells';
import { RECORD_BYTES, writeRecord } from '@hexfleet/driver-record';
import { destination, distanceM, type LatLng } from '@hexfleet/geodesy';
import type { Status } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import { AnsweredPositions } from './answered-positions.js';
import { NearestDrivers } from './nearest-drivers.js';

const LAYOUT = { resolution: 7, partitions: 64, ttlMs: 60_000 };
const CENTER = { latDeg: 37.77, lngDeg: -122.42 };
const NOW_MS = 1_700_000_000_000;
/** A dense city: on a spiral, a driver on each metre of distance. */
const FLEET = Array.from({ length: 500 }, (_, i) => ({
  driverId: `d-${i}`,
  fix: destination(CENTER, (i * 137.5) % 360, 10 + i),
}));

function recordAt({ latDeg, lngDeg }: LatLng): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  const readings = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const rest = { capturedAtMs: NOW_MS - 20_000, seq: 1, status: 'available', vehicleClass: 'car' } as const;
  writeRecord(record, 0, { latDeg, lngDeg, ...readings, ...rest });
  return record;
}

/** The first radius that each of two searches asks for, and whether the second's answer is degraded. */
async function twoSearches(reply: { writtenAtMs: number; unreachablePartitions: number[] }) {
  const radii: number[] = [];
  const reader = {
    search: async (_: readonly number[], center: LatLng, radiusM: number) => {
      radii.push(radiusM);
      const near = FLEET.filter(({ fix }) => distanceM(center, fix) <= radiusM);
      const hits = near.map(({ driverId, fix }) => ({ driverId, record: recordAt(fix) }));
      const { writtenAtMs: oldestWriteAtMs, unreachablePartitions } = reply;
      return { hits, oldestWriteAtMs, unreachablePartitions };
    },
  };
  const drivers = new NearestDrivers(reader, new CellCover(LAYOUT), new AnsweredPositions(LAYOUT.ttlMs), LAYOUT);
  const query = {
    center: CENTER,
    limit: 10,
    radiusM: 5_000,
    vehicleClass: undefined,
    statuses: new Set<Status>(['available']),
  };
  const first = await drivers.nearest(query, NOW_MS);
  const asked = radii.length;
  const second = await drivers.nearest(query, NOW_MS);
  expect(second?.drivers).toEqual(first?.drivers);
  return { first: radii[0] as number, second: radii[asked] as number, degraded: second?.degraded };
}

describe('a search', () => {
  it('learns how densely drivers lie', async () => {
    const { first, second, degraded } = await twoSearches({ writtenAtMs: NOW_MS, unreachablePartitions: [] });
    expect(second).toBeLessThan(first / 2);
    expect(degraded).toBe(false);
  });

  it('learns it from old positions too, so that a writer that is away makes no search a wide one', async () => {
    const { first, second, degraded } = await twoSearches({ writtenAtMs: NOW_MS - 20_000, unreachablePartitions: [] });
    expect(second).toBeLessThan(first / 2);
    expect(degraded).toBe(true);
  });

  it('learns nothing where a partition could not be asked', async () => {
    const { first, second, degraded } = await twoSearches({ writtenAtMs: NOW_MS, unreachablePartitions: [99] });
    expect(second).toBe(first);
    expect(degraded).toBe(true);
  });
});
