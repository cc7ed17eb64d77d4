import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Which process a number means. Numbers are given again after a process has ended, so a process is known by its number
 * and its time of start together.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: the boot and the clock ticks since it on Linux, ps's words elsewhere. Equal means the same start. */
  readonly startedAt: string;
  readonly command: string;
}

/** The living process `pid`; undefined when there is none, or only the remains of one that nobody has reaped. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  return process.platform === 'linux' ? fromProc(pid)?.identity : fromPs(pid)?.identity;
}

/** Whether that very process still runs, whatever it calls itself by now: a program may change its title. */
export function isStillRunning(known: ProcessIdentity): boolean {
  return identityOf(known.pid)?.startedAt === known.startedAt;
}

/** The same, under the same command line: what must hold before a process is ended that was only read about. */
export function isStillRunningAs(known: ProcessIdentity): boolean {
  return isStillRunning(known) && identityOf(known.pid)?.command === known.command;
}

/** The nearest process above this one that satisfies `wanted`. */
export function ancestor(wanted: (command: string) => boolean): ProcessIdentity | undefined {
  const look = process.platform === 'linux' ? fromProc : fromPs;
  for (let pid = process.ppid; pid > 1; ) {
    const found = look(pid);
    if (found === undefined) return undefined;
    if (wanted(found.identity.command)) return found.identity;
    pid = found.parentPid;
  }
  return undefined;
}

interface Seen {
  readonly identity: ProcessIdentity;
  readonly parentPid: number;
}

/** proc(5): state is field 3 of stat, the parent 4, the start 22; field 2, the name, may hold spaces and brackets. */
function fromProc(pid: number): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parentPid, startTicks] = [fields[0], fields[1], fields[19]];
    if (state === 'Z' || state === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { identity: { pid, startedAt: `${boot}:${startTicks}`, command }, parentPid: Number(parentPid) };
  } catch {
    return undefined;
  }
}

/** "S    12 Mon Nov 24 08:01:00 2026     node main.js": state, parent, five words of start, command. */
function fromPs(pid: number): Seen | undefined {
  try {
    const args = ['-o', 'state=', '-o', 'ppid=', '-o', 'lstart=', '-o', 'command=', '-p', String(pid)];
    const words = execFileSync('ps', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
      .trim()
      .split(/\s+/);
    if (words[0]?.startsWith('Z')) return undefined;
    const identity = { pid, startedAt: words.slice(2, 7).join(' '), command: words.slice(7).join(' ') };
    return { identity, parentPid: Number(words[1]) };
  } catch {
    return undefined;
  }
}
