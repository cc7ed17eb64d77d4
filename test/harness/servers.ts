import { join } from 'node:path';
import { type RunningServer, startNats, startRedis } from '@hexfleet/embedded-servers';
import { atEnd, temporaryFolder } from './cleanup.js';

const LOGIN = { user: 'test', password: 'test-password-of-nats' };
const REDIS_PASSWORD = 'test-password-of-redis';

/** A NATS and a Redis of a spec's own. Each can be stopped and started again, on its port and with its data. */
export class TestServers {
  readonly #folder: string;
  nats: RunningServer;
  redis: RunningServer;

  constructor(folder: string, nats: RunningServer, redis: RunningServer) {
    this.#folder = folder;
    this.nats = nats;
    this.redis = redis;
  }

  get natsUrl(): string {
    return this.nats.url;
  }

  get redisUrls(): string[] {
    return [this.redis.url];
  }

  async startNatsAgain(): Promise<void> {
    await this.nats.stop();
    this.nats = await startNats({ ...LOGIN, dataDir: join(this.#folder, 'nats'), port: this.nats.port });
  }

  async startRedisAgain(): Promise<void> {
    await this.redis.stop();
    const dataDir = join(this.#folder, 'redis');
    this.redis = await startRedis({ password: REDIS_PASSWORD, dataDir, port: this.redis.port });
  }

  async stop(): Promise<void> {
    await Promise.all([this.nats.stop(), this.redis.stop()]);
  }
}

/** Fresh servers on free ports; ended, and their folder removed, at the end of the spec file. */
export async function startServers(): Promise<TestServers> {
  const folder = temporaryFolder();
  const [nats, redis] = await Promise.all([
    startNats({ ...LOGIN, dataDir: join(folder, 'nats') }),
    startRedis({ password: REDIS_PASSWORD, dataDir: join(folder, 'redis') }),
  ]);
  const servers = new TestServers(folder, nats, redis);
  atEnd(() => servers.stop());
  return servers;
}
