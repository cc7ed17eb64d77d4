import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../user-error.js';
import { identityOf, isStillRunning, type ProcessIdentity } from './process-identity.js';

/**
 * One Hexfleet a data folder. The lock is a file that names its holder; a hard link makes it appear with its content or
 * not at all. A dead holder's lock is taken over by whoever first makes the file named for that holder's end, and only
 * after a second look, so that of several starts at once one wins.
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
  while (!take(file, me)) {
    const holder = read(file);
    if (holder !== undefined && !isStillRunning(holder)) {
      if (takeOver(file, holder, me)) break;
    }
    const patienceMs = holder?.stopping ? STOPPING_PATIENCE_MS : HOLDER_PATIENCE_MS;
    if (holder !== undefined && isStillRunning(holder) && Date.now() - beganAtMs > patienceMs) {
      throw new UserError(
        `Another Hexfleet (process ${holder.pid}) runs on ${folder}. Stop it first, or give this one its own --data-dir.`,
      );
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const isMine = () => read(file)?.pid === me.pid;
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

function take(file: string, me: Holder): boolean {
  return linkNew(file, me);
}

function takeOver(file: string, dead: Holder, me: Holder): boolean {
  const claim = `${file}.after-${dead.pid}`;
  if (!linkNew(claim, me)) {
    const claimant = read(claim);
    // A claimant that died in its turn: make way, and let the next round decide.
    if (claimant !== undefined && !isStillRunning(claimant)) rmSync(claim, { force: true });
    return false;
  }
  try {
    const now = read(file);
    if (now === undefined || now.pid !== dead.pid || now.startedAt !== dead.startedAt) return false;
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

function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
