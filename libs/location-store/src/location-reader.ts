import { compareOrder } from '@hexfleet/driver-record';
import { directorySlotOf } from '@hexfleet/geo-partition';
import { distanceM, type LatLng } from '@hexfleet/geodesy';
import { INDEX_SLACK_M } from '@hexfleet/partition-table';
import { entriesKeptMs } from './directory.js';
import { entryHashOf, homesOf } from './directory-entries.js';
import { readRecords } from './read-records.js';
import { type Degraded, type LocationStoreOptions, Shards } from './shards.js';

export interface Hit {
  readonly driverId: string;
  /** A packed record. */
  readonly record: Buffer;
}

export interface SearchReply {
  /** Every driver within the radius, some beyond it, and perhaps one driver twice. */
  readonly hits: readonly Hit[];
  /** When the partition that was written longest ago was last written, in Unix ms; 0 where one never was. */
  readonly oldestWriteAtMs: number;
  readonly unreachablePartitions: readonly number[];
}

/**
 * Redis measures on a sphere of 6,372,797.6 m, 0.03% larger than the mean earth radius, and keeps positions to about half a
 * metre; a driver's record may be farther on than its place in the index, by the slack. A circle is asked for with this much
 * to spare, and distances are taken from the records.
 */
const RADIUS_FACTOR = 1.0005;
const RADIUS_SPARE_M = INDEX_SLACK_M + 2;

/** How often a driver's entry may change under a reader before it takes what it saw. */
const FIND_ATTEMPTS = 3;

/** The riders' side of the store: reads only. */
export class LocationReader {
  private readonly entriesKeptMs: number;

  constructor(
    private readonly shards: Shards,
    ttlMs: number,
  ) {
    this.entriesKeptMs = entriesKeptMs(ttlMs);
  }

  /** Looks in each of the partitions; one that can't be reached is named in the reply. Does not throw for that. */
  async search(partitions: readonly number[], center: LatLng, radiusM: number): Promise<SearchReply> {
    const circles = circlesAround(center, radiusM);
    const hits: Hit[] = [];
    const unreachablePartitions: number[] = [];
    let oldestWriteAtMs = Number.POSITIVE_INFINITY;
    const searches = partitions.map(async (partition) => {
      const reply = await this.searchOne(partition, circles);
      if (reply === undefined) {
        unreachablePartitions.push(partition);
        return;
      }
      oldestWriteAtMs = Math.min(oldestWriteAtMs, Number(reply[0]));
      for (let i = 1; i + 1 < reply.length; i += 2) {
        hits.push({ driverId: (reply[i] as Buffer).toString('latin1'), record: reply[i + 1] as Buffer });
      }
    });
    await Promise.all(searches);
    return { hits, oldestWriteAtMs: Number.isFinite(oldestWriteAtMs) ? oldestWriteAtMs : 0, unreachablePartitions };
  }

  /**
   * A driver's newest record: the homes not yet cleared first, the home last, newest wins; and again if the directory's
   * entry changed meanwhile, so that a driver on the move is never missed.
   * @throws when Redis does not answer.
   */
  async find(driverId: string): Promise<Buffer | undefined> {
    let newest: Buffer | undefined;
    for (let attempt = 0; attempt < FIND_ATTEMPTS; attempt++) {
      const before = await this.lookUp(driverId);
      for (const partition of before.partitions) {
        const [record] = await readRecords(this.shards, partition, [driverId]);
        newest = newer(newest, record);
      }
      const after = await this.lookUp(driverId);
      if (after.version === before.version) break;
    }
    return newest;
  }

  /** @throws when an endpoint does not answer. */
  ping(): Promise<void> {
    return this.shards.ping();
  }

  /** What is at risk though it works, or undefined. @throws StoreUnfit where a server does not do what it is needed for. */
  check(): Promise<Degraded | undefined> {
    return this.shards.check();
  }

  close(): void {
    this.shards.close();
  }

  private async searchOne(partition: number, circles: readonly string[]): Promise<Buffer[] | undefined> {
    try {
      const key = this.shards.keys.incarnation(partition);
      return (await this.shards.ofPartition(partition).call('search', key, circles)) as Buffer[];
    } catch {
      return undefined;
    }
  }

  private async lookUp(driverId: string): Promise<{ version: string; partitions: readonly number[] }> {
    const slot = directorySlotOf(driverId);
    const args = [entryHashOf(driverId), driverId, Date.now(), this.entriesKeptMs];
    const entry = (await this.shards.ofSlot(slot).call('lookup', this.shards.keys.born(slot), args)) as Buffer;
    return { version: entry.toString('latin1'), partitions: homesOf(entry) };
  }
}

function newer(a: Buffer | undefined, b: Buffer | undefined): Buffer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareOrder(a, b) > 0 ? a : b;
}

/**
 * The circles to ask for, as longitude, latitude and radius in turn. Redis does not look across the antimeridian: a circle
 * that crosses it is asked for a second time from the point on the far side, with a radius that covers the part beyond.
 */
function circlesAround(center: LatLng, radiusM: number): string[] {
  const spareRadiusM = radiusM * RADIUS_FACTOR + RADIUS_SPARE_M;
  const circles = [String(center.lngDeg), String(center.latDeg), String(spareRadiusM)];
  const edge = { latDeg: center.latDeg, lngDeg: center.lngDeg < 0 ? -180 : 180 };
  // Along a parallel is never shorter than the great circle, so this errs towards asking once too often.
  const toEdgeM = distanceM(center, edge);
  if (toEdgeM <= spareRadiusM * 1.1 + 1_000) {
    circles.push(String(-edge.lngDeg), String(center.latDeg), String(spareRadiusM + toEdgeM * RADIUS_FACTOR));
  }
  return circles;
}

export function createLocationReader(options: LocationStoreOptions): LocationReader {
  return new LocationReader(new Shards(options, 'reader'), options.ttlMs);
}
