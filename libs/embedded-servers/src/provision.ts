import { createInterface } from 'node:readline/promises';
import { aptRoute } from './provision-apt.js';
import { dockerRoute } from './provision-docker.js';
import { HOMEBREW_FORMULAE, homebrewRoute } from './provision-homebrew.js';
import type { ProvisionRoute, ServerName } from './provision-route.js';
import {
  findServerBinaries,
  NATS_OLDEST,
  REDIS_OLDEST_MAJOR,
  type ServerBinaries,
  usualFolders,
} from './server-binaries.js';

/** Servers are missing and could not be got; the text says what to install, and is for the user. */
export class NoServers extends Error {}

export interface ProvisionOptions<Name extends ServerName = ServerName> {
  /** The servers that are needed; both by default. */
  readonly needed?: readonly Name[];
  /** One line to the user, on standard error. */
  readonly say: (line: string) => void;
  /** By default: asks when standard input is a terminal, and goes ahead when it is not, as in CI. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Where programs are looked for; by default PATH and the usual folders. */
  readonly folders?: readonly string[];
  readonly routes?: readonly ProvisionRoute[];
}

/**
 * Finds the servers' programs, or gets them: apt-get on Debian and Ubuntu, else Homebrew, else Docker. Each route leaves
 * no service running.
 *
 * @throws NoServers when no route leads there.
 */
export async function provideServerBinaries<Name extends ServerName = ServerName>(
  options: ProvisionOptions<Name>,
): Promise<Readonly<Record<Name, string>>> {
  const needed: readonly ServerName[] = options.needed ?? ['nats', 'redis'];
  const missingOf = (found: ServerBinaries) => needed.filter((name) => found[name] === undefined);
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
  const missing = missingOf(found);
  if (missing.length > 0) throw new NoServers([...troubles, instructions(missing)].join('\n'));
  return found as Readonly<Record<Name, string>>;
}

const NAMES: Record<ServerName, string> = {
  nats: `nats-server (${NATS_OLDEST.join('.')} or newer)`,
  redis: `redis-server (${REDIS_OLDEST_MAJOR} or newer)`,
};

function namesOf(missing: readonly ServerName[]): string {
  return missing.map((name) => NAMES[name]).join(' and ');
}

function instructions(missing: readonly ServerName[]): string {
  const apt = missing.map((name) => `${name}-server`);
  const brew = missing.map((name) => HOMEBREW_FORMULAE[name]);
  return `This machine has no ${namesOf(missing)}. Install what is missing and start again:
  Debian, Ubuntu:  sudo apt-get install ${apt.join(' ')}
  macOS:           brew install ${brew.join(' ')}
  others:          https://github.com/nats-io/nats-server/releases and https://redis.io/downloads/`;
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
    throw new NoServers('Stopped at the question; nothing was installed.');
  } finally {
    prompt.close();
  }
}
