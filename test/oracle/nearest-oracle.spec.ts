import { describe, expect, it } from '@jest/globals';
import { greatCircleM } from './great-circle.js';
import { nearestByBruteForce } from './nearest-oracle.js';

describe('the brute-force nearest', () => {
  const drivers = [
    { driverId: 'far', lat: 37.8, lng: -122.4 },
    { driverId: 'near', lat: 37.775, lng: -122.4194 },
    { driverId: 'also-near', lat: 37.7747, lng: -122.4194 },
    { driverId: 'twin', lat: 37.7747, lng: -122.4194 },
  ];
  const place = { lat: 37.7749, lng: -122.4194 };

  it('gives the nearest first, within the radius, at most the limit', () => {
    const found = nearestByBruteForce(drivers, place, { limit: 10, radiusM: 1_000 });
    expect(found.map((near) => near.driverId)).toEqual(['near', 'also-near', 'twin']);
    expect(found[0]?.distanceM).toBeCloseTo(11.12, 1);
    expect(nearestByBruteForce(drivers, place, { limit: 1, radiusM: 1_000 })).toHaveLength(1);
    expect(nearestByBruteForce(drivers, place, { limit: 10, radiusM: 10 })).toEqual([]);
  });

  it('looks across the antimeridian', () => {
    const found = nearestByBruteForce(
      [{ driverId: 'd', lat: 0.001, lng: 179.999 }],
      { lat: 0.001, lng: -179.999 },
      {
        limit: 1,
        radiusM: 1_000,
      },
    );
    expect(found[0]?.distanceM).toBeCloseTo(222.39, 1);
  });
});

describe('the great circle of the oracle', () => {
  it('knows a degree, a quarter and half of the way around', () => {
    expect(greatCircleM({ lat: 0, lng: 0 }, { lat: 1, lng: 0 })).toBeCloseTo(111_195.08, 1);
    expect(greatCircleM({ lat: 0, lng: 0 }, { lat: 90, lng: 0 })).toBeCloseTo((6_371_008.8 * Math.PI) / 2, 3);
    expect(greatCircleM({ lat: 0, lng: 0 }, { lat: 0, lng: 180 })).toBeCloseTo(6_371_008.8 * Math.PI, 3);
  });
});
