import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startBenchRedis } from './redis.js';
import type { Service } from './service.js';

export interface Naive extends Service {
  readonly url: string;
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'peers', 'naive-service.js');

/** The naive service, on a Redis of its own. */
export async function startNaive(): Promise<Naive> {
  const redis = await startBenchRedis();
  const child = fork(PROGRAM, { env: { ...process.env, REDIS_URL: redis.url } });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    pids: { service: child.pid as number, ...redis.pids },
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      await redis.stop();
    },
  };
}
