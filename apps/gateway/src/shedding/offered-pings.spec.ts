import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OfferedPings } from './offered-pings.js';

const TICK_MS = 200;

/** Lets pings of partition 0 come in evenly for some ticks. */
function offer(offered: OfferedPings, pingsATick: number, ticks: number, elapsedMs = TICK_MS): void {
  for (let tick = 0; tick < ticks; tick++) {
    for (let ping = 0; ping < pingsATick; ping++) offered.note(0);
    offered.settle(elapsedMs);
  }
}

describe('the rate of offered pings', () => {
  it('is told by partition', () => {
    const offered = new OfferedPings(3);
    for (let ping = 0; ping < 40; ping++) offered.note(1);
    offered.settle(TICK_MS);
    expect([0, 1, 2].map((partition) => offered.perSecond(partition))).toEqual([0, 200, 0]);
  });

  it('is that of even pings, whatever the length of periods', () => {
    const lengths = fc.array(fc.integer({ min: 100, max: 900 }), { minLength: 30, maxLength: 60 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 10 }), (periodsMs, pingsAMs) => {
        const offered = new OfferedPings(1);
        for (const ms of periodsMs) offer(offered, pingsAMs * ms, 1, ms);
        expect(offered.perSecond(0)).toBeCloseTo(pingsAMs * 1_000, 3);
      }),
      { numRuns: 20 },
    );
  });

  it('follows a crowd that has just come at once, and chance slowly', () => {
    const offered = new OfferedPings(1);
    offer(offered, 20, 20);
    expect(offered.perSecond(0)).toBeCloseTo(100);
    offer(offered, 25, 1);
    expect(offered.perSecond(0)).toBeLessThan(110);
    offer(offered, 400, 1);
    expect(offered.perSecond(0)).toBe(2_000);
  });

  it('falls over about a second when pings stay away, and is nothing in the end', () => {
    const offered = new OfferedPings(1);
    offer(offered, 200, 10);
    const before = offered.perSecond(0);
    offer(offered, 0, 5);
    expect(offered.perSecond(0) / before).toBeCloseTo(Math.exp(-1), 5);
    offer(offered, 0, 60);
    expect(offered.perSecond(0)).toBe(0);
  });
});
