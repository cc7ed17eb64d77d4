import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isStillRunning } from './process-identity.mjs';
import { PlainError, ROOT, say, signalGroup } from './quiet-run.mjs';

const POLL_INTERVAL_MS = 200;
/** A program that its dead parent left behind gets so long to end in order. */
const LEFTOVER_PATIENCE_MS = 5_000;

/**
 * Does `work` while no other process of this clone installs or builds, and resolves to what it gives. Waits for its turn
 * for as long as the holder lives, because the one before us does what we would do.
 *
 * The lock is a file that names its holder and the program that the holder runs; a hard link or a rename makes it appear
 * with its content or not at all, so one that can't be read is no living process's. A dead holder's program (npm, the
 * build) is ended before the lock is taken over.
 *
 * @param {(noteChild: (pid: number) => void) => Promise<T>} work tells the lock which program it has started
 * @template T
 */
export async function withSetUpLock(work, folder = `${ROOT}/.hexfleet`) {
  // As the data folder that it becomes: for its owner only.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = `${folder}/set-up.lock`;
  const me = identityOf(process.pid);
  if (me === undefined) throw new PlainError('This process can’t find itself among the processes; is there a ps?');
  await take(file, me);
  const release = () => {
    if (isHeldBy(file, me)) rmSync(file, { force: true });
  };
  process.on('exit', release);
  try {
    return await work((pid) => replace(file, { ...me, child: identityOf(pid) }));
  } finally {
    release();
    process.off('exit', release);
  }
}

async function take(file, me) {
  let hasWaited = false;
  while (!linkNew(file, me)) {
    const text = read(file);
    if (text === undefined) continue;
    const holder = parse(text);
    if (holder === undefined || !isStillRunning(holder)) {
      if (await takeOver(file, text, me)) return;
    } else if (!hasWaited) {
      say(`Another Hexfleet (process ${holder.pid}) is setting up this folder; waiting for it.`);
      hasWaited = true;
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

/**
 * Of those who find the same dead lock, the one that makes the file named for that lock's end goes on, and only while the
 * lock is still the dead one. That file is a lock in itself, and taken over in the same way from one that died over it.
 */
async function takeOver(file, deadText, me) {
  const claim = `${file}.after-${createHash('sha256').update(deadText).digest('hex').slice(0, 12)}`;
  if (!linkNew(claim, me)) {
    const text = read(claim);
    const claimant = text === undefined ? undefined : parse(text);
    if (text === undefined || (claimant !== undefined && isStillRunning(claimant))) return false;
    if (!(await takeOver(claim, text, me))) return false;
  }
  try {
    if (read(file) !== deadText) return false;
    await endLeftover(parse(deadText)?.child);
    replace(file, me);
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Ends what a dead holder was running, with all that it started: two `npm ci` in one folder spoil it. */
async function endLeftover(child) {
  if (child === undefined || !isStillRunning(child)) return;
  say(`Ending what an earlier set-up left running (process ${child.pid}).`);
  signalGroup(child.pid, 'SIGTERM');
  const deadlineMs = Date.now() + LEFTOVER_PATIENCE_MS;
  while (isStillRunning(child)) {
    if (Date.now() > deadlineMs) signalGroup(child.pid, 'SIGKILL');
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Creates `file` with its content in one step; false when it is there already. */
function linkNew(file, content) {
  const draft = draftOf(file, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replace(file, content) {
  renameSync(draftOf(file, content), file);
}

function draftOf(file, content) {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  return draft;
}

function isHeldBy(file, { pid, startedAt }) {
  const holder = parse(read(file) ?? '');
  return holder?.pid === pid && holder.startedAt === startedAt;
}

/** Undefined when there is no such file. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new PlainError(`${file} can't be read: ${error.message}`);
  }
}

/** Undefined when the text names no process, as after a loss of power. */
function parse(text) {
  try {
    const holder = JSON.parse(text);
    return typeof holder?.pid === 'number' && typeof holder.startedAt === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
}
