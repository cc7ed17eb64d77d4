/** What a store with a single writer would send for the same data: positions, records, header and expiry, and no fence. */
import { recordLatDeg, recordLngDeg } from '@hexfleet/driver-record';
import type { OwnerEffect } from '@hexfleet/partition-table';
import { type ChainableCommander, Redis } from 'ioredis';
import type { ScoreOf } from './bare-redis.js';

type Apply = Extract<OwnerEffect, { kind: 'apply' }>;

/** As long as ours are kept. */
const POSITIONS_KEPT_MS = 180_000;
const HEADER_KEPT_MS = 7 * 24 * 3_600_000;

export class UnfencedRedis {
  private readonly redis: Redis;

  constructor(
    url: string,
    private readonly scoreOf: ScoreOf,
  ) {
    this.redis = new Redis(url);
  }

  /** All partitions' writes of a beat in one round trip, as ours are. */
  async write(applies: readonly (readonly [partition: number, apply: Apply])[]): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (const [partition, apply] of applies) this.encode(pipeline, partition, apply);
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  close(): void {
    this.redis.disconnect();
  }

  private encode(pipeline: ChainableCommander, partition: number, apply: Apply): void {
    this.encodeDrivers(pipeline, partition, apply);
    const [geo, records, header] = keysOf(partition);
    if (apply.removals.length > 0) {
      pipeline.zrem(geo, ...apply.removals);
      pipeline.hdel(records, ...apply.removals);
    }
    const { written, superseded, expired, position, publishers } = apply.totals;
    const fields: (string | number)[] = ['at', apply.asOfMs, 'written', written];
    fields.push('superseded', superseded, 'expired', expired);
    if (position !== undefined) fields.push('stream', position.stream, 'seq', position.seq);
    for (const publisher of apply.changedPublishers) {
      const mark = publishers.get(publisher);
      if (mark !== undefined) fields.push(`g:${publisher}`, `${mark.total}:${mark.seenAtMs}`);
    }
    pipeline.hset(header, ...fields);
    pipeline.pexpire(header, HEADER_KEPT_MS);
  }

  private encodeDrivers(pipeline: ChainableCommander, partition: number, { sets, moved }: Apply): void {
    if (sets.length === 0) return;
    const [geo, records] = keysOf(partition);
    pipeline.hset(records, ...sets.flatMap(({ driverId, record }) => [driverId, record]));
    const scoreOf = ({ record }: { record: Buffer }) => this.scoreOf(recordLatDeg(record), recordLngDeg(record));
    if (moved.length > 0) pipeline.zadd(geo, ...moved.flatMap((one) => [scoreOf(one), one.driverId]));
    pipeline.pexpire(geo, POSITIONS_KEPT_MS);
    pipeline.pexpire(records, POSITIONS_KEPT_MS);
  }
}

/** As long as ours are: names are copied with each command. */
function keysOf(partition: number): readonly [geo: string, records: string, header: string] {
  const base = `bench:{${partition}}:`;
  return [`${base}geo:1.2`, `${base}records:1.2`, `${base}header:1.2`];
}
