import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ErrorSample } from './error-sample.js';

describe('a sample of errors', () => {
  it('has the quantiles and the mean of what was added, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 1, maxLength: 3_000 }), (errorsM) => {
        const sample = new ErrorSample();
        for (const errorM of errorsM) sample.add(errorM);
        const { meanM, p50M, p95M } = sample.summary();
        expect(sample.count).toBe(errorsM.length);
        expect(meanM).toBeCloseTo(errorsM.reduce((sum, errorM) => sum + errorM, 0) / errorsM.length, 6);
        for (const [q, quantileM] of [
          [0.5, p50M],
          [0.95, p95M],
        ] as const) {
          expect(errorsM.filter((errorM) => errorM <= quantileM).length).toBeGreaterThanOrEqual(q * errorsM.length);
          expect(errorsM.filter((errorM) => errorM < quantileM).length).toBeLessThan(q * errorsM.length);
        }
      }),
    );
  });

  it('has none while it is empty', () => {
    expect(Object.values(new ErrorSample().summary()).every(Number.isNaN)).toBe(true);
  });
});
