import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Which process a number means. Numbers are given again after a process has ended, so a process is known by its number
 * and its time of start together. (apps/cli has the same for what runs later; this one works before anything is built.)
 *
 * @returns {{ pid: number, startedAt: string } | undefined} undefined when there is none, or only its unreaped remains.
 */
export function identityOf(pid) {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isStillRunning({ pid, startedAt }) {
  return identityOf(pid)?.startedAt === startedAt;
}

/** proc(5): state is field 3 of stat, the start 22; field 2, the name, may hold spaces and brackets. */
function startFromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isGone = fields[0] === 'Z' || fields[0] === 'X';
    return isGone ? undefined : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

function startFromPs(pid) {
  try {
    const args = ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)];
    const said = execFileSync('ps', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    const [state, ...start] = said.trim().split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}
