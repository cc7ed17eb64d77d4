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

/** PATH first, then the usual folders, then stand-ins that a set-up with Docker wrote for this clone. */
export function usualFolders(path = process.env.PATH ?? ''): string[] {
  const onPath = path.split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...onPath, ...USUAL_FOLDERS, standInFolder()])];
}

/** A Redis older than 7 is passed over. */
export function findServerBinaries(folders: readonly string[] = usualFolders()): ServerBinaries {
  const candidates = (name: string) => folders.map((folder) => join(folder, name)).filter(isProgram);
  return {
    nats: candidates('nats-server')[0],
    redis: candidates('redis-server').find((file) => (redisMajorVersion(file) ?? 0) >= REDIS_OLDEST_MAJOR),
  };
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

/** The 7 of "Redis server v=7.0.15 sha=…"; undefined when the program can't be run or says something else. */
function redisMajorVersion(file: string): number | undefined {
  try {
    const said = execFileSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
    const major = /\bv=(\d+)/.exec(said)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
