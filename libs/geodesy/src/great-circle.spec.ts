import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bearingDeg, destination, distanceM, EARTH_RADIUS_M, wrapLngDeg } from './great-circle.js';

const place = fc.record({
  latDeg: fc.double({ min: -85, max: 85, noNaN: true }),
  lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe('great circles', () => {
  it('knows a degree of latitude, a quarter of the equator and the way across the antimeridian', () => {
    expect(distanceM({ latDeg: 0, lngDeg: 0 }, { latDeg: 1, lngDeg: 0 })).toBeCloseTo(
      (Math.PI / 180) * EARTH_RADIUS_M,
      3,
    );
    expect(distanceM({ latDeg: 0, lngDeg: 0 }, { latDeg: 0, lngDeg: 90 })).toBeCloseTo(
      (Math.PI / 2) * EARTH_RADIUS_M,
      3,
    );
    expect(distanceM({ latDeg: 0, lngDeg: 179.999 }, { latDeg: 0, lngDeg: -179.999 })).toBeCloseTo(222.39, 1);
  });

  it('arrives where it says: distance and bearing back from the destination', () => {
    fc.assert(
      fc.property(
        place,
        fc.double({ min: 0, max: 359.99, noNaN: true }),
        fc.double({ min: 1, max: 100_000, noNaN: true }),
        (from, heading, metres) => {
          const to = destination(from, heading, metres);
          expect(Math.abs(distanceM(from, to) - metres)).toBeLessThan(0.01);
          const turnDeg = Math.abs(bearingDeg(from, to) - heading);
          expect(Math.min(turnDeg, 360 - turnDeg)).toBeLessThan(0.01);
          expect(to.lngDeg).toBeGreaterThanOrEqual(-180);
          expect(to.lngDeg).toBeLessThan(180);
        },
      ),
    );
  });

  it('wraps longitudes', () => {
    expect([181, -181, 540, -180, 180].map(wrapLngDeg)).toEqual([-179, 179, -180, -180, -180]);
  });
});
