import { STATUSES } from '@hexfleet/ping';
import { DEFAULT_POLICY, type ShedPolicy } from '@hexfleet/shed-policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jittered, nextPingHint } from './next-ping-hint.js';

const usual = { afterMs: 4_000, minMoveM: 10 };
const anyShare = fc.double({ min: 0.005, max: 0.999, noNaN: true });
const anyThresholdM = fc.oneof(fc.double({ min: 0, max: 100_000, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY));
const anyStatus = fc.constantFrom(...STATUSES);
/** Bounds on silence from a second on, as policies may set them. */
const anyPolicy = fc
  .array(fc.integer({ min: 1_000, max: 30_000 }), { minLength: 4, maxLength: 4 })
  .map(([on_trip = 0, en_route = 0, available = 0, idle = 0]): ShedPolicy => {
    return { ...DEFAULT_POLICY, maxSilenceMs: { on_trip, en_route, available, idle } };
  });

describe('the hint of when to ping next', () => {
  it('under pressure is never past the silence bound, jittered or not', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        anyStatus,
        anyShare,
        anyThresholdM,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (...drawn) => {
          const [policy, status, share, thresholdM, random] = drawn;
          const hint = nextPingHint(usual, policy, status, { share, thresholdM });
          const told = jittered(hint, usual, random);
          for (const { afterMs } of [hint, told]) {
            expect(afterMs).toBeLessThan(policy.maxSilenceMs[status]);
            expect(afterMs).toBeGreaterThan(0);
          }
          expect(told.afterMs).toBeLessThanOrEqual(hint.afterMs);
          expect(Number.isFinite(hint.minMoveM)).toBe(true);
          expect(hint.minMoveM).toBeGreaterThanOrEqual(usual.minMoveM);
        },
      ),
    );
  });

  it('waits as long at any pressure: the threshold alone says how much is sent', () => {
    fc.assert(
      fc.property(anyPolicy, anyStatus, anyShare, anyThresholdM, (policy, status, share, thresholdM) => {
        const { afterMs } = nextPingHint(usual, policy, status, { share, thresholdM });
        expect(afterMs).toBe(Math.round(0.95 * policy.maxSilenceMs[status]));
      }),
    );
  });

  it('is sooner by a tenth at most', () => {
    const hint = nextPingHint(usual, DEFAULT_POLICY, 'idle', { share: 0.5, thresholdM: 50 });
    const told = [0, 0.5, 1].map((random) => jittered(hint, usual, random).afterMs);
    expect(told).toEqual([23_750, 22_563, 21_375]);
  });

  it('asks for no more pings, and for no smaller moves, the more pressure there is', () => {
    fc.assert(
      fc.property(anyStatus, anyShare, anyShare, anyThresholdM, anyThresholdM, (status, a, b, low, high) => {
        const more = { share: Math.min(a, b), thresholdM: Math.max(low, high) };
        const less = { share: Math.max(a, b), thresholdM: Math.min(low, high) };
        const [under, over] = [more, less].map((pressure) => nextPingHint(usual, DEFAULT_POLICY, status, pressure));
        expect(under?.afterMs).toBeGreaterThanOrEqual(over?.afterMs as number);
        expect(under?.minMoveM).toBeGreaterThanOrEqual(over?.minMoveM as number);
      }),
    );
  });

  it('is the usual one where nothing is shed', () => {
    const pressure = { share: 0.2, thresholdM: 50 };
    expect(nextPingHint(usual, DEFAULT_POLICY, 'idle', { share: 1, thresholdM: 0 })).toBe(usual);
    expect(nextPingHint(usual, { ...DEFAULT_POLICY, mode: 'off' }, 'idle', pressure)).toBe(usual);
    expect(nextPingHint(usual, { ...DEFAULT_POLICY, shadow: true }, 'idle', pressure)).toBe(usual);
    expect(jittered(usual, usual, 0.9)).toBe(usual);
  });

  it('waits for most of the bound and asks for the way of the threshold, each status by its own bound and weight', () => {
    const pressure = { share: 0.25, thresholdM: 200 };
    expect(STATUSES.map((status) => nextPingHint(usual, DEFAULT_POLICY, status, pressure))).toEqual([
      { afterMs: 4_750, minMoveM: 50 },
      { afterMs: 7_600, minMoveM: 67 },
      { afterMs: 14_250, minMoveM: 100 },
      { afterMs: 23_750, minMoveM: 200 },
    ]);
  });
});
