import { isStandIn, NoServers, provideServerBinaries } from '@hexfleet/embedded-servers';

/** Why nothing can be measured here; the text is for the user. */
export class NotMeasurable extends Error {}

/**
 * Sees that this machine has servers whose CPU time can be read, and gets them where they are missing.
 *
 * @throws NotMeasurable where that can't be.
 */
export async function provideMeasurableServers(say: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux')
    throw new NotMeasurable('Benches are for Linux only: they read the CPU time of processes from /proc.');
  const servers = await provideServerBinaries({ say }).catch((error) => {
    throw error instanceof NoServers ? new NotMeasurable(error.message) : error;
  });
  const inDocker = Object.values(servers).filter(isStandIn);
  if (inDocker.length > 0)
    throw new NotMeasurable(
      `${inDocker.join(' and ')} would run in Docker, where its CPU time is another process's: install nats-server and ` +
        'redis-server on this machine to measure.',
    );
}
