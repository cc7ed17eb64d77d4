import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Microseconds of CPU by process name, user and system time of all its threads, as the kernel counts them. */
export type CpuTimes<Name extends string> = Readonly<Record<Name, number>>;

let microsPerTick = 0;
/** Fields of /proc/<pid>/stat after the command's name in brackets (proc(5)): utime is the 14th of all, stime the 15th. */
const UTIME = 11;
const STIME = 12;

/** Reads the processes' CPU time so far. Its grain is a clock tick, 10 ms: measure over seconds. Linux only. */
export function readCpuTimes<Name extends string>(pids: Readonly<Record<Name, number>>): CpuTimes<Name> {
  microsPerTick ||= 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return mapped(pids, (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    return (Number(fields[UTIME]) + Number(fields[STIME])) * microsPerTick;
  });
}

/** What was used between two readings, by name. */
export function cpuBetween<Name extends string>(before: CpuTimes<Name>, after: CpuTimes<Name>): CpuTimes<Name> {
  return mapped(after, (micros, name) => micros - before[name]);
}

export function totalOf(times: Readonly<Record<string, number>>): number {
  return Object.values(times).reduce((sum, micros) => sum + micros, 0);
}

function mapped<Name extends string>(
  record: Readonly<Record<Name, number>>,
  change: (value: number, name: Name) => number,
): Record<Name, number> {
  const entries = Object.entries<number>(record).map(([name, value]) => [name, change(value, name as Name)]);
  return Object.fromEntries(entries);
}
