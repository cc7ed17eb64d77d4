import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OfferedBoard } from './offered-board.js';
import { type GatewayPartition, type GatewaySignals, SIGNAL_TIMEOUT_MS } from './signals.js';

const START_MS = 1_000_000;

function report(gateway: string, ...rows: Partial<GatewayPartition>[]): GatewaySignals {
  const blank: GatewayPartition = { partition: 0, offeredPerSecond: 0, share: 1, thresholdM: 0, silenceStretch: 1 };
  return {
    ...{ gateway, atMs: START_MS, policyVersion: 1, stage: 'calm', loopUtilization: 0, publishAckMs: 0 },
    ...{ bufferedBytes: 0, ownShare: 1, partitions: rows.map((row) => ({ ...blank, ...row })) },
  };
}

describe('the board of what is offered', () => {
  it('knows nothing before a gateway has told, and no pressure', () => {
    const board = new OfferedBoard();
    expect(board.offeredPerSecond(0, START_MS)).toBeUndefined();
    expect(board.share(0, START_MS)).toBe(1);
  });

  it('adds up what gateways are offered, by the newest word of each', () => {
    const board = new OfferedBoard();
    board.hear(report('a', { partition: 1, offeredPerSecond: 100 }, { partition: 2, offeredPerSecond: 7 }), START_MS);
    board.hear(report('b', { partition: 1, offeredPerSecond: 20 }), START_MS);
    board.hear(report('a', { partition: 1, offeredPerSecond: 50 }), START_MS + 200);
    expect([1, 2, 3].map((partition) => board.offeredPerSecond(partition, START_MS + 300))).toEqual([70, 0, 0]);
  });

  it('weighs the share of each gateway by what that is offered', () => {
    const board = new OfferedBoard();
    board.hear(report('a', { offeredPerSecond: 300, share: 0.2 }), START_MS);
    board.hear(report('b', { offeredPerSecond: 100, share: 1 }), START_MS);
    expect(board.share(0, START_MS)).toBeCloseTo(0.4);
    expect(board.share(1, START_MS)).toBe(1);
  });

  it('never tells a share beyond those that were told', () => {
    const rows = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true })),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(rows, (told) => {
        const board = new OfferedBoard();
        for (const [at, [offeredPerSecond, share]] of told.entries()) {
          board.hear(report(`g${at}`, { offeredPerSecond, share }), START_MS);
        }
        const shares = told.filter(([offered]) => offered > 0).map(([, share]) => share);
        const [low, high] = shares.length === 0 ? [1, 1] : [Math.min(...shares), Math.max(...shares)];
        expect(board.share(0, START_MS)).toBeGreaterThanOrEqual(low - 1e-9);
        expect(board.share(0, START_MS)).toBeLessThanOrEqual(high + 1e-9);
      }),
    );
  });

  it('forgets a gateway that is silent for longer than the timeout, and not before', () => {
    const board = new OfferedBoard();
    board.hear(report('a', { offeredPerSecond: 100, share: 0.5 }), START_MS);
    board.hear(report('b', { offeredPerSecond: 10 }), START_MS + 500);
    expect(board.offeredPerSecond(0, START_MS + SIGNAL_TIMEOUT_MS)).toBe(110);
    expect(board.offeredPerSecond(0, START_MS + SIGNAL_TIMEOUT_MS + 1)).toBe(10);
    expect(board.offeredPerSecond(0, START_MS + SIGNAL_TIMEOUT_MS + 501)).toBeUndefined();
  });

  it('is bounded: of gateways without end it hears the first thousand, and has room again once those are silent', () => {
    const board = new OfferedBoard();
    for (let at = 0; at < 1_500; at++) board.hear(report(`g${at}`, { offeredPerSecond: 1 }), START_MS);
    expect(board.offeredPerSecond(0, START_MS)).toBe(1_000);
    board.hear(report('g0', { offeredPerSecond: 11 }), START_MS);
    expect(board.offeredPerSecond(0, START_MS)).toBe(1_010);
    const laterMs = START_MS + SIGNAL_TIMEOUT_MS + 1;
    board.hear(report('new', { offeredPerSecond: 5 }), laterMs);
    expect(board.offeredPerSecond(0, laterMs)).toBe(5);
  });
});
