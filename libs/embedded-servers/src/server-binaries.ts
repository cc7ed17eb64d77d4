import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Where the two servers' programs lie; undefined when this machine has none that is fit. */
export interface ServerBinaries {
  readonly nats: string | undefined;
  readonly redis: string | undefined;
}

/** Debian keeps nats-server in /usr/sbin, which is not on every user's PATH. */
const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin', '/usr/bin'];
export const REDIS_OLDEST_MAJOR = 7;
/** Major and minor. */
export const NATS_OLDEST = [2, 9] as const;

/** PATH first, then the usual folders, then stand-ins that a set-up with Docker wrote for this clone. */
export function usualFolders(path = process.env.PATH ?? ''): string[] {
  const onPath = path.split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...onPath, ...USUAL_FOLDERS, standInFolder()])];
}

/** What is older than Hexfleet can work with is passed over. */
export function findServerBinaries(folders: readonly string[] = usualFolders()): ServerBinaries {
  const candidates = (name: string) => folders.map((folder) => join(folder, name)).filter(isProgram);
  return {
    nats: candidates('nats-server').find((file) => isAtLeast(versionOf(file), NATS_OLDEST)),
    redis: candidates('redis-server').find((file) => isAtLeast(versionOf(file), [REDIS_OLDEST_MAJOR, 0])),
  };
}

/** Whether this program is Docker in a server's place: what it does is then done by processes that aren't its own. */
export function isStandIn(file: string): boolean {
  return dirname(file) === standInFolder();
}

export function findProgram(name: string, folders: readonly string[] = usualFolders()): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/** `.hexfleet/bin` of the clone that this code lies in, built or not. */
export function standInFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'nest-cli.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, '.hexfleet', 'bin');
}

/** [7, 0] of "Redis server v=7.0.15 sha=…", [2, 9] of "nats-server: v2.9.10"; undefined when it can't be run. */
function versionOf(file: string): readonly [number, number] | undefined {
  try {
    const said = execFileSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
    const [, major, minor] = /\bv=?(\d+)\.(\d+)/.exec(said) ?? [];
    return major === undefined ? undefined : [Number(major), Number(minor)];
  } catch {
    return undefined;
  }
}

function isAtLeast(version: readonly [number, number] | undefined, [major, minor]: readonly [number, number]): boolean {
  return version !== undefined && (version[0] > major || (version[0] === major && version[1] >= minor));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
