import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, say } from './quiet-run.mjs';

const FOLDER = `${ROOT}/.hexfleet`;
const LOCK = `${FOLDER}/set-up.lock`;
const POLL_INTERVAL_MS = 200;

/**
 * Does `work` while no other process of this clone installs or builds. Waits for its turn without a bound, because the
 * one before us does what we would do. A lock whose holder has died is taken over.
 */
export async function withSetUpLock(work) {
  mkdirSync(FOLDER, { recursive: true });
  const mine = `${FOLDER}/set-up.lock.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  const release = () => {
    if (holder() === process.pid) rmSync(LOCK, { force: true });
  };
  try {
    let waited = false;
    while (!take(mine)) {
      const pid = holder();
      if (pid !== undefined && !isAlive(pid)) setAside(pid);
      else if (pid !== undefined && !waited) {
        say(`Another Hexfleet (process ${pid}) is setting up this folder; waiting for it.`);
        waited = true;
      }
      await sleep(POLL_INTERVAL_MS);
    }
  } finally {
    unlinkSync(mine);
  }
  process.on('exit', release);
  try {
    return await work();
  } finally {
    release();
    process.off('exit', release);
  }
}

/** A hard link appears with its content or not at all, and only for one of those who try at once. */
function take(mine) {
  try {
    linkSync(mine, LOCK);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Moves a dead holder's lock away; if it was another's by the time it moved, puts it back. */
function setAside(deadPid) {
  const aside = `${LOCK}.${process.pid}.dead`;
  try {
    renameSync(LOCK, aside);
    if (Number(readFileSync(aside, 'utf8')) !== deadPid) linkSync(aside, LOCK);
  } catch {
    // Someone else was faster; the next look at the lock tells.
  }
  rmSync(aside, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
