import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UsualLoad } from './usual-load.js';

const BEAT_MS = 200;
const MINUTE_MS = 60_000;

function learnt(offeredPerSecond: number, forMs: number, usual = new UsualLoad()): UsualLoad {
  for (let ms = 0; ms < forMs; ms += BEAT_MS) usual.learn(offeredPerSecond, BEAT_MS);
  return usual;
}

describe('the usual load', () => {
  it('is what is offered now, until enough was learnt', () => {
    expect(new UsualLoad().perSecond(40)).toBe(40);
    expect(learnt(100, 9_000).perSecond(40)).toBe(40);
    expect(learnt(100, 10_000).perSecond(40)).toBeCloseTo(100);
  });

  it('is the plain mean over the first minutes, so that the first word does not count most', () => {
    const usual = learnt(300, MINUTE_MS, learnt(0, MINUTE_MS));
    expect(usual.perSecond(0)).toBeGreaterThan(140);
    expect(usual.perSecond(0)).toBeLessThan(170);
  });

  it('follows a load that stays, over minutes', () => {
    const usual = learnt(100, 10 * MINUTE_MS);
    expect(usual.perSecond(0)).toBeCloseTo(100);
    expect(learnt(400, MINUTE_MS, usual).perSecond(0)).toBeLessThan(200);
    expect(learnt(400, 20 * MINUTE_MS, usual).perSecond(0)).toBeGreaterThan(390);
  });

  it('is not moved by a crowd while nothing is learnt', () => {
    const usual = learnt(100, MINUTE_MS);
    expect(usual.perSecond(100_000)).toBeCloseTo(100);
  });

  it('lies within what was learnt, and is never nothing', () => {
    const steps = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.integer({ min: 1, max: 30_000 })),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1e5, noNaN: true }), (learning, now) => {
        const usual = new UsualLoad();
        for (const [offered, elapsedMs] of learning) usual.learn(offered, elapsedMs);
        const rates = [now, ...learning.map(([offered]) => offered)];
        expect(usual.perSecond(now)).toBeGreaterThanOrEqual(Math.max(0.1, Math.min(...rates) * (1 - 1e-9)));
        expect(usual.perSecond(now)).toBeLessThanOrEqual(Math.max(0.1, Math.max(...rates) * (1 + 1e-9)));
      }),
    );
  });
});
