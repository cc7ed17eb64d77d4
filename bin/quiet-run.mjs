import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The project's root folder, wherever the command was given. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** What asks a process to stop: Ctrl-C, an operator, the end of its terminal. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** An error whose text is all that the user needs: it is printed without a stack. */
export class PlainError extends Error {
  exitStatus = 1;
}

/** We were told to stop, and what ran has ended. The exit status is a shell's for that signal. */
export class Stopped extends PlainError {
  constructor(signal) {
    super(`Stopped (${signal}).`);
    this.exitStatus = 128 + constants.signals[signal];
  }
}

/**
 * Runs a Node program (or, with `command`, any) in the project's root and keeps what it prints. Resolves to its exit
 * status and output; null means that a signal ended it. It leads a process group of its own, whose number `onChild` is
 * told, so that a stop reaches all that it started, once, and we go only after it.
 *
 * @returns {Promise<{ status: number | null, output: string }>}
 * @throws Stopped when we were told to stop meanwhile.
 */
export function quietRun(args, { command = process.execPath, env = process.env, onChild = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    let stoppedBy;
    const stop = (signal) => {
      stoppedBy ??= signal;
      signalGroup(child.pid, signal);
    };
    // Before anybody can know of the child: a stop that comes then is for it as well.
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    if (child.pid !== undefined) onChild(child.pid);
    let output = '';
    const keep = (text) => {
      output += text;
    };
    const settle = (act) => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      if (stoppedBy === undefined) act();
      else reject(new Stopped(stoppedBy));
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => settle(() => reject(error)));
    child.on('close', (status) => settle(() => resolve({ status, output })));
  });
}

/** Signals a process group by its leader's number; a group that has ended is well. */
export function signalGroup(leaderPid, signal) {
  try {
    process.kill(-leaderPid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Prints on standard error, because standard output belongs to what the command answers. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}
