import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Needy, WriteBudget } from './write-budget.js';

const PER_SECOND = 1_000;
const BEAT_MS = 200;

/** Lets partitions take from a budget for some beats; each takes whole batches, as long as they begin within its part. */
function spend(arrivals: readonly number[], batch: number, beats: number, weights: readonly number[] = []): number[] {
  const budget = new WriteBudget(PER_SECOND, 1.25 * BEAT_MS);
  const waiting = arrivals.map(() => 0);
  const taken = arrivals.map(() => 0);
  for (let beat = 1; beat <= beats; beat++) {
    for (const [partition, pings] of arrivals.entries()) waiting[partition] = (waiting[partition] ?? 0) + pings;
    budget.refill(beat * BEAT_MS);
    const needy: Needy[] = waiting.map((pings, partition) => ({ partition, pings, weight: weights[partition] ?? 1 }));
    budget.share(needy, (partition, most) => {
      const pings = Math.min(waiting[partition] ?? 0, Math.ceil(most / batch) * batch);
      waiting[partition] = (waiting[partition] ?? 0) - pings;
      taken[partition] = (taken[partition] ?? 0) + pings;
      return pings;
    });
  }
  return taken;
}

describe('a budget of pings a second', () => {
  it('is kept, and used up, however large batches are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 60 }),
        (arrivals, batch) => {
          const beats = 100;
          const most = (PER_SECOND * BEAT_MS * beats) / 1_000;
          const offered = arrivals.reduce((sum, pings) => sum + pings, 0) * beats;
          const total = spend(arrivals, batch, beats).reduce((sum, pings) => sum + pings, 0);
          expect(total).toBeLessThanOrEqual(most * 1.05 + arrivals.length * batch);
          expect(total).toBeGreaterThanOrEqual(0.95 * Math.min(most, offered) - arrivals.length * batch);
        },
      ),
    );
  });

  it('goes on when the clock is put back by a minute, without a gift and without a pause', () => {
    const budget = new WriteBudget(PER_SECOND, 1.25 * BEAT_MS);
    const spentAt = (nowMs: number) => {
      let spent = 0;
      budget.refill(nowMs);
      budget.share([{ partition: 0, pings: 10_000, weight: 1 }], (_, most) => {
        const pings = Math.floor(most);
        spent += pings;
        return pings;
      });
      return spent;
    };
    const startMs = 1_700_000_000_000;
    const beatsFrom = (fromMs: number) =>
      Array.from({ length: 5 }, (_, beat) => spentAt(fromMs + (beat + 1) * BEAT_MS));
    expect(beatsFrom(startMs).slice(1)).toEqual([200, 200, 200, 200]);
    expect(spentAt(startMs - 59_000)).toBe(0);
    const after = beatsFrom(startMs - 59_000);
    expect(after).toEqual([200, 200, 200, 200, 200]);
  });

  it('gives calm partitions all that they need beside crowded ones', () => {
    const [calm, crowded, another] = spend([10, 2_000, 2_000], 7, 200);
    expect(calm).toBeGreaterThanOrEqual(10 * 200 - 50);
    expect(Math.abs((crowded ?? 0) - (another ?? 0))).toBeLessThan(100);
  });

  it('gives those that need more parts by their weights', () => {
    const [small, large] = spend([2_000, 2_000], 7, 200, [1, 3]) as [number, number];
    expect(large / small).toBeGreaterThan(2.8);
    expect(large / small).toBeLessThan(3.2);
  });
});
