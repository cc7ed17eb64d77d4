import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SignalBoard } from './signal-board.js';
import { type PartitionSignal, SIGNAL_TIMEOUT_MS, type WriterSignals } from './signals.js';

const START_MS = 1_000_000;

function report(...rows: Partial<PartitionSignal>[]): WriterSignals {
  const blank: PartitionSignal = {
    partition: 0,
    epoch: 1,
    lagMs: 0,
    share: 1,
    backlogMessages: 0,
    written: 0,
    superseded: 0,
    expired: 0,
  };
  return { writer: 'w', atMs: START_MS, partitions: rows.map((row) => ({ ...blank, ...row })) };
}

describe('the board of signals', () => {
  it('tells each partition’s share as its owner told it last', () => {
    const board = new SignalBoard(2, START_MS);
    board.hear(report({ partition: 0, share: 0.5 }, { partition: 1, share: 0.9 }), START_MS);
    board.hear(report({ partition: 0, share: 0.4 }), START_MS + 200);
    expect([0, 1].map((partition) => board.shareOf(partition, START_MS + 300))).toEqual([0.4, 0.9]);
  });

  it('takes silence for pressure: the share falls, evenly and never to nothing', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.array(fc.nat(3_600_000), { minLength: 2 }),
        (share, silences) => {
          const board = new SignalBoard(1, START_MS);
          board.hear(report({ share }), START_MS);
          const shares = silences.toSorted((a, b) => a - b).map((ms) => board.shareOf(0, START_MS + ms));
          shares.forEach((one, at) => {
            expect(one).toBeGreaterThan(0);
            expect(one).toBeLessThanOrEqual(shares[at - 1] ?? share);
          });
        },
      ),
    );
    const board = new SignalBoard(1, START_MS);
    board.hear(report({ share: 0.8 }), START_MS);
    expect(board.shareOf(0, START_MS + SIGNAL_TIMEOUT_MS)).toBe(0.8);
    expect(board.shareOf(0, START_MS + SIGNAL_TIMEOUT_MS + 1_000)).toBe(0.4);
  });

  it('never raises a small share for being silent', () => {
    const board = new SignalBoard(1, START_MS);
    board.hear(report({ share: 0.01 }), START_MS);
    expect(board.shareOf(0, START_MS + 60_000)).toBe(0.01);
  });

  it('counts the silence of a partition that nobody has told of from the start, or from when it could be heard', () => {
    const board = new SignalBoard(1, START_MS);
    expect(board.shareOf(0, START_MS + 500)).toBe(1);
    expect(board.shareOf(0, START_MS + 5_000)).toBeLessThan(0.25);
    board.resume(START_MS + 5_000);
    expect(board.shareOf(0, START_MS + 5_500)).toBe(1);
  });

  it('believes the newer of two owners, and an older one only once that is silent', () => {
    const board = new SignalBoard(1, START_MS);
    board.hear(report({ epoch: 7, share: 0.3 }), START_MS);
    board.hear(report({ epoch: 6, share: 1 }), START_MS + 100);
    expect(board.shareOf(0, START_MS + 200)).toBe(0.3);
    board.hear(report({ epoch: 6, share: 0.9 }), START_MS + SIGNAL_TIMEOUT_MS + 1);
    expect(board.shareOf(0, START_MS + SIGNAL_TIMEOUT_MS + 100)).toBe(0.9);
    board.hear(report({ epoch: 8, share: 0.2 }), START_MS + SIGNAL_TIMEOUT_MS + 101);
    expect(board.shareOf(0, START_MS + SIGNAL_TIMEOUT_MS + 200)).toBe(0.2);
  });

  it('knows which partitions are told of and which have gone silent, and passes over those that it has not', () => {
    const board = new SignalBoard(2, START_MS);
    board.hear(report({ partition: 0 }, { partition: 9 }), START_MS);
    expect(board.isComplete).toBe(false);
    expect(board.silentPartitions(START_MS + 500)).toBe(0);
    board.hear(report({ partition: 1 }), START_MS + 900);
    expect(board.isComplete).toBe(true);
    expect(board.silentPartitions(START_MS + 1_500)).toBe(1);
  });
});
