import { createInterface } from 'node:readline/promises';
import { aptRoute } from './provision-apt.js';
import { dockerRoute } from './provision-docker.js';
import { homebrewRoute } from './provision-homebrew.js';
import type { ProvisionRoute, ServerName } from './provision-route.js';
import { findServerBinaries, type ServerBinaries, usualFolders } from './server-binaries.js';

export interface ProvisionOptions {
  /** One line to the user, on standard error. */
  readonly say: (line: string) => void;
  /** By default: asks when standard input is a terminal, and goes ahead when it is not, as in CI. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Where programs are looked for; by default PATH and the usual folders. */
  readonly folders?: readonly string[];
  readonly routes?: readonly ProvisionRoute[];
}

/**
 * Finds nats-server and redis-server, or gets them: apt-get on Debian and Ubuntu, else Homebrew, else Docker. Each route
 * leaves no service running.
 *
 * @throws Error that says what to install, when no route leads there.
 */
export async function provideServerBinaries(options: ProvisionOptions): Promise<{ nats: string; redis: string }> {
  const folders = options.folders ?? usualFolders();
  const routes = options.routes ?? [aptRoute(folders), homebrewRoute(folders), dockerRoute(folders)];
  const ask = options.ask ?? askOnTerminal;
  const troubles: string[] = [];
  let found = findServerBinaries(folders);
  for (const route of routes) {
    const missing = missingOf(found);
    if (missing.length === 0) break;
    if (!(await route.applies())) continue;
    const offer = route.offer(missing);
    if (!(await ask(`Hexfleet needs ${namesOf(missing)}. Shall it ${offer}? [Y/n] `))) continue;
    options.say(`Getting ${namesOf(missing)}: ${offer} …`);
    const trouble = await route.provide(missing);
    if (trouble !== undefined) troubles.push(trouble);
    found = findServerBinaries(folders);
  }
  const { nats, redis } = found;
  if (nats !== undefined && redis !== undefined) return { nats, redis };
  throw new Error([...troubles, instructions(missingOf(found))].join('\n'));
}

function missingOf(found: ServerBinaries): ServerName[] {
  return (['nats', 'redis'] as const).filter((name) => found[name] === undefined);
}

function namesOf(missing: readonly ServerName[]): string {
  return missing.map((name) => (name === 'nats' ? 'nats-server' : 'redis-server (7 or newer)')).join(' and ');
}

function instructions(missing: readonly ServerName[]): string {
  return `This machine has no ${namesOf(missing)}. Install what is missing and start again:
  Debian, Ubuntu:  sudo apt-get install nats-server redis-server
  macOS:           brew install nats-server redis
  others:          https://github.com/nats-io/nats-server/releases and https://redis.io/downloads/
or, to use servers that run elsewhere: start --nats URL --redis URL`;
}

/** Ctrl-C at the question means stop, not "no". */
async function askOnTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const interruption = new AbortController();
  prompt.once('SIGINT', () => interruption.abort());
  try {
    return !/^\s*n/i.test(await prompt.question(question, { signal: interruption.signal }));
  } catch {
    throw new Error('Stopped at the question; nothing was installed.');
  } finally {
    prompt.close();
  }
}
