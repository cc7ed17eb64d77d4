import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cellToParent, getPentagons, latLngToCell } from 'h3-js';
import { HomeCells, homeCellsOf, isNamedCell } from './index.js';

const HOME_RESOLUTION = 7;
const PLACE = fc.record({
  latDeg: fc.double({ min: -85, max: 85, noNaN: true }),
  lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe('a cell that an operator names', () => {
  it('is of the resolution of home cells, or at most three coarser', () => {
    const named = Array.from({ length: 16 }, (_, resolution) => resolution).filter((resolution) =>
      isNamedCell(latLngToCell(37.77, -122.42, resolution), HOME_RESOLUTION),
    );
    expect(named).toEqual([4, 5, 6, 7]);
  });

  it.each(['', 'nonsense', '87283082dfffff', '87283082dffffff0', '0x87283082dffffff', '115283473ffffff', '__proto__'])(
    'is not %p',
    (text) => {
      expect(isNamedCell(text, HOME_RESOLUTION)).toBe(false);
      expect(homeCellsOf(text, HOME_RESOLUTION)).toEqual([]);
    },
  );

  it('is made of no cells where it is too fine or too coarse', () => {
    expect(homeCellsOf(latLngToCell(37.77, -122.42, 8), HOME_RESOLUTION)).toEqual([]);
    expect(homeCellsOf(latLngToCell(37.77, -122.42, 3), HOME_RESOLUTION)).toEqual([]);
  });

  it('at home resolution is made of itself', () => {
    expect(homeCellsOf('87283082dffffff', HOME_RESOLUTION)).toEqual(['87283082dffffff']);
  });

  it('is made of seven times as many home cells for each resolution that it is coarser, of fewer where it is a pentagon', () => {
    const sizesOf = (cells: readonly string[]) => cells.map((cell) => homeCellsOf(cell, HOME_RESOLUTION).length);
    expect(sizesOf([6, 5, 4].map((resolution) => latLngToCell(37.77, -122.42, resolution)))).toEqual([7, 49, 343]);
    // 5/6 · (7ⁿ − 1) + 1
    expect(sizesOf([6, 5, 4].map((resolution) => getPentagons(resolution)[0] as string))).toEqual([6, 41, 286]);
  });

  it('holds the home cell of every place whose home cell lies under it, and no home cell twice', () => {
    const home = new HomeCells({ resolution: HOME_RESOLUTION, partitions: 64 });
    fc.assert(
      fc.property(PLACE, fc.integer({ min: 0, max: 3 }), ({ latDeg, lngDeg }, coarser) => {
        const homeCell = home.cellOf(latDeg, lngDeg);
        const made = homeCellsOf(cellToParent(homeCell, HOME_RESOLUTION - coarser), HOME_RESOLUTION);
        expect(made).toContain(homeCell);
        expect(new Set(made).size).toBe(made.length);
      }),
    );
  });
});
