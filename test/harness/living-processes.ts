import { readdirSync, readFileSync } from 'node:fs';

export interface LivingProcess {
  readonly pid: number;
  readonly command: string;
}

/** The variable that marks a started Hexfleet and is handed down to every process that comes of it. */
export const MARK = 'HEXFLEET_TEST_MARK';

/**
 * The processes whose environment bears the mark, unreaped remains left out. By /proc, so on Linux only; elsewhere the
 * answer is undefined, and a spec that needs it looks at the pids it knows.
 */
export function livingProcesses(mark: string): LivingProcess[] | undefined {
  if (process.platform !== 'linux') return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return environment.includes(`${MARK}=${mark}`) && command !== '' ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}
