import { startRedis } from '@hexfleet/embedded-servers';
import { type Service, scratchFolder } from './service.js';

export interface BenchRedis extends Service {
  readonly url: string;
  readonly pids: { readonly redis: number };
}

/** A Redis on fresh data, configured as Hexfleet's own. */
export async function startBenchRedis(): Promise<BenchRedis> {
  const folder = scratchFolder();
  const server = await startRedis({ dataDir: folder.path, password: 'password-of-a-bench' });
  return {
    url: server.url,
    pids: { redis: server.pid },
    stop: async () => {
      await server.stop();
      folder.remove();
    },
  };
}
