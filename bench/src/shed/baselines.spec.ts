import { destination } from '@hexfleet/geodesy';
import type { Ping } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import { BASELINES, tunedTo } from './baselines.js';
import { shedTo } from './shed-to.js';
import { shareForBounds, WITHOUT_BOUNDS } from './silence-bounds.js';
import { simulatedFixes } from './valid-fixes.js';

const fixes = simulatedFixes({ drivers: 60, intervalMs: 2_000, lengthMs: 180_000 });

/** One car that drives north at 10 m/s, a fix in 4 s. */
const oneCar: Ping[] = Array.from({ length: 101 }, (_, index) => ({
  driverId: 'd',
  ...destination({ latDeg: 37, lngDeg: -122 }, 0, 40 * index),
  capturedAtMs: 1_700_000_000_000 + 4_000 * index,
  seq: index,
  headingDeg: undefined,
  speedMps: undefined,
  accuracyM: undefined,
  status: 'available',
  vehicleClass: 'car',
}));

describe('the baselines', () => {
  it.each(BASELINES)('%s admits as many pings as it is told to', (baseline) => {
    for (const share of [0.1, 0.25, 0.6]) {
      const wanted = Math.round(share * fixes.length);
      const { admitted, errors } = tunedTo(baseline, fixes, wanted);
      expect(Math.abs(admitted - wanted)).toBeLessThanOrEqual(0.002 * fixes.length);
      expect(errors.count).toBe(fixes.length);
    }
  });

  it('err by what was driven since the last admitted fix', () => {
    // Every fifth fix: 0, 40, 80, 120 and 160 m in turn.
    for (const baseline of ['fixed interval', 'fixed distance'] as const) {
      const { admitted, errors } = tunedTo(baseline, oneCar, 21);
      expect(admitted).toBe(21);
      expect(errors.summary().p50M).toBeCloseTo(80, 0);
      expect(errors.summary().p99M).toBeCloseTo(160, 0);
    }
  });

  it('are no straw men: distance errs less than interval, and interval less than chance', () => {
    const wanted = Math.round(fixes.length / 4);
    const [random = 0, interval = 0, distance = 0] = BASELINES.map(
      (one) => tunedTo(one, fixes, wanted).errors.summary().p95M,
    );
    expect(distance).toBeLessThan(interval);
    expect(interval).toBeLessThan(random);
    expect(shedTo(0.25, fixes, WITHOUT_BOUNDS).error.p95M).toBeLessThan(distance);
  });
});

describe('the share that silence bounds need', () => {
  it('is one ping in as many as fit into the bound', () => {
    const bounds = { on_trip: 5_000, en_route: 8_000, available: 15_000, idle: 25_000 };
    expect(shareForBounds(oneCar, bounds)).toBeCloseTo(1 / 3, 1);
    expect(shareForBounds(oneCar, { ...bounds, available: 3_000 })).toBe(1);
    expect(shareForBounds(oneCar, { ...bounds, available: 40_000 })).toBeCloseTo(0.1, 1);
  });
});
