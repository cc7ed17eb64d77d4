import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CLOCK_TOLERANCE_MS, ClockOffsets } from './clock-offsets.js';

const YEAR_MS = 365 * 86_400_000;
const T0 = 1_700_000_000_000;
const EVERY_MS = 4_000;

/** Offsets applied to frames sent every 4 s; each entry is [how far the clock is ahead, time on the way]. */
function applied(frames: readonly (readonly [aheadMs: number, onTheWayMs: number])[], clocks = new ClockOffsets(10)) {
  return frames.map(([aheadMs, onTheWayMs], i) => {
    const sentAtMs = T0 + i * EVERY_MS;
    return clocks.observe('d-17', sentAtMs + aheadMs, sentAtMs + onTheWayMs);
  });
}

describe('ClockOffsets', () => {
  it('leaves a clock alone that is off by no more than 5 s', () => {
    expect(
      applied([
        [0, 80],
        [4_900, 80],
        [-4_900, 80],
      ]),
    ).toEqual([0, 0, 0]);
  });

  it('corrects a clock that is a year ahead from its first frame on', () => {
    expect(
      applied([
        [YEAR_MS, 80],
        [YEAR_MS, 120],
      ]),
    ).toEqual([80 - YEAR_MS, 80 - YEAR_MS]);
  });

  it('corrects a clock that is behind once three frames agree', () => {
    const behind = [100, 80, 120, 90].map((wayMs) => [-600_000, wayMs] as const);
    expect(applied(behind)).toEqual([0, 0, 600_080, 600_080]);
  });

  it('does not take a body that is sent again to a restarted gateway for a clock that is behind', () => {
    expect(
      applied([
        [0, 30_000],
        [0, 80],
      ]),
    ).toEqual([0, 0]);
  });

  it('does not take frames that were held up together for a clock that is behind', () => {
    const clocks = new ClockOffsets(10);
    const releasedAtMs = T0 + 40_000;
    for (let sentAtMs = T0; sentAtMs < releasedAtMs; sentAtMs += 500) {
      expect(clocks.observe('d-17', sentAtMs, releasedAtMs)).toBe(0);
    }
    expect(clocks.observe('d-17', releasedAtMs, releasedAtMs + 80)).toBe(0);
  });

  it('takes an offset back at once that turns out to have been delay', () => {
    const slow = Array.from({ length: 4 }, () => [-60_000, 20_000] as const);
    expect(applied([...slow, [-60_000, 100]]).slice(2)).toEqual([80_000, 80_000, 60_100]);
  });

  it('takes the smallest of the recent differences, so that slow frames do not count', () => {
    expect(
      applied([
        [0, 80],
        [0, 30_000],
        [0, 9_000],
        [0, 80],
      ]),
    ).toEqual([0, 0, 0, 0]);
    const ways = [3_000, 2_000, 4_000, 100].map((wayMs) => [-60_000, wayMs] as const);
    expect(applied(ways)).toEqual([0, 0, 62_000, 62_000]);
  });

  it('keeps what it applies while the estimate stays within 5 s of it', () => {
    const drifting = Array.from({ length: 40 }, (_, i) => [10_000 + i * 100, 50] as const);
    expect(new Set(applied(drifting).slice(0, 45)).size).toBe(1);
    const far = Array.from({ length: 80 }, (_, i) => [10_000 + i * 1_000, 50] as const);
    expect(new Set(applied(far)).size).toBeGreaterThan(3);
  });

  it('believes a clock that has been put right from its first frame on', () => {
    expect(
      applied([
        [YEAR_MS, 80],
        [YEAR_MS, 80],
        [0, 80],
        [0, 80],
      ]),
    ).toEqual([80 - YEAR_MS, 80 - YEAR_MS, 0, 0]);
  });

  it('follows a clock stepped from one wrong time to another within 8 frames', () => {
    const stepped = [...Array(8).fill([YEAR_MS, 80]), ...Array(8).fill([600_000, 80])];
    expect(applied(stepped).at(-1)).toBe(80 - 600_000);
  });

  it('learns nothing from a body that is sent again, or that was overtaken', () => {
    const clocks = new ClockOffsets(10);
    expect(clocks.observe('d-17', T0, T0 + 80)).toBe(0);
    for (let i = 1; i <= 20; i++) expect(clocks.observe('d-17', T0, T0 + i * 2_000)).toBe(0);
    expect(clocks.observe('d-17', T0 - 30_000, T0 + 41_000)).toBe(0);
  });

  it('keeps on applying what it knows to a frame that does not say when it was sent', () => {
    const clocks = new ClockOffsets(10);
    expect(clocks.observe('d-17', undefined, T0)).toBe(0);
    clocks.observe('d-17', T0 + YEAR_MS, T0);
    expect(clocks.observe('d-17', undefined, T0 + 1)).toBe(-YEAR_MS);
  });

  it('keeps senders apart and forgets the ones that were silent longest', () => {
    const clocks = new ClockOffsets(10);
    clocks.observe('a', T0 + YEAR_MS, T0);
    expect(clocks.observe('b', T0, T0)).toBe(0);
    for (let i = 0; i < 100; i++) clocks.observe(`c${i}`, T0, T0);
    expect(clocks.size).toBeLessThanOrEqual(10);
    expect(clocks.observe('a', undefined, T0)).toBe(0);
  });

  it('brings a steady clock’s frames within the tolerance of when they were received, however far it is off', () => {
    const scenario = fc.tuple(
      fc.integer({ min: -YEAR_MS, max: YEAR_MS }),
      fc.array(fc.nat({ max: 4_000 }), { minLength: 1 }),
    );
    fc.assert(
      fc.property(scenario, ([aheadMs, waysMs]) => {
        const offsets = applied(waysMs.map((wayMs) => [aheadMs, wayMs]));
        offsets.forEach((offsetMs, i) => {
          const correctedAheadMs = aheadMs + offsetMs - (waysMs[i] as number);
          expect(correctedAheadMs).toBeLessThanOrEqual(CLOCK_TOLERANCE_MS);
        });
      }),
    );
  });
});
