import { createHash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../user-error.js';
import { identityOf, isStillRunning, type ProcessIdentity } from './process-identity.js';

/**
 * One Hexfleet a data folder. The lock is a file that names its holder; a hard link or a rename makes it appear with its
 * content or not at all, so one that names nobody (the disk was full, the power went) is no living process's. A dead
 * holder's lock is taken over by whoever first makes the file named for that lock's end, and only after a second look, so
 * that of several starts at once one wins.
 */
export interface DataFolderLock {
  /** Tells starts that wait that this holder is about to leave. */
  markStopping(): void;
  release(): void;
}

interface Holder extends ProcessIdentity {
  readonly stopping?: boolean;
}

/** A holder whose npm was killed, or that is draining, leaves within moments: worth a wait before a refusal. */
const HOLDER_PATIENCE_MS = 2_000;
const STOPPING_PATIENCE_MS = 60_000;
const POLL_INTERVAL_MS = 100;

/** @throws UserError when another Hexfleet runs on this folder and goes on running. */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const file = join(folder, 'lock');
  const me = identityOf(process.pid);
  if (me === undefined) throw new Error('this process can’t find itself among the processes');
  const beganAtMs = Date.now();
  while (!linkNew(file, me)) {
    const text = read(file);
    // It was released between the two looks.
    if (text === undefined) continue;
    const holder = holderOf(text);
    if (holder === undefined || !isStillRunning(holder)) {
      if (takeOver(file, text, me)) break;
    } else if (Date.now() - beganAtMs > (holder.stopping ? STOPPING_PATIENCE_MS : HOLDER_PATIENCE_MS)) {
      throw new UserError(
        `Another Hexfleet (process ${holder.pid}) runs on ${folder}. Stop it first, or give this one its own --data-dir.`,
      );
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const isMine = () => {
    const holder = holderOf(read(file) ?? '');
    return holder?.pid === me.pid && holder.startedAt === me.startedAt;
  };
  const release = () => {
    process.off('exit', release);
    if (isMine()) rmSync(file, { force: true });
  };
  process.on('exit', release);
  return {
    markStopping: () => {
      if (isMine()) replace(file, { ...me, stopping: true });
    },
    release,
  };
}

/** The file named for a lock's end is a lock in itself, and taken over in the same way from a claimant that died. */
function takeOver(file: string, deadText: string, me: Holder): boolean {
  const claim = `${file}.after-${createHash('sha256').update(deadText).digest('hex').slice(0, 12)}`;
  if (!linkNew(claim, me)) {
    const text = read(claim);
    const claimant = holderOf(text ?? '');
    if (text === undefined || (claimant !== undefined && isStillRunning(claimant))) return false;
    if (!takeOver(claim, text, me)) return false;
  }
  try {
    if (read(file) !== deadText) return false;
    replace(file, me);
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Creates `file` with its content in one step; false when it is there already. */
function linkNew(file: string, content: Holder): boolean {
  const draft = draftOf(file, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replace(file: string, content: Holder): void {
  renameSync(draftOf(file, content), file);
}

function draftOf(file: string, content: Holder): string {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  return draft;
}

/** Undefined when there is no such file. @throws UserError when there is one that can't be read. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError(`The lock ${file} can't be read: ${(error as Error).message}`);
  }
}

/** Undefined when the text names no process. */
function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text);
    return typeof holder?.pid === 'number' && typeof holder.startedAt === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
}
