import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const BIN = pathToFileURL(join(import.meta.dirname, '..', '..', 'bin'));
const HOLDS_LONG = `await quietRun(['-e', 'setTimeout(() => {}, 60_000)'], { onChild: noteChild });`;

let folder = '';
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'hexfleet-lock-')), 'data');
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

/** A set-up in a process of its own, which notes in `events` when its work begins and ends. */
function setUp(work: string): { child: ChildProcess; ended: Promise<number | null> } {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { quietRun } from '${BIN}/quiet-run.mjs';
    import { withSetUpLock } from '${BIN}/set-up-lock.mjs';
    const note = (what) => appendFileSync('${folder}/events', what + '\\n');
    await withSetUpLock(async (noteChild) => { note('begin'); ${work} note('end'); }, '${folder}')
      .catch((error) => process.exit(error.exitStatus));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  started.push(child);
  return { child, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

const file = (name: string) => join(folder, name);
const events = () => (existsSync(file('events')) ? readFileSync(file('events'), 'utf8').trim().split('\n') : []);
const locks = () => readdirSync(folder).filter((name) => name.startsWith('set-up.lock'));

/** The lock's holder's program, once it has one. */
async function childOf(): Promise<number> {
  while (true) {
    const lock = existsSync(file('set-up.lock')) ? readFileSync(file('set-up.lock'), 'utf8') : '{}';
    const { child } = JSON.parse(lock);
    if (child !== undefined) return child.pid;
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    // Field 3 of stat: a process that nobody has reaped yet has ended all the same.
    return process.platform === 'linux'
      ? !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      : process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the lock of a set-up', () => {
  it.each([
    ['of a process that has ended', () => JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'once' })],
    ['whose number another process has now', () => JSON.stringify({ pid: process.pid, startedAt: 'before the boot' })],
    ['that a loss of power left empty', () => ''],
    ['that holds a number alone', () => String(process.pid)],
  ])('%s holds nobody up, and of eight who come at once one works at a time', async (_, content) => {
    await setUp('').ended;
    rmSync(file('events'));
    writeFileSync(file('set-up.lock'), content());
    const statuses = await Promise.all(Array.from({ length: 8 }, () => setUp('await sleep(20);').ended));
    expect(statuses).toEqual(Array(8).fill(0));
    expect(events()).toEqual(Array(8).fill(['begin', 'end']).flat());
    expect(locks()).toEqual([]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is let go on Ctrl-C, after the program that ran has ended', async () => {
    const { child, ended } = setUp(HOLDS_LONG);
    const program = await childOf();
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(isAlive(program)).toBe(false);
    expect(locks()).toEqual([]);
    expect(events()).toEqual(['begin']);
  });

  it('of a holder that was killed is taken over only when what it ran has ended', async () => {
    const { child, ended } = setUp(HOLDS_LONG);
    const program = await childOf();
    child.kill('SIGKILL');
    await ended;
    expect(isAlive(program)).toBe(true);
    expect(await setUp('').ended).toBe(0);
    expect(isAlive(program)).toBe(false);
    expect(locks()).toEqual([]);
  });
});
