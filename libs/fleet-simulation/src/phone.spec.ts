import { describe, expect, it } from '@jest/globals';
import { accuracyM, errorM, NoiseStep, newPhone } from './phone.js';
import { Random } from './random.js';

/** Errors of one axis of a phone that is never blurred, one an interval. */
function errorsM(intervalMs: number, count: number): number[] {
  const random = new Random(11);
  const phone = { ...newPhone(random), sigmaM: 5 };
  const step = new NoiseStep(intervalMs);
  return Array.from({ length: count }, () => {
    step.drift(phone, random);
    phone.blur = 1;
    return errorM(phone, phone.noiseEast);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the noise of a phone', () => {
  it.each([1_000, 4_000, 60_000])(
    'has its standard deviation and no bias, whatever the interval (%d ms)',
    (intervalMs) => {
      const errors = errorsM(intervalMs, 200_000);
      expect(Math.abs(mean(errors))).toBeLessThan(0.3);
      expect(Math.sqrt(mean(errors.map((error) => error * error)))).toBeGreaterThan(4.8);
      expect(Math.sqrt(mean(errors.map((error) => error * error)))).toBeLessThan(5.2);
    },
  );

  it('is correlated in time: e^(−Δt / 20 s) from one ping to the next', () => {
    const errors = errorsM(4_000, 200_000);
    const products = errors.slice(1).map((error, at) => error * (errors[at] as number));
    expect(mean(products) / 25).toBeCloseTo(Math.exp(-0.2), 1);
  });

  it('is known to the phone: about 68% of fixes lie within accuracyM', () => {
    const random = new Random(5);
    const phone = newPhone(random);
    const step = new NoiseStep(60_000);
    let within = 0;
    let blurred = 0;
    for (let ping = 0; ping < 100_000; ping++) {
      step.drift(phone, random);
      const error = Math.hypot(errorM(phone, phone.noiseEast), errorM(phone, phone.noiseNorth));
      if (error <= accuracyM(phone, random)) within++;
      if (phone.blur > 1) blurred++;
    }
    expect(within / 100_000).toBeGreaterThan(0.66);
    expect(within / 100_000).toBeLessThan(0.7);
    expect(blurred / 100_000).toBeGreaterThan(0.03);
    expect(blurred / 100_000).toBeLessThan(0.05);
  });
});

describe('the clock of a phone', () => {
  it('is right within tolerance for nearly all, and minutes off for one in a hundred, either way', () => {
    const random = new Random(3);
    const aheadMs = Array.from({ length: 50_000 }, () => newPhone(random).clockAheadMs);
    const farOff = aheadMs.filter((ms) => Math.abs(ms) > 3_000);
    expect(farOff.length).toBeGreaterThan(400);
    expect(farOff.length).toBeLessThan(600);
    expect(farOff.every((ms) => Math.abs(ms) >= 60_000 && Math.abs(ms) <= 600_000)).toBe(true);
    expect(farOff.filter((ms) => ms > 0).length / farOff.length).toBeCloseTo(0.5, 0);
    expect(aheadMs.filter((ms) => Math.abs(ms) <= 300).length / aheadMs.length).toBeGreaterThan(0.88);
  });
});
