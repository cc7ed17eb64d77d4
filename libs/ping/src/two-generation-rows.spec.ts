import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TwoGenerationRows } from './two-generation-rows.js';

function touch(rows: TwoGenerationRows, key: string, value: number): number | undefined {
  let at = rows.find(key);
  const found = at < 0 ? undefined : rows.values[at + 1];
  if (at < 0) at = rows.add(key);
  rows.values[at] = value + 1;
  rows.values[at + 1] = value;
  return found;
}

describe('TwoGenerationRows', () => {
  it('gives back what was stored, keeps what was touched lately, and never exceeds its capacity', () => {
    const keys = fc.array(fc.nat({ max: 40 }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), keys, (capacity, touched) => {
        const rows = new TwoGenerationRows(capacity, 2);
        const stored = new Map<string, number>();
        touched.forEach((key, i) => {
          const found = touch(rows, `k${key}`, i);
          if (found !== undefined) expect(found).toBe(stored.get(`k${key}`));
          stored.set(`k${key}`, i);
          expect(rows.size).toBeLessThanOrEqual(capacity);
        });
        const lately = [...new Set(touched.slice(-Math.floor(capacity / 2)))];
        for (const key of lately) expect(rows.find(`k${key}`)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('grows to its capacity without losing a row', () => {
    const rows = new TwoGenerationRows(10_000, 2);
    for (let i = 0; i < 5_000; i++) touch(rows, `k${i}`, i);
    for (let i = 0; i < 5_000; i++) expect(touch(rows, `k${i}`, i)).toBe(i);
    expect(rows.size).toBe(5_000);
  });

  it('counts a promoted key once', () => {
    const rows = new TwoGenerationRows(4, 2);
    for (const key of ['a', 'b', 'c', 'a']) touch(rows, key, 1);
    expect(rows.size).toBe(3);
  });

  it('refuses a capacity without room for two generations', () => {
    expect(() => new TwoGenerationRows(1, 2)).toThrow(RangeError);
  });
});
