import { STATUSES } from '@hexfleet/ping';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  PingPriority,
  PRIORITY_CELLS,
  stretchOfCell,
  stretchOfStatus,
  URGENCY_STEP,
  valueOfCellM,
} from './ping-priority.js';
import { SHORT_MEMORY, ValueQuantiles } from './value-quantiles.js';

interface Worth {
  readonly statusIndex: number;
  readonly errorM: number;
  /** Silence by the next ping, in bounds of the status: urgent past 1. */
  readonly lateness: number;
  readonly coin: number;
}

const anyWorth: fc.Arbitrary<Worth> = fc.record({
  statusIndex: fc.nat(STATUSES.length - 1),
  errorM: fc.oneof(fc.double({ min: 0, max: 3_000, noNaN: true }), fc.constantFrom(0, 0.5, 8, 64)),
  lateness: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 200, noNaN: true })),
  coin: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});
/** In the order of STATUSES, none greater than the one before. */
const anyWeights = fc
  .array(fc.double({ min: 0.01, max: 1_000, noNaN: true }), { minLength: 4, maxLength: 4 })
  .map((weights) => weights.toSorted((a, b) => b - a));
const defaultWeights = STATUSES.map((status) => DEFAULT_POLICY.weights[status]);

function priorityOf({ statusIndex, errorM, lateness, coin }: Worth, weights: readonly number[]): PingPriority {
  const priority = new PingPriority();
  if (lateness > 1) priority.ofUrgency(lateness, statusIndex, coin);
  else priority.ofValue((weights[statusIndex] as number) * errorM, statusIndex, coin);
  return priority;
}

function quantilesOf(window: readonly Worth[], weights: readonly number[]): ValueQuantiles {
  const quantiles = new ValueQuantiles(SHORT_MEMORY);
  for (const worth of window) quantiles.note(priorityOf(worth, weights), true);
  return quantiles;
}

/** Whether one ping is worth no more than the other, before any weight. */
function isWorthNoMore(one: Worth, other: Worth): boolean {
  if (other.lateness > 1) return one.lateness <= other.lateness;
  return one.lateness <= 1 && one.errorM <= other.errorM;
}

const anyWindow = fc.array(anyWorth, { minLength: 1, maxLength: 300 });
const anyShare = fc.double({ min: 0, max: 1, noNaN: true });

describe('the order of pings', () => {
  it('sheds no ping of a higher status while one of a lower status and no greater value is admitted', () => {
    fc.assert(
      fc.property(anyWindow, anyShare, anyWeights, (window, share, weights) => {
        const quantiles = quantilesOf(window, weights);
        quantiles.tune(share);
        const [admitted, shed]: [Worth[], Worth[]] = [[], []];
        for (const worth of window) (quantiles.admits(priorityOf(worth, weights)) ? admitted : shed).push(worth);
        for (const one of shed) {
          const inversions = admitted.filter(
            (other) => other.statusIndex > one.statusIndex && isWorthNoMore(other, one),
          );
          expect(inversions).toEqual([]);
        }
      }),
    );
  });

  it('never sheds less under more pressure', () => {
    fc.assert(
      fc.property(anyWindow, anyShare, anyShare, (window, a, b) => {
        const admittedAt = (share: number) => {
          const quantiles = quantilesOf(window, defaultWeights);
          quantiles.tune(share);
          return window.map((worth) => quantiles.admits(priorityOf(worth, defaultWeights)));
        };
        const [more, less] = [admittedAt(Math.max(a, b)), admittedAt(Math.min(a, b))];
        less.forEach((isAdmitted, index) => {
          if (isAdmitted) expect(more[index]).toBe(true);
        });
      }),
    );
  });

  it('lets a higher status never fare worse at equal value', () => {
    fc.assert(
      fc.property(anyWindow, anyShare, anyWeights, anyWorth, (window, share, weights, worth) => {
        const quantiles = quantilesOf(window, weights);
        quantiles.tune(share);
        const admitted = STATUSES.map((_, statusIndex) =>
          quantiles.admits(priorityOf({ ...worth, statusIndex }, weights)),
        );
        // Once it is admitted in one status, it is in all higher ones.
        expect(admitted).toEqual(admitted.toSorted((a, b) => Number(b) - Number(a)));
      }),
    );
  });

  it('puts every urgent ping above every value, and stretches the bounds of lower statuses further', () => {
    fc.assert(
      fc.property(anyWorth, anyWorth, (one, other) => {
        const urgent = priorityOf({ ...one, lateness: 1.001 + one.lateness }, defaultWeights);
        const calm = priorityOf({ ...other, lateness: 0 }, defaultWeights);
        expect(urgent.cell).toBeGreaterThan(calm.cell);
        expect([urgent.cell, calm.cell].every((cell) => cell >= 0 && cell < PRIORITY_CELLS)).toBe(true);
      }),
    );
    const stretches = [3, 2, 1, 0].map((statusIndex) => stretchOfStatus(2, statusIndex));
    expect(stretches[0]).toBe(2);
    expect(stretches[1]).toBeCloseTo(Math.SQRT2, 10);
    expect(stretches.slice(2).every((stretch) => Math.abs(stretch - 1) < 1e-9)).toBe(true);
  });

  it('tells of each cell the value at which it begins, and the stretch at which it ends', () => {
    fc.assert(
      fc.property(anyWorth, (worth) => {
        const { cell } = priorityOf(worth, defaultWeights);
        const weighted = (defaultWeights[worth.statusIndex] as number) * worth.errorM;
        if (worth.lateness > 1) {
          const urgency = worth.lateness * URGENCY_STEP ** (3 - worth.statusIndex);
          expect(stretchOfCell(cell)).toBeGreaterThanOrEqual(urgency * (1 - 1e-9));
          expect(stretchOfCell(cell)).toBeLessThanOrEqual(urgency * 2 ** (1 / 8 + 0.45) * (1 + 1e-9));
        } else {
          expect(stretchOfCell(cell)).toBe(1);
          expect(valueOfCellM(cell)).toBeLessThanOrEqual(weighted * (1 + 1e-9));
        }
      }),
    );
  });
});
