import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PlainError, ROOT, STOP_SIGNALS, Stopped, say } from './quiet-run.mjs';
import { setUp } from './set-up.mjs';

const HELP = `Usage: npm run chaos -- [--minutes N] [--seed S] [--writers N]

Starts a Hexfleet with its own NATS and Redis on this machine, drives a fleet through it, and kills, stalls, empties and puts
back what it consists of, fault after fault, while it checks that every invariant holds. See docs/chaos.md.

  --minutes N   for how long faults begin (default 10, 0.5 to 120)
  --seed S      the order of the faults and who is hit (default: a new one, which is printed)
  --writers N   location writers (default 3, 2 to 8)
  --help        this text

Ends with a table on standard error and a line of JSON on standard output; the exit status is 0 when everything held. Ctrl-C
ends it in order, a second one at once.`;

const FOLDER_PREFIX = 'hexfleet-chaos-';
/** What was started and lost its starter ends by itself within this, and may write until then. */
const ENDING_BOUND_MS = 15_000;

function options() {
  const text = { type: 'string' };
  const flags = { minutes: text, seed: text, writers: text, help: { type: 'boolean' } };
  let values;
  try {
    ({ values } = parseArgs({ options: flags }));
  } catch (error) {
    throw new PlainError(`${error.message}\n\n${HELP}`);
  }
  if (values.help) return undefined;
  return {
    minutes: number('--minutes', values.minutes ?? '10', 0.5, 120),
    writers: number('--writers', values.writers ?? '3', 2, 8),
    ...(values.seed !== undefined && { seed: number('--seed', values.seed, 0, 1e9) }),
  };
}

function number(flag, text, least, most) {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && (flag === '--minutes' || Number.isInteger(value)))
    return value;
  throw new PlainError(`${flag} must be a number from ${least} to ${most}, not ${text}.`);
}

/** The first stop asks for an orderly end, the second is one: whatever was started ends when its starter is gone. */
async function run(settings, folder) {
  const stopFile = join(folder, 'stop');
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      `${ROOT}/node_modules/jest/bin/jest.js`,
      ...['--runInBand', 'test/chaos/chaos.spec.ts'],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'test', HEXFLEET_CHAOS: JSON.stringify({ ...settings, folder, stopFile }) },
      stdio: ['ignore', 'inherit', 'inherit'],
      // The terminal's Ctrl-C is for us alone.
      detached: true,
    },
  );
  let stoppedBy;
  const stop = (signal) => {
    if (stoppedBy !== undefined) jest.kill('SIGKILL');
    else say('Coming to an end; once more to end at once.');
    stoppedBy ??= signal;
    writeFileSync(stopFile, '');
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  const status = await new Promise((resolve) => jest.on('close', resolve));
  for (const signal of STOP_SIGNALS) process.off(signal, stop);
  return { status, stoppedBy };
}

/** Also from under processes that are about to end. */
async function remove(folder) {
  const untilMs = Date.now() + ENDING_BOUND_MS;
  while (Date.now() < untilMs && existsSync(folder)) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    await sleep(500);
  }
}

let folder;
try {
  const settings = options();
  if (settings === undefined) process.stdout.write(`${HELP}\n`);
  else {
    await setUp();
    folder = mkdtempSync(join(tmpdir(), FOLDER_PREFIX));
    const { status, stoppedBy } = await run(settings, folder);
    if (stoppedBy !== undefined) throw new Stopped(stoppedBy);
    process.exitCode = status === 0 ? 0 : 1;
  }
} catch (error) {
  say(error instanceof PlainError ? error.message : (error?.stack ?? String(error)));
  process.exitCode = error?.exitStatus ?? 1;
} finally {
  // Of a run in which something was wrong the spec keeps all of it.
  if (folder !== undefined && !existsSync(join(folder, 'violations.json'))) await remove(folder);
}
