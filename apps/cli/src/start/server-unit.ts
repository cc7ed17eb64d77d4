import { type RunningServer, startNats, startRedis } from '@hexfleet/embedded-servers';
import type { Secrets } from '../secrets.js';
import { describeEnd, type RunningUnit, type UnitRecipe } from './unit.js';

/** A NATS and a Redis of this Hexfleet's own, with data under its folder. */
export function natsRecipe(dataDir: string, secrets: Secrets, binary: string): UnitRecipe {
  const login = { user: 'hexfleet', password: secrets.natsPassword };
  return {
    label: 'nats',
    start: async (port, signal) => unitOf(await startNats({ dataDir, binary, port, signal, ...login })),
  };
}

export function redisRecipe(dataDir: string, secrets: Secrets, binary: string): UnitRecipe {
  const password = secrets.redisPassword;
  return {
    label: 'redis',
    start: async (port, signal) => unitOf(await startRedis({ dataDir, binary, port, signal, password })),
  };
}

function unitOf(server: RunningServer): RunningUnit {
  const ended = new Promise<string>((resolve) => {
    server.process.once('exit', (status, signal) => resolve(describeEnd(status, signal)));
  });
  return {
    pid: server.pid,
    url: server.url,
    ended,
    stop: async () => {
      await server.stop();
      return server.process.signalCode !== 'SIGKILL';
    },
  };
}
