/** What a plain Redis does for the same work: one GEOADD's ZADD and one HSET for many drivers; one GEOSEARCH for a query. */
import { recordLength, writeRecord } from '@hexfleet/driver-record';
import type { Ping } from '@hexfleet/ping';
import { Redis } from 'ioredis';

/** GEOADD computes scores from text; plain ZADD of a score worked out by the client is the cheaper, and so the harder, peer. */
export type ScoreOf = (latDeg: number, lngDeg: number) => number;

export class BareRedis {
  private readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url);
  }

  /** A ZADD and an HSET for each list that has drivers, all in one round trip. */
  async write(pingsByPartition: readonly (readonly Ping[])[], scoreOf: ScoreOf): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (const [partition, pings] of pingsByPartition.entries()) {
      if (pings.length === 0) continue;
      pipeline.zadd(`geo:${partition}`, ...pings.flatMap((ping) => [scoreOf(ping.latDeg, ping.lngDeg), ping.driverId]));
      pipeline.hset(`records:${partition}`, ...pings.flatMap((ping) => [ping.driverId, recordOf(ping)]));
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  async add(pings: readonly Ping[]): Promise<void> {
    await this.redis.geoadd('drivers', ...pings.flatMap(({ lngDeg, latDeg, driverId }) => [lngDeg, latDeg, driverId]));
  }

  /** The nearest, nearest first, with metres. */
  async nearest(latDeg: number, lngDeg: number, radiusM: number, count: number): Promise<readonly [string, string][]> {
    const found = this.redis.geosearch(
      ...([
        'drivers',
        'FROMLONLAT',
        lngDeg,
        latDeg,
        'BYRADIUS',
        radiusM,
        'm',
        'ASC',
        'COUNT',
        count,
        'WITHDIST',
      ] as const),
    );
    return found as Promise<[string, string][]>;
  }

  async usedBytes(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.redis.info('memory'))?.[1]);
  }

  /** Microseconds that Redis has spent in functions so far, by its own count. */
  async functionMicros(): Promise<number> {
    const rows = (await this.redis.info('commandstats')).matchAll(/^cmdstat_fcall(?:_ro)?:calls=\d+,usec=(\d+)/gm);
    return [...rows].reduce((sum, [, micros]) => sum + Number(micros), 0);
  }

  close(): void {
    this.redis.disconnect();
  }
}

function recordOf(ping: Ping): Buffer {
  const record = Buffer.alloc(recordLength(ping));
  writeRecord(record, 0, ping);
  return record;
}
