import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, until } from '../harness/index.js';

const LOCK = pathToFileURL(
  join(import.meta.dirname, '..', '..', 'dist', 'apps', 'cli', 'src', 'start', 'data-folder-lock.js'),
);
const AT_ONCE = 8;
/** No process has this number: it is past the largest that Linux and macOS give. */
const DEAD = JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'once', command: 'node' });

let folder: string;
const started: ChildProcess[] = [];

beforeAll(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that takes the folder's lock and keeps it; what it says is "mine", or why it gave up. */
function contender(): { said: string } {
  const script = `
    import { lockDataFolder } from '${LOCK}';
    await lockDataFolder(${JSON.stringify(folder)}).then(
      () => { console.log('mine'); setInterval(() => {}, 1_000); },
      (error) => console.log(error.message),
    );`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const contender = { said: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    contender.said += text;
  });
  return contender;
}

/** The file that whoever takes this lock over makes first. */
function claimOn(lock: string): string {
  return `lock.after-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`;
}

describe('of several starts at once over', () => {
  it.each<[string, string, string | undefined]>([
    ['a dead one`s lock', DEAD, undefined],
    ['a dead one`s lock that another died over', DEAD, DEAD],
    ['a dead one`s lock with an empty claim on it', DEAD, ''],
    ['an empty lock', '', undefined],
    ['a lock that is no JSON', '{"pid":', undefined],
    [
      'a lock whose number is another process`s now',
      JSON.stringify({ pid: process.pid, startedAt: 'before the boot' }),
      undefined,
    ],
  ])('%s, one wins and the others say who it is', async (_, lock, claim) => {
    writeFileSync(join(folder, 'lock'), lock);
    if (claim !== undefined) writeFileSync(join(folder, claimOn(lock)), claim);
    const contenders = Array.from({ length: AT_ONCE }, contender);
    await until('each has won or given up', () => contenders.every(({ said }) => said !== ''));
    const refusals = contenders.filter(({ said }) => said !== 'mine\n');
    expect(refusals).toHaveLength(AT_ONCE - 1);
    for (const { said } of refusals) expect(said).toMatch(/^Another Hexfleet \(process \d+\) runs on/);
    expect(readdirSync(folder)).toEqual(['lock']);
  });
});
