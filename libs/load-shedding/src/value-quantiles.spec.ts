import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PingPriority } from './ping-priority.js';
import { SHORT_MEMORY, ValueQuantiles } from './value-quantiles.js';

const IDLE = 3;
const TUNE_EVERY_PINGS = 100;

function priorityOf(valueM: number, coin: number): PingPriority {
  const priority = new PingPriority();
  priority.ofValue(valueM, IDLE, coin);
  return priority;
}

const anyShare = fc.double({ min: 0.02, max: 0.98, noNaN: true });
const anySeed = fc.integer({ min: 1, max: 2_147_483_646 });

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Decides on pings one after the other, as a shedder does, and gives the share admitted. */
function shareAdmitted(quantiles: ValueQuantiles, share: number, next: () => PingPriority, pings: number): number {
  let admitted = 0;
  for (let ping = 0; ping < pings; ping++) {
    if (ping % TUNE_EVERY_PINGS === 0) {
      quantiles.tune(share);
      quantiles.fade();
    }
    const priority = next();
    const isAdmitted = quantiles.admits(priority);
    quantiles.note(priority, isAdmitted);
    if (isAdmitted) admitted++;
  }
  return admitted / pings;
}

describe('running quantiles', () => {
  it('admit the share they are set to, whatever the values are spread like', () => {
    fc.assert(
      fc.property(anyShare, anySeed, fc.constantFrom(1, 2, 4), (share, seed, power) => {
        const random = randomFrom(seed);
        const next = () => priorityOf(1_000 * random() ** power, random());
        const quantiles = new ValueQuantiles(SHORT_MEMORY);
        expect(Math.abs(shareAdmitted(quantiles, share, next, 8_000) - share)).toBeLessThan(0.03);
      }),
      { numRuns: 40 },
    );
  });

  it('divide standing cars by their coins', () => {
    fc.assert(
      fc.property(anyShare, anySeed, (share, seed) => {
        const random = randomFrom(seed);
        const next = () => priorityOf(0.4 * random(), random());
        const quantiles = new ValueQuantiles(SHORT_MEMORY);
        expect(Math.abs(shareAdmitted(quantiles, share, next, 8_000) - share)).toBeLessThan(0.03);
      }),
      { numRuns: 40 },
    );
  });

  it('go by the place in a cell before they have seen any ping, and admit all or nothing at the ends', () => {
    const quantiles = new ValueQuantiles(SHORT_MEMORY);
    const random = randomFrom(7);
    const newcomer = () => {
      const priority = new PingPriority();
      priority.ofNewcomer(random());
      return priority;
    };
    expect(shareAdmitted(quantiles, 0.1, newcomer, 10_000)).toBeCloseTo(0.1, 1);
    expect(shareAdmitted(quantiles, 1, newcomer, 100)).toBe(1);
    expect(shareAdmitted(quantiles, 0, newcomer, 100)).toBe(0);
    expect(quantiles.admits(priorityOf(1e6, 0.999))).toBe(false);
  });

  it('forget what was long ago', () => {
    const quantiles = new ValueQuantiles(SHORT_MEMORY);
    const random = randomFrom(3);
    shareAdmitted(quantiles, 0.5, () => priorityOf(1_000 + 100 * random(), random()), 2_000);
    shareAdmitted(quantiles, 0.5, () => priorityOf(10 + random(), random()), 8_000);
    expect(quantiles.thresholdM).toBeGreaterThan(8);
    expect(quantiles.thresholdM).toBeLessThan(12);
    expect(quantiles.stretch).toBe(1);
  });

  it('learn values from pings that nothing was decided on, and owe nothing for them', () => {
    const random = randomFrom(11);
    const next = () => priorityOf(1_000 * random(), random());
    const quantiles = new ValueQuantiles(SHORT_MEMORY);
    for (let ping = 0; ping < 4_000; ping++) {
      if (ping % TUNE_EVERY_PINGS === 0) {
        quantiles.tune(0.5);
        quantiles.fade();
      }
      quantiles.watch(next());
    }
    expect(quantiles.medianM).toBeGreaterThan(400);
    expect(quantiles.medianM).toBeLessThan(600);
    expect(Math.abs(shareAdmitted(quantiles, 0.5, next, 500) - 0.5)).toBeLessThan(0.1);
  });

  it('know nothing of newcomers', () => {
    const quantiles = new ValueQuantiles(SHORT_MEMORY);
    const newcomer = new PingPriority();
    newcomer.ofNewcomer(0.5);
    for (let ping = 0; ping < 5_000; ping++) quantiles.note(newcomer, false);
    for (let ping = 0; ping < 100; ping++) quantiles.note(priorityOf(100, 0.5), true);
    expect(quantiles.medianM).toBeGreaterThan(90);
  });
});
