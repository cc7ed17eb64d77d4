import { existsSync, mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from './user-error.js';

/** Under this, servers would fail in the middle of things; better to say so at the start. */
const ROOM_NEEDED_BYTES = 64 * 1024 * 1024;

/** `.hexfleet` in the project's root: the folder above dist, or above apps for sources. */
export function defaultDataFolder(): string {
  const root = /^(.*?)\/(?:dist\/)?apps\/cli\/src$/.exec(import.meta.dirname)?.[1] ?? '.';
  return resolve(root, '.hexfleet');
}

/** Makes the folder, and proves that it can be written and has room. @throws UserError when it can't or hasn't. */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    makeFolder(folder);
    const probe = join(folder, `.write-probe-${process.pid}`);
    writeFileSync(probe, Buffer.alloc(4_096));
    await rm(probe);
  } catch (error) {
    throw new UserError(`The data folder ${folder} can't be written: ${(error as Error).message}`);
  }
  const { bavail, bsize } = statfsSync(folder);
  const roomBytes = bavail * bsize;
  if (roomBytes < ROOM_NEEDED_BYTES) {
    const [roomMb, neededMb] = [roomBytes, ROOM_NEEDED_BYTES].map((bytes) => Math.floor(bytes / 1024 / 1024));
    throw new UserError(
      `The disk of ${folder} is full: ${roomMb} MB are free, and ${neededMb} MB are needed to start.`,
    );
  }
}

/** Step by step, because Node's recursive mkdir spins for ever on a file system that takes no folders, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
