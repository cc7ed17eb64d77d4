import { cpSync, rmSync } from 'node:fs';
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

  /** What makes `start` use them, and none of its own. */
  get startArgs(): string[] {
    return ['--nats', this.natsUrl, '--redis', this.redisUrls.join(',')];
  }

  async startNatsAgain(): Promise<void> {
    await this.nats.stop();
    this.nats = await startNats({ ...LOGIN, dataDir: join(this.#folder, 'nats'), port: this.nats.port });
  }

  /** @param binary of another redis-server than this machine's. */
  async startRedisAgain(binary?: string): Promise<void> {
    await this.redis.stop();
    const dataDir = join(this.#folder, 'redis');
    this.redis = await startRedis({ password: REDIS_PASSWORD, dataDir, port: this.redis.port, binary });
  }

  /** By kill −9: what it had not written to its files is gone. */
  killNats(): Promise<void> {
    return kill(this.nats);
  }

  killRedis(): Promise<void> {
    return kill(this.redis);
  }

  /** Removes what a NATS that is stopped has on file. */
  wipeNats(): void {
    rmSync(join(this.#folder, 'nats'), { recursive: true });
  }

  /** Keeps a copy of what Redis has on file at this moment, in place of the one before. Redis may go on meanwhile. */
  copyRedis(): void {
    rmSync(this.#copy, { recursive: true, force: true });
    cpSync(this.#appendOnly, this.#copy, { recursive: true });
  }

  /** Puts the copy in the place of what a Redis that is stopped has on file. */
  restoreRedis(): void {
    rmSync(this.#appendOnly, { recursive: true, force: true });
    cpSync(this.#copy, this.#appendOnly, { recursive: true });
  }

  get #appendOnly(): string {
    return join(this.#folder, 'redis', 'appendonlydir');
  }

  get #copy(): string {
    return join(this.#folder, 'redis-copy');
  }

  async stop(): Promise<void> {
    await Promise.all([this.nats.stop(), this.redis.stop()]);
  }
}

function kill({ process: server }: RunningServer): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.kill('SIGKILL');
  return ended;
}

/** Fresh servers on free ports; ended, and a folder that wasn't given removed, at the end of the spec file. */
export async function startServers(folder = temporaryFolder()): Promise<TestServers> {
  const [nats, redis] = await Promise.all([
    startNats({ ...LOGIN, dataDir: join(folder, 'nats') }),
    startRedis({ password: REDIS_PASSWORD, dataDir: join(folder, 'redis') }),
  ]);
  const servers = new TestServers(folder, nats, redis);
  atEnd(() => servers.stop());
  return servers;
}
