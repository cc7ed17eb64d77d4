import { DEFAULT_HYGIENE } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { carriedForward, MAX_CARRY_M, MAX_CARRY_MPS, MAX_CARRY_MS } from './dead-reckoning.js';
import { bearingDeg, distanceM } from './great-circle.js';

const places = fc.record({
  latDeg: tenThousandths(-85, 85),
  lngDeg: tenThousandths(-180, 180),
});
const headings = tenThousandths(0, 359);

/** Evenly spread, as doubles would not be: they are drawn by their bits. */
function tenThousandths(min: number, max: number) {
  return fc.integer({ min: min * 10_000, max: max * 10_000 }).map((value) => value / 10_000);
}

describe('carriedForward', () => {
  it('goes along the heading, as far as the speed takes it in the time', () => {
    const speeds = tenThousandths(1, MAX_CARRY_MPS);
    const times = fc.integer({ min: 1, max: MAX_CARRY_MS });
    fc.assert(
      fc.property(places, headings, speeds, times, (fix, headingDeg, speedMps, elapsedMs) => {
        const place = carriedForward(fix, { headingDeg, speedMps }, elapsedMs);
        const metres = distanceM(fix, place);
        expect(Math.abs(metres - (speedMps * elapsedMs) / 1_000)).toBeLessThan(0.01);
        if (metres < 1) return;
        const turnDeg = Math.abs(bearingDeg(fix, place) - headingDeg);
        expect(Math.min(turnDeg, 360 - turnDeg)).toBeLessThan(0.05);
      }),
    );
  });

  it('goes no farther than 30 s take it, and no faster than drivers move', () => {
    const speeds = tenThousandths(0, 500);
    const times = fc.integer({ min: -1e6, max: 1e9 });
    fc.assert(
      fc.property(places, headings, speeds, times, (fix, headingDeg, speedMps, elapsedMs) => {
        const motion = { headingDeg, speedMps };
        const place = carriedForward(fix, motion, elapsedMs);
        expect(distanceM(fix, place)).toBeLessThanOrEqual(MAX_CARRY_M + 0.01);
        if (elapsedMs > MAX_CARRY_MS) expect(place).toEqual(carriedForward(fix, motion, MAX_CARRY_MS));
      }),
    );
    expect(MAX_CARRY_MPS).toBe(DEFAULT_HYGIENE.maxSpeedMps);
  });

  it.each([
    ['no heading', undefined, 10, 5_000],
    ['no speed', 90, undefined, 5_000],
    ['a phone that stands', 90, 0.49, 5_000],
    ['no time', 90, 10, 0],
    ['a fix of the future', 90, 10, -1],
  ])('leaves the fix where it is for %s', (_, headingDeg, speedMps, elapsedMs) => {
    const fix = { latDeg: 37.77, lngDeg: 180 };
    expect(carriedForward(fix, { headingDeg, speedMps }, elapsedMs)).toBe(fix);
  });

  it('crosses the antimeridian', () => {
    const place = carriedForward({ latDeg: 0, lngDeg: 179.999 }, { headingDeg: 90, speedMps: 20 }, 20_000);
    expect(place.lngDeg).toBeCloseTo(-179.9974, 4);
  });
});
