import { createServer } from 'node:net';
import { UserError } from '../user-error.js';

/** Sees before anything is started whether the ports that were asked for are free. @throws UserError naming port and flag. */
export async function requireFreePorts(host: string, ports: readonly { port: number; flag: string }[]): Promise<void> {
  for (const { port, flag } of ports) {
    const twin = ports.find((other) => other.port === port && other.flag !== flag);
    if (port !== 0 && twin !== undefined)
      throw new UserError(`${flag} and ${twin.flag} ask for the same port, ${port}.`);
    const trouble = port === 0 ? undefined : await troubleWith(host, port);
    if (trouble === undefined) continue;
    const why = trouble === 'EADDRINUSE' ? 'is taken by another program' : `can't be used (${trouble})`;
    throw new UserError(`Port ${port} ${why}. Give another; 0 means any free one: npm start -- ${flag} 0`);
  }
}

function troubleWith(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
