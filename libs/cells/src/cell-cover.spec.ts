import { partitionOfCell } from '@hexfleet/geo-partition';
import { destination, distanceM, type LatLng } from '@hexfleet/geodesy';
import { describe, expect, it } from '@jest/globals';
import { cellToLatLng, getPentagons, getRes0Cells, latLngToCell } from 'h3-js';
import { CellCover } from './index.js';
import { places } from './places.fixture.js';

const PARTITIONS = 64;

describe('CellCover', () => {
  it.each([5, 7, 9])(
    'holds the home cell of every place within the circle, anywhere, at resolution %i',
    (resolution) => {
      const random = places(resolution);
      const cover = new CellCover({ resolution, partitions: PARTITIONS });
      const difficult = [...getPentagons(resolution), ...getRes0Cells()].map((cell) => cellToLatLng(cell));
      const centers = [
        ...Array.from({ length: 150 }, () => random.anywhere()),
        ...difficult.map(([lat, lng]) => random.near(lat, lng, 0.02)),
        ...Array.from({ length: 20 }, () => random.near(84.9, 179.99, 0.1)),
        ...Array.from({ length: 20 }, () => random.near(0, -179.999, 0.001)),
      ];
      for (const [latDeg, lngDeg] of centers) {
        const center = { latDeg, lngDeg: ((lngDeg + 540) % 360) - 180 };
        expectCovered(cover, center, 10 ** (1 + 3.7 * random.unit()), resolution, random.unit);
      }
    },
  );

  it('is tight: each cell it names lies near enough to be touched', () => {
    const cover = new CellCover({ resolution: 7, partitions: PARTITIONS });
    const random = places(9);
    for (let i = 0; i < 200; i++) {
      const [latDeg, lngDeg] = random.near(37.77, -122.42, 0.2);
      const radiusM = random.unit() * 9_000;
      for (const cell of cover.cellsTouching({ latDeg, lngDeg }, radiusM) ?? []) {
        const [lat, lng] = cellToLatLng(cell);
        expect(distanceM({ latDeg, lngDeg }, { latDeg: lat, lngDeg: lng })).toBeLessThan(radiusM + 1_600);
      }
    }
  });

  it('names each partition once', () => {
    const cover = new CellCover({ resolution: 7, partitions: 4 });
    const partitions = cover.partitionsTouching({ latDeg: 37.77, lngDeg: -122.42 }, 5_000) ?? [];
    expect([...partitions].sort()).toEqual([0, 1, 2, 3]);
  });

  it('answers "all" where the cells would be too many', () => {
    const cover = new CellCover({ resolution: 7, partitions: PARTITIONS });
    expect(cover.cellsTouching({ latDeg: 37.77, lngDeg: -122.42 }, 8_000)).toBeDefined();
    expect(cover.cellsTouching({ latDeg: 37.77, lngDeg: -122.42 }, 50_000)).toBeUndefined();
    expect(cover.partitionsTouching({ latDeg: 37.77, lngDeg: -122.42 }, 50_000)).toBeUndefined();
  });
});

function expectCovered(
  cover: CellCover,
  center: LatLng,
  radiusM: number,
  resolution: number,
  unit: () => number,
): void {
  const cells = cover.cellsTouching(center, radiusM);
  if (cells === undefined) return;
  const partitions = cover.partitionsTouching(center, radiusM) ?? [];
  const missed: object[] = [];
  for (let i = 0; i < 150; i++) {
    // Half of the places on the rim, where a cover that is too tight fails first.
    const metres = i % 2 === 0 ? radiusM : radiusM * Math.sqrt(unit());
    const place = destination(center, unit() * 360, metres);
    const cell = latLngToCell(place.latDeg, place.lngDeg, resolution);
    if (!cells.includes(cell) || !partitions.includes(partitionOfCell(cell, PARTITIONS)))
      missed.push({ center, radiusM, place });
  }
  expect(missed).toEqual([]);
}
