import { partitionOfCell } from '@hexfleet/geo-partition';
import { bearingDeg, destination, distanceM } from '@hexfleet/geodesy';
import { describe, expect, it } from '@jest/globals';
import { cellToBoundary, cellToLatLng, getPentagons, latLngToCell } from 'h3-js';
import { HomeCells } from './index.js';
import { places } from './places.fixture.js';

describe('HomeCells', () => {
  it.each([0, 5, 6, 7, 8, 9, 15])('is H3, place by place, over the whole earth at resolution %i', (resolution) => {
    const random = places(resolution + 1);
    const cells = new HomeCells({ resolution, partitions: 64 });
    expectSame(
      cells,
      resolution,
      Array.from({ length: 10_000 }, () => random.anywhere()),
    );
  });

  it.each([5, 7, 8])(
    'is H3 along the borders of cells at resolution %i, where a square could be on both sides',
    (resolution) => {
      const random = places(100 + resolution);
      const cells = new HomeCells({ resolution, partitions: 64 });
      const starts = [...Array.from({ length: 150 }, () => random.anywhere()), ...pentagonCorners(resolution)];
      for (const [latDeg, lngDeg] of starts)
        expectSame(cells, resolution, placesAtBorder(latDeg, lngDeg, resolution, random.unit));
    },
  );

  it('is H3 where two faces of the icosahedron meet, and the borders of cells bend', () => {
    const random = places(5);
    const cells = new HomeCells({ resolution: 7, partitions: 64 });
    const seams = placesOnSeams(random.unit);
    expect(seams.length).toBeGreaterThan(200);
    for (const [latDeg, lngDeg] of seams) {
      const bends = cellToBoundary(latLngToCell(latDeg, lngDeg, 7));
      expectSame(
        cells,
        7,
        bends.flatMap(([lat, lng]) => Array.from({ length: 40 }, () => random.near(lat, lng, 0.002 * random.unit()))),
      );
    }
  });

  it('is H3 for a whole city twice over, when squares have long been remembered', () => {
    const random = places(3);
    const cells = new HomeCells({ resolution: 7, partitions: 64 });
    const city = Array.from({ length: 60_000 }, () => random.near(37.75, -122.42, 0.15));
    expectSame(cells, 7, city);
    expectSame(
      cells,
      7,
      city.slice(0, 60_000).map(([lat, lng]) => [lat + 1e-5, lng - 1e-5]),
    );
  });

  it('is H3 at the antimeridian, the equator, the poles and the corners of the map', () => {
    const cells = new HomeCells({ resolution: 7, partitions: 64 });
    const lats = [-90, -89.9, -88, -85.05, -1e-9, 0, 1e-9, 1 / 1024, 51, 85.05, 88, 90];
    const lngs = [-180, -179.999_999_9, -179.999, -1e-9, 0, 1e-9, 179.999, 179.999_999_9, 180];
    expectSame(
      cells,
      7,
      lats.flatMap((lat) => lngs.map((lng): [number, number] => [lat, lng])),
    );
  });

  it('stays right when its slots are taken by other cities and given back', () => {
    const random = places(4);
    const cells = new HomeCells({ resolution: 9, partitions: 64 });
    for (let round = 0; round < 2; round++) {
      expectSame(
        cells,
        9,
        Array.from({ length: 20_000 }, () => random.near(48.86, 2.35, 0.5)),
      );
      expectSame(
        cells,
        9,
        Array.from({ length: 20_000 }, () => random.near(-33.9, 151.2, 0.5)),
      );
    }
  });
});

function expectSame(cells: HomeCells, resolution: number, all: readonly (readonly [number, number])[]): void {
  const wrong = all.filter(([lat, lng]) => {
    const truth = latLngToCell(lat, lng, resolution);
    return cells.cellOf(lat, lng) !== truth || cells.partitionOf(lat, lng) !== partitionOfCell(truth, 64);
  });
  expect(wrong).toEqual([]);
}

/** Places a hair's breadth to a few metres on either side of the borders of a cell. */
function placesAtBorder(latDeg: number, lngDeg: number, resolution: number, unit: () => number): [number, number][] {
  const corners = cellToBoundary(latLngToCell(latDeg, lngDeg, resolution));
  return corners.flatMap(([lat, lng], index) => {
    const [nextLat, nextLng] = corners[(index + 1) % corners.length] as [number, number];
    if (Math.abs(nextLng - lng) > 180 || Math.abs(lat) > 85.05) return [];
    return Array.from({ length: 25 }, (): [number, number] => {
      const along = unit();
      const offDeg = (unit() - 0.5) * 10 ** (-3 - 8 * unit());
      return [lat + (nextLat - lat) * along + offDeg, lng + (nextLng - lng) * along - offDeg];
    });
  });
}

function pentagonCorners(resolution: number): [number, number][] {
  return getPentagons(resolution).flatMap((cell) => cellToBoundary(cell) as [number, number][]);
}

/** Places on the edges of the icosahedron, whose corners are the centres of H3's coarsest pentagons. */
function placesOnSeams(unit: () => number): [number, number][] {
  const corners = getPentagons(0).map((cell) => {
    const [latDeg, lngDeg] = cellToLatLng(cell);
    return { latDeg, lngDeg };
  });
  const pairs = corners.flatMap((a) => corners.map((b) => [a, b] as const));
  const edges = pairs.filter(([a, b]) => a !== b && distanceM(a, b) < 7_100_000);
  return edges.flatMap(([a, b]) =>
    Array.from({ length: 8 }, (): [number, number] => {
      const place = destination(a, bearingDeg(a, b), unit() * distanceM(a, b));
      return [place.latDeg, place.lngDeg];
    }).filter(([lat]) => Math.abs(lat) < 85),
  );
}
