import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServerBinaries, startRedis } from '@hexfleet/embedded-servers';
import { createPartitionStore, type PartitionStore } from '@hexfleet/location-store';
import { Redis } from 'ioredis';
import { NAME, RedisLook } from '../chaos/redis-look.js';
import { until } from '../harness/index.js';

/** A Redis of its own, with the writer's side of the store on it, and a look past that. */
export class RedisAtHand {
  private constructor(
    readonly store: PartitionStore,
    readonly redis: Redis,
    readonly look: RedisLook,
    readonly close: () => Promise<void>,
  ) {}

  static async start(ttlMs: number): Promise<RedisAtHand> {
    const dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-conformance-'));
    const { redis: binary } = await findServerBinaries();
    if (binary === undefined) throw new Error('no redis-server');
    const server = await startRedis({ dataDir, port: 0, password: 'a-password-for-tests', binary });
    const store = createPartitionStore({ redisUrls: [server.url], name: NAME, ttlMs, onConnection: () => {} });
    const redis = new Redis(server.url);
    const look = new RedisLook(server.url);
    await until('the store is connected', () =>
      store.ping().then(
        () => true,
        () => false,
      ),
    );
    return new RedisAtHand(store, redis, look, async () => {
      store.close();
      look.close();
      redis.disconnect();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });
  }

  /** All keys as they are now, to be put back later. */
  async snapshot(): Promise<() => Promise<void>> {
    const keys = await this.redis.keys('*');
    const dumps = await Promise.all(keys.map((key) => this.redis.dumpBuffer(key)));
    return async () => {
      await this.redis.flushall();
      for (const [i, key] of keys.entries()) await this.redis.restore(key, 0, dumps[i] as Buffer);
    };
  }
}
