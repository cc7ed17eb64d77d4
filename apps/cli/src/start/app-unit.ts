import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { guardAgainstOrphaning } from '@hexfleet/embedded-servers';
import { describeEnd, type UnitRecipe } from './unit.js';

const READY_TIMEOUT_MS = 60_000;
/** An app bounds its own drain; this is for one that hangs. */
const STOP_TIMEOUT_MS = 20_000;

/** The built apps, beside this one: dist/apps. */
const APPS_FOLDER = join(import.meta.dirname, '..', '..', '..');
const COMMAND_LINE = join(import.meta.dirname, '..', 'main.js');

export interface AppOptions {
  readonly label: string;
  /** The folder under apps/. */
  readonly app: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where it listens at its first start; 0 for any free port. */
  readonly port: number;
}

/** An app of this project, as a process that says over IPC when it is up and where, and ends when we do. */
export function appRecipe({ label, app, env, port: firstPort }: AppOptions): UnitRecipe {
  const main = join(APPS_FOLDER, app, 'src', 'main.js');
  return {
    label,
    start: async (port, signal) => {
      // What an app prints goes to our standard error; our standard output holds what `start` answers.
      const child = spawn(process.execPath, ['--enable-source-maps', main], {
        env: { ...env, HEXFLEET_PORT: String(port ?? firstPort) },
        stdio: ['ignore', 2, 2, 'ipc'],
        detached: true,
      });
      const ended = endOf(child);
      try {
        const url = await readyUrl(child, ended, signal);
        return { pid: pidOf(child), url, ended, stop: () => stopChild(child, ended) };
      } catch (error) {
        await stopChild(child, ended);
        throw error;
      }
    },
  };
}

/** Another command of this command line, such as `simulate`; its standard error is kept for when it fails. */
export function commandRecipe(label: string, args: readonly string[], env: NodeJS.ProcessEnv): UnitRecipe {
  return {
    label,
    start: async () => {
      const child = spawn(process.execPath, [COMMAND_LINE, ...args], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      });
      let lastWords = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        lastWords = (lastWords + text).slice(-500);
      });
      const ended = endOf(child);
      const explained = ended.then((end) => (end === 'exit status 0' ? end : `${end}; ${lastWords.trim()}`));
      return { pid: pidOf(child), url: undefined, ended: explained, stop: () => stopChild(child, ended) };
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process could not be started');
  return child.pid;
}

/** Also sets the guard that ends the child when we die by kill −9, and lifts it when the child is gone. */
function endOf(child: ChildProcess): Promise<string> {
  const lift = child.pid === undefined ? undefined : guardAgainstOrphaning(child.pid);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`can't be run: ${error.message}`));
    child.once('exit', (status, signal) => {
      lift?.();
      resolve(describeEnd(status, signal));
    });
  });
}

function readyUrl(child: ChildProcess, ended: Promise<string>, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(
      () => reject(new Error(`it did not come up within ${READY_TIMEOUT_MS / 1_000} s`)),
      READY_TIMEOUT_MS,
    );
    const settle = (act: () => void) => {
      clearTimeout(timeout);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    child.on('message', (message: { ready?: boolean; url?: string }) => {
      const { ready, url } = message;
      if (ready === true && url !== undefined) settle(() => resolve(url));
    });
    void ended.then((end) => settle(() => reject(new Error(`it ended while starting: ${end}`))));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return true;
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(kill);
  return child.signalCode !== 'SIGKILL';
}
