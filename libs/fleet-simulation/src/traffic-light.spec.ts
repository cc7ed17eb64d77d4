import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isRed } from './traffic-light.js';

const EPOCH_MS = 1_700_000_000_000;

describe('traffic lights', () => {
  it('never show green both ways at once, and both ways in turn', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(10_000_000), (crossing, sinceMs) => {
        const atMs = EPOCH_MS + sinceMs;
        expect(isRed(crossing, 2, 0, atMs) || isRed(crossing, 2, 1, atMs)).toBe(true);
        expect(isRed(crossing, 2, 0, atMs)).toBe(isRed(crossing, 2, 2, atMs));
        expect(isRed(crossing, 2, 0, atMs)).toBe(isRed(crossing, 2, 0, atMs + 70_000));
        const seconds = Array.from({ length: 70 }, (_, second) => second);
        const green = [0, 1].map((way) => seconds.filter((s) => !isRed(crossing, 2, way, atMs + s * 1000)).length);
        expect(green[0]).toBeGreaterThanOrEqual(29);
        expect(green[1]).toBeGreaterThanOrEqual(29);
      }),
    );
  });

  it('stand where arterials meet, and at few of the other crossings', () => {
    const share = (arterials: number) => {
      const crossings = Array.from({ length: 256 }, (_, low) => low);
      const lit = crossings.filter((crossing) =>
        [0, 35_000].some((ms) => isRed(crossing, arterials, 0, EPOCH_MS + ms)),
      );
      return lit.length / 256;
    };
    expect(share(2)).toBe(1);
    expect(share(1)).toBeCloseTo(0.66, 1);
    expect(share(0)).toBeCloseTo(0.16, 1);
  });
});
