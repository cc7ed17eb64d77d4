import { STATUSES } from '@hexfleet/ping';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { describe, expect, it } from '@jest/globals';
import { PingHints } from './ping-hints.js';

const USUAL = { afterMs: 4_000, minMoveM: 25 };
const PRESSURE = { share: 0.4, thresholdM: 120 };

describe('hints', () => {
  it('are the usual ones before any pressure is known', () => {
    const hints = new PingHints(2, USUAL, () => 1);
    for (const status of STATUSES) expect(hints.jittered(hints.at(1, status))).toBe(USUAL);
  });

  it('follow the pressure of a partition, status by status, and leave the others as they are', () => {
    const hints = new PingHints(3, USUAL, Math.random);
    hints.tune(1, DEFAULT_POLICY, PRESSURE);
    expect(STATUSES.map((status) => hints.at(1, status))).toEqual([
      { afterMs: 4_750, minMoveM: 30 },
      { afterMs: 7_600, minMoveM: 40 },
      { afterMs: 14_250, minMoveM: 60 },
      { afterMs: 23_750, minMoveM: 120 },
    ]);
    for (const status of STATUSES) expect([hints.at(0, status), hints.at(2, status)]).toEqual([USUAL, USUAL]);
    hints.tune(1, DEFAULT_POLICY, { share: 1, thresholdM: 0 });
    expect(hints.at(1, 'idle')).toBe(USUAL);
  });

  it('are spread by up to a tenth, towards sooner', () => {
    const randoms = [0, 0.5, 1];
    const hints = new PingHints(1, USUAL, () => randoms.shift() ?? 0);
    hints.tune(0, DEFAULT_POLICY, PRESSURE);
    const told = Array.from({ length: 3 }, () => hints.jittered(hints.at(0, 'idle')));
    expect(told.map(({ afterMs }) => afterMs)).toEqual([23_750, 22_563, 21_375]);
  });
});
