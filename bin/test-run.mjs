import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PlainError, ROOT, STOP_SIGNALS, Stopped, say } from './quiet-run.mjs';
import { setUp } from './set-up.mjs';

/**
 * Everything, in three runs of Jest added up: unit specs and the end-to-end ones, which start whole Hexfleets, two at a time, and
 * chaos alone. The last line is `N passed, N failed`, with `, N skipped` where some were.
 */
const RUNS = [
  ['--selectProjects', 'unit', '--maxWorkers=2'],
  ['--selectProjects', 'e2e', '--maxWorkers=2'],
  ['--selectProjects', 'chaos', '--runInBand'],
];
/** After its last test a run has this long to close what it opened; then it is ended, and we say so. */
const LINGER_BOUND_MS = 20_000;
const LOG_TAIL_CHARS = 8_000;

/**
 * One run: `{ passed, failed, skipped, stoppedBy }`, the last when we were told to stop meanwhile. A run that died before
 * its end is one failure.
 */
async function runJest(selection, args, folder) {
  const countsFile = join(folder, 'counts.json');
  rmSync(countsFile, { force: true });
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      `${ROOT}/node_modules/jest/bin/jest.js`,
      ...selection,
      `--reporters=${ROOT}/test/summary-reporter/summary-reporter.mjs`,
      '--passWithNoTests',
      ...args,
    ],
    {
      cwd: ROOT,
      env: { ...process.env, HEXFLEET_TEST_COUNTS: countsFile, NODE_ENV: 'test' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  jest.stdio[3].pipe(process.stdout, { end: false });
  let log = '';
  const keep = (text) => {
    log = (log + text).slice(-LOG_TAIL_CHARS);
    for (const line of text.split('\n')) if (line.startsWith('… ')) say(line);
  };
  jest.stdout.setEncoding('utf8').on('data', keep);
  jest.stderr.setEncoding('utf8').on('data', keep);
  let stoppedBy;
  const stop = (signal) => {
    stoppedBy ??= signal;
    jest.kill(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  const lingering = endLingering(jest, countsFile);
  const status = await new Promise((resolve) => jest.on('close', (code, signal) => resolve(signal ?? code)));
  clearInterval(lingering);
  for (const signal of STOP_SIGNALS) process.off(signal, stop);
  const counts = readCounts(countsFile);
  if (counts === undefined) {
    if (stoppedBy === undefined)
      process.stdout.write(`${log.trim()}\nThe test run ended before its time (${status}).\n`);
    return { passed: 0, failed: 1, skipped: 0, stoppedBy };
  }
  if (counts.failed > 0) process.stdout.write(`The end of what the tests printed:\n${log.trim()}\n`);
  else if (status !== 0 && counts.lingered === undefined) {
    process.stdout.write(`${log.trim()}\nThe test runner failed (${status}).\n`);
    counts.failed += 1;
  }
  return { ...counts, stoppedBy };
}

/** A test that leaves a socket or timer open keeps Jest alive for ever: end it once its counts lie there. */
function endLingering(jest, countsFile) {
  let completeAtMs;
  return setInterval(() => {
    if (readCounts(countsFile) === undefined) return;
    completeAtMs ??= Date.now();
    if (Date.now() - completeAtMs < LINGER_BOUND_MS) return;
    say('The tests are done, but something they opened is still open; ending the run.');
    jest.kill('SIGKILL');
  }, 500);
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The servers that the tests start, got where they are missing. */
async function provideServers() {
  const lib = pathToFileURL(`${ROOT}/dist/libs/embedded-servers/src/index.js`);
  const { NoServers, provideServerBinaries } = await import(lib);
  await provideServerBinaries({ say }).catch((error) => {
    throw error instanceof NoServers ? new PlainError(error.message) : error;
  });
}

const total = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), 'hexfleet-test-'));
process.exitCode = 0;
try {
  await setUp();
  await provideServers();
  for (const selection of RUNS) {
    const { stoppedBy, ...counts } = await runJest(selection, process.argv.slice(2), folder);
    for (const kind of Object.keys(total)) total[kind] += counts[kind];
    if (stoppedBy !== undefined) throw new Stopped(stoppedBy);
  }
  if (total.passed + total.failed + total.skipped === 0) throw new PlainError('No test matches.');
} catch (error) {
  process.stdout.write(`${error instanceof PlainError ? error.message : (error?.stack ?? error)}\n`);
  // What was stopped has not passed, whatever was counted by then.
  total.failed = Math.max(total.failed, 1);
  process.exitCode = error?.exitStatus ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (total.failed > 0) process.exitCode ||= 1;
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
