import { setTimeout as sleep } from 'node:timers/promises';
import { createPartitionStore, geohashScore, type PartitionStore } from '@hexfleet/location-store';
import type { Ping } from '@hexfleet/ping';
import { BareRedis } from '../../peers/bare-redis.js';
import { UnfencedRedis } from '../../peers/unfenced-redis.js';
import { type BenchRedis, startBenchRedis } from '../services/redis.js';
import { untilItAnswers } from '../services/until-it-answers.js';
import { OwnedPartitions } from './owned-partitions.js';
import { appliesOf, type RecordedWrite, writeAgain } from './recorded-writes.js';

export const LAYOUT = { partitions: 64, resolution: 7 };
export const TTL_MS = 60_000;
const BEATS_A_TICK = 5;
const BEATS_A_SWEEP = 100;

export const SIDE_NAMES = ['ours', 'bare', 'fenced', 'unfenced'] as const;
export type SideName = (typeof SIDE_NAMES)[number];

interface Side {
  readonly server: BenchRedis;
  /** Looks at the server past the side's own connection. */
  readonly redis: BareRedis;
  close(): void;
}

/**
 * The same pings written four ways, each to a Redis of its own: by owners with all that is theirs (ours), as the bare pair of
 * commands (bare), and what the owners wrote once more, with the fence around it (fenced) and without (unfenced). All take
 * a beat after the other, so that a noisy neighbour disturbs all alike.
 */
export class Sides {
  private readonly homes = new Map<string, number>();

  private constructor(
    private readonly sides: Readonly<Record<SideName, Side>>,
    private readonly bare: BareRedis,
    private readonly store: PartitionStore,
    private readonly owned: OwnedPartitions,
    private readonly fenced: PartitionStore,
    private readonly unfenced: UnfencedRedis,
  ) {}

  static async start(startMs: number): Promise<Sides> {
    const servers = await Promise.all(SIDE_NAMES.map(() => startBenchRedis()));
    const [ours, bare, fenced, unfenced] = servers as [BenchRedis, BenchRedis, BenchRedis, BenchRedis];
    const [store, fencedStore] = [storeOn(ours.url), storeOn(fenced.url)];
    await Promise.all([untilItAnswers(store), untilItAnswers(fencedStore)]);
    const unfencedRedis = new UnfencedRedis(unfenced.url, geohashScore);
    const sideOf = (server: BenchRedis, client: { close(): void }): Side => {
      const redis = new BareRedis(server.url);
      return {
        server,
        redis,
        close: () => {
          redis.close();
          client.close();
        },
      };
    };
    const bareSide = sideOf(bare, { close: () => undefined });
    const sides = {
      ours: sideOf(ours, store),
      bare: bareSide,
      fenced: sideOf(fenced, fencedStore),
      unfenced: sideOf(unfenced, unfencedRedis),
    };
    const owned = await OwnedPartitions.takeOver(store, LAYOUT.partitions, TTL_MS, startMs);
    const all = new Sides(sides, bareSide.redis, store, owned, fencedStore, unfencedRedis);
    await writeAgain(fencedStore, owned.writes.take());
    return all;
  }

  get pids(): Readonly<Record<SideName, number>> {
    return this.of(({ server }) => server.pids.redis);
  }

  /** What is read of each side's server. */
  async read<Value>(ask: (redis: BareRedis) => Promise<Value>): Promise<Record<SideName, Value>> {
    const values = await Promise.all(SIDE_NAMES.map((name) => ask(this.sides[name].redis)));
    return this.of((_, i) => values[i] as Value);
  }

  async write(beat: number, pingsByPartition: readonly (readonly Ping[])[], nowMs: number): Promise<void> {
    const isEven = beat % 2 === 0;
    if (isEven) await this.writeBare(pingsByPartition);
    await this.writeOurs(beat, pingsByPartition, nowMs);
    const writes = this.owned.writes.take();
    if (isEven) await this.writeUnfenced(writes);
    await writeAgain(this.fenced, writes);
    if (!isEven) await this.writeUnfenced(writes);
    if (!isEven) await this.writeBare(pingsByPartition);
  }

  async stop(): Promise<void> {
    for (const side of Object.values(this.sides)) side.close();
    // Buffers of the connections are read to their end.
    await sleep(100);
    await Promise.all(Object.values(this.sides).map(({ server }) => server.stop()));
  }

  private of<Value>(value: (side: Side, i: number) => Value): Record<SideName, Value> {
    const entries = SIDE_NAMES.map((name, i) => [name, value(this.sides[name], i)]);
    return Object.fromEntries(entries) as Record<SideName, Value>;
  }

  /** What the writer does in a beat's time: to-dos and pings, a tick a second, a sweep in 20 s. */
  private async writeOurs(beat: number, pingsByPartition: readonly (readonly Ping[])[], nowMs: number): Promise<void> {
    await this.owned.beat(pingsByPartition, nowMs);
    if (beat % BEATS_A_TICK === 0) await this.owned.tick(nowMs);
    if (beat % BEATS_A_SWEEP !== 0) return;
    for (const slot of this.store.directory.slots) {
      let cursor = '0';
      do cursor = await this.store.directory.sweep(slot, cursor, nowMs);
      while (cursor !== '0');
    }
  }

  private writeUnfenced(writes: readonly RecordedWrite[]): Promise<void> {
    return this.unfenced.write(appliesOf(writes));
  }

  /** The bare pair can't move a driver from one set to another: it keeps each where it came in, so that it holds no more than we. */
  private async writeBare(pingsByPartition: readonly (readonly Ping[])[]): Promise<void> {
    const sorted: Ping[][] = pingsByPartition.map(() => []);
    for (const [partition, pings] of pingsByPartition.entries()) {
      for (const ping of pings) {
        const home = this.homes.get(ping.driverId) ?? partition;
        this.homes.set(ping.driverId, home);
        sorted[home]?.push(ping);
      }
    }
    await this.bare.write(sorted, geohashScore);
  }
}

function storeOn(url: string): PartitionStore {
  return createPartitionStore({ redisUrls: [url], name: 'bench', ttlMs: TTL_MS, onConnection: () => {} });
}
