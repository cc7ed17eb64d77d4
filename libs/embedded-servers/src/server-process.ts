import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from './free-port.js';
import { guardAgainstOrphaning } from './orphan-guard.js';

/** A server that answers. `process` emits 'exit' when it ends, wanted or not. */
export interface RunningServer {
  /** With user and password, as a client takes it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Ends it in order (SIGTERM; SIGKILL after 10 s) and resolves once it is gone. Safe to call again. */
  stop(): Promise<void>;
}

/** What a kind of server says about itself so that it can be started. */
export interface ServerRecipe {
  readonly label: string;
  readonly binary: string;
  readonly args: (port: number) => string[];
  readonly logFile: string;
  readonly url: (port: number) => string;
  /** Resolves true once the server on this port answers as itself with our password. Must not throw. */
  readonly answers: (port: number) => Promise<boolean>;
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal | undefined;
}

const STOP_TIMEOUT_MS = 10_000;
/** Long, because loading a large append-only file or stream takes its time; a server that dies is noticed at once. */
const START_TIMEOUT_MS = 120_000;
const POLL_INTERVAL_MS = 25;
const CLASH_RETRIES = 8;
const LOG_BOUND_BYTES = 1_000_000;

/** Starts on `port`, or with 0 on a free one; a free port that was snatched meanwhile is replaced by another. */
export async function startServer(recipe: ServerRecipe, port: number): Promise<RunningServer> {
  if (port !== 0) return startOn(recipe, port);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(recipe, await findFreePort());
    } catch (error) {
      const clash = error instanceof Error && /address already in use/i.test(error.message);
      if (!clash || attempt === CLASH_RETRIES) throw error;
    }
  }
}

async function startOn(recipe: ServerRecipe, port: number): Promise<RunningServer> {
  const logStart = boundLog(recipe.logFile);
  const log = openSync(recipe.logFile, 'a', 0o600);
  const child = spawn(recipe.binary, recipe.args(port), { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let spawnError: Error | undefined;
  child.on('error', (error) => {
    spawnError = error;
  });
  const { pid } = child;
  if (pid === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error(`${recipe.label} can't be run as ${recipe.binary}: ${spawnError?.message ?? 'unknown reason'}`);
  }
  child.once('exit', guardAgainstOrphaning(pid));
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!(await recipe.answers(port))) {
    const late = Date.now() > deadlineMs;
    if (gone() || late || recipe.signal?.aborted) {
      await stopChild(child);
      recipe.signal?.throwIfAborted();
      const why = late ? `did not answer in ${START_TIMEOUT_MS / 1000} s` : 'ended while starting';
      throw new Error(
        `${recipe.label} ${why} (${recipe.binary}, port ${port}):\n${logSince(recipe.logFile, logStart)}`,
      );
    }
    await sleep(POLL_INTERVAL_MS);
  }
  // Another server on this port would have refused our password; but ours may have died just after a namesake's answer.
  if (gone()) throw new Error(`${recipe.label} ended while starting:\n${logSince(recipe.logFile, logStart)}`);
  child.unref();
  return { url: recipe.url(port), port, pid, process: child, stop: () => stopChild(child) };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.ref();
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(kill);
}

/** Empties a log past its bound; returns the length it has now. */
function boundLog(file: string): number {
  const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes <= LOG_BOUND_BYTES) return sizeBytes;
  truncateSync(file, 0);
  return 0;
}

function logSince(file: string, start: number): string {
  return readFileSync(file).subarray(start).toString('utf8').trim().slice(-2_000) || '(it said nothing)';
}
