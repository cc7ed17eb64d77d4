import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OwnPressure, type OwnSignals } from './own-pressure.js';
import { MIN_SHARE } from './share-controller.js';

const PERIOD_MS = 200;
const calm: Omit<OwnSignals, 'nowMs'> = { loopUtilization: 0.5, publishAckMs: 5, heldPings: 0, maxHeldPings: 1_000 };

/** The shares under signals that stay as they are. */
function sharesUnder(
  signals: Partial<OwnSignals>,
  seconds: number,
  pressure = new OwnPressure(),
  fromMs = 0,
): number[] {
  const shares: number[] = [];
  for (let nowMs = fromMs; nowMs < fromMs + seconds * 1_000; nowMs += PERIOD_MS) {
    shares.push(pressure.update({ ...calm, ...signals, nowMs }));
  }
  return shares;
}

describe('the share that a gateway admits for its own sake', () => {
  it('is all of them while nothing is the matter', () => {
    expect(sharesUnder({}, 60).every((share) => share === 1)).toBe(true);
  });

  it.each<[string, Partial<OwnSignals>]>([
    ['a busy event loop', { loopUtilization: 1 }],
    ['a slow stream', { publishAckMs: 2_500 }],
    ['held pings', { heldPings: 900 }],
  ])('falls under %s, each by itself, and rises again afterwards', (_, trouble) => {
    const pressure = new OwnPressure();
    const falling = sharesUnder(trouble, 4, pressure);
    expect(falling.at(-1)).toBeLessThan(0.5);
    falling.forEach((share, at) => {
      if (at > 0) expect(share).toBeLessThanOrEqual(falling[at - 1] as number);
    });
    expect(sharesUnder({}, 30, pressure, 4_000).at(-1)).toBe(1);
  });

  it('falls no less under more trouble, and stays within its bounds', () => {
    const anyLoop = fc.double({ min: 0, max: 1, noNaN: true });
    const anyAckMs = fc.double({ min: 0, max: 60_000, noNaN: true });
    fc.assert(
      fc.property(anyLoop, anyLoop, anyAckMs, anyAckMs, (loop, otherLoop, ack, otherAck) => {
        const more = { loopUtilization: Math.max(loop, otherLoop), publishAckMs: Math.max(ack, otherAck) };
        const less = { loopUtilization: Math.min(loop, otherLoop), publishAckMs: Math.min(ack, otherAck) };
        const [under, over] = [sharesUnder(more, 10), sharesUnder(less, 10)];
        under.forEach((share, at) => {
          expect(share).toBeLessThanOrEqual(over[at] as number);
          expect(share).toBeGreaterThanOrEqual(MIN_SHARE);
          expect(share).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it('takes a long gap between two looks for a short one', () => {
    const pressure = new OwnPressure();
    pressure.update({ ...calm, loopUtilization: 1, nowMs: 0 });
    expect(pressure.update({ ...calm, loopUtilization: 1, nowMs: 3_600_000 })).toBeGreaterThan(0.3);
  });
});
