import { CellCover } from '@hexfleet/cells';
import { RECORD_BYTES, writeRecord } from '@hexfleet/driver-record';
import { destination, distanceM, type LatLng } from '@hexfleet/geodesy';
import type { Status } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import { AnsweredPositions } from './answered-positions.js';
import { type NearestAnswer, NearestDrivers } from './nearest-drivers.js';

const LAYOUT = { resolution: 7, partitions: 64, ttlMs: 60_000 };
const CENTER = { latDeg: 37.77, lngDeg: -122.42 };
const NOW_MS = 1_700_000_000_000;
/** A dense city: on a spiral, a driver on each metre of distance. */
const FLEET = Array.from({ length: 500 }, (_, i) => ({
  driverId: `d-${i}`,
  fix: destination(CENTER, (i * 137.5) % 360, 10 + i),
}));

const QUERY = {
  center: CENTER,
  limit: 10,
  radiusM: 5_000,
  vehicleClass: undefined,
  statuses: new Set<Status>(['available']),
};

function recordAt({ latDeg, lngDeg }: LatLng, capturedAtMs: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  const readings = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  const rest = { capturedAtMs, seq: 1, status: 'available', vehicleClass: 'car' } as const;
  writeRecord(record, 0, { latDeg, lngDeg, ...readings, ...rest });
  return record;
}

/** A city that a writer keeps up to date, until it is away. */
class City {
  nowMs = NOW_MS;
  writtenAtMs = NOW_MS;
  unreachablePartitions: number[] = [];
  private radiiM: number[] = [];
  private readonly drivers: NearestDrivers;

  constructor() {
    const search = async (_: readonly number[], center: LatLng, radiusM: number) => {
      this.radiiM.push(radiusM);
      const near = FLEET.filter(({ fix }) => distanceM(center, fix) <= radiusM);
      const hits = near.map(({ driverId, fix }) => ({ driverId, record: recordAt(fix, this.writtenAtMs) }));
      const { writtenAtMs: oldestWriteAtMs, unreachablePartitions } = this;
      return { hits, oldestWriteAtMs, unreachablePartitions };
    };
    this.drivers = new NearestDrivers({ search }, new CellCover(LAYOUT), new AnsweredPositions(LAYOUT.ttlMs), LAYOUT);
  }

  /** What a search finds, and how far it looked first. */
  async search(): Promise<{ found: number; firstRadiusM: number; degraded: boolean }> {
    this.radiiM = [];
    const { drivers, degraded } = (await this.drivers.nearest(QUERY, this.nowMs)) as NearestAnswer;
    return { found: drivers.length, firstRadiusM: this.radiiM[0] as number, degraded };
  }
}

describe('a search', () => {
  it('learns how densely drivers lie', async () => {
    const city = new City();
    const first = await city.search();
    const second = await city.search();
    expect(second.firstRadiusM).toBeLessThan(first.firstRadiusM / 2);
    expect([first.found, second.found, second.degraded]).toEqual([10, 10, false]);
  });

  it('learns it from old positions too, so that a writer that is away makes no search a wide one', async () => {
    const city = new City();
    city.nowMs += 20_000;
    const first = await city.search();
    const second = await city.search();
    expect(second.firstRadiusM).toBeLessThan(first.firstRadiusM / 2);
    expect([second.found, second.degraded]).toEqual([10, true]);
  });

  it('does not unlearn it when a writer is away for so long that all positions expire', async () => {
    const city = new City();
    await city.search();
    const before = await city.search();
    city.nowMs += 2 * LAYOUT.ttlMs;
    for (let i = 0; i < 20; i++) expect((await city.search()).found).toBe(0);
    city.writtenAtMs = city.nowMs;
    const after = await city.search();
    expect(after.found).toBe(10);
    expect(after.firstRadiusM).toBeLessThan(1.5 * before.firstRadiusM);
  });

  it('learns nothing where a partition could not be asked', async () => {
    const city = new City();
    city.unreachablePartitions = [99];
    const first = await city.search();
    const second = await city.search();
    expect(second.firstRadiusM).toBe(first.firstRadiusM);
    expect(second.degraded).toBe(true);
  });
});
