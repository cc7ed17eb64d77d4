import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinaries, isStandIn } from '@hexfleet/embedded-servers';
import { describe, expect, it } from '@jest/globals';
import { PROGRAM } from '../harness/hexfleet.js';
import { temporaryFolder } from '../harness/index.js';

const run = promisify(execFile);

interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: number;
  readonly peerName?: string;
  readonly ratio?: number;
}

/** Why there is nothing to measure here. */
const HINDRANCE =
  process.platform !== 'linux'
    ? 'benches are for Linux only'
    : Object.values(findServerBinaries()).some((file) => file !== undefined && isStandIn(file))
      ? 'the servers run in Docker, where their CPU time is not theirs'
      : undefined;
const describeMeasurable = HINDRANCE === undefined ? describe : describe.skip;

const isFigure = (value: number) => Number.isFinite(value) && value >= 0;

/** On next to no data the figures say nothing; that there are some, in the shape that scripts read, is what is tested. */
describeMeasurable(`a bench, tiny${HINDRANCE === undefined ? '' : ` (${HINDRANCE})`}`, () => {
  // All parts of shed take minutes.
  it.each([['store'], ['nearby'], ['ingest'], ['writers'], ['shed', '--part', 'accuracy'], ['shed', '--part', 'cost']])(
    '%s tells its bound first, then figures beside a peer (%s %s)',
    async (bench, ...part) => {
      const file = join(temporaryFolder(), 'figures.json');
      const args = [PROGRAM, '--entry', 'bench', bench, ...part, '--tiny', '--rounds', '1', '--json', file];
      const { stdout } = await run(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } });
      expect(stdout.indexOf('The bound')).toBeLessThan(stdout.indexOf('ours ÷ peer'));
      const figures = JSON.parse(readFileSync(file, 'utf8')) as Figure[];
      expect(figures.every((figure) => figure.bench === bench && isFigure(figure.ours))).toBe(true);
      const compared = figures.filter(({ peer }) => peer !== undefined);
      expect(compared.length).toBeGreaterThan(0);
      for (const { ours, peer, ratio } of compared) expect(ratio).toBeCloseTo(ours / (peer as number), 6);
    },
  );
});
