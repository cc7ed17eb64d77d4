import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'hexfleet.mjs');
const SEEDS = 5_000;
/** From where the search begins, each mutation shows itself in fewer. */
const SEEDS_A_MUTATION = 3_000;

/** What a run has to have seen some times, lest that nothing went wrong is taken for safety. */
const SIGHTINGS = [
  'NATS wiped',
  'Redis rolled back',
  'a batch published twice',
  'a claim: built',
  'a claim: empty',
  'a claim: fenced',
  'a claim: outdated',
  'a claim in doubt',
  'a clear that came too late',
  'a directory set back',
  'a directory slot emptied',
  'a driver that went elsewhere',
  'a gateway dead',
  'a partition emptied',
  "a partition's records evicted",
  'a partition rolled back',
  'a reply lost',
  'a request held up on its way',
  'a take-over by a writer whose turn it is',
  'a tie',
  'a to-do cleared',
  'a whole table written',
  'a write on another base',
  'a write to a name that nobody reads',
  'a writer that hands over',
  'an owner fenced',
  'an owner that hears of a newer one',
  'two pings of one moment',
];

/** Outside of Jest, whose modules run several times slower. */
async function simulateFaults(...args: string[]): Promise<string> {
  const command = [PROGRAM, '--entry', 'simulate-faults', '--json', ...args];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return run(process.execPath, command, { env, maxBuffer: 2 ** 26 }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      // What failed, as small as it gets, and how to see it again.
      process.stderr.write(stderr);
      return stdout;
    },
  );
}

describe('the protocol in a world where anything may fail', () => {
  it(`keeps its invariants over ${SEEDS} seeds, and meets what it is made for`, async () => {
    const { seeds, steps, failed, sightings } = JSON.parse(await simulateFaults('--seeds', String(SEEDS)));
    expect(failed).toEqual([]);
    expect(seeds).toBe(SEEDS);
    expect(steps).toBeGreaterThanOrEqual(200 * SEEDS);
    expect(SIGHTINGS.filter((what) => !(sightings[what] > 20))).toEqual([]);
  });
});

function linesOf(text: string): string[] {
  return text.trim().split('\n');
}

describe('a broken protocol', () => {
  it('is noticed, whichever way it is broken', async () => {
    const list = linesOf(await simulateFaults('--list-mutations')).map((line) => line.split(' ')[0]);
    const tried = linesOf(await simulateFaults('--mutations', '--seeds', String(SEEDS_A_MUTATION))).map(
      (line) => JSON.parse(line) as { readonly name: string; readonly violation?: string },
    );
    const noticed = tried.filter(({ violation }) => violation !== undefined).map(({ name }) => name);
    expect(list.length).toBeGreaterThan(20);
    expect(noticed.sort()).toEqual(list.sort());
  });
});
