/**
 * The cells that a circle touches, as a superset: every cell whose centre is no farther from the circle's centre than the
 * radius and the cell's own circumradius together.
 *
 * Completeness needs no bound on H3's distortion. Cells are looked at in rings of grid distance 0, 1, 2 … around the
 * centre's home cell. A great-circle arc from the centre to a place in a farther cell passes through the ring k; so if the
 * circle touches no cell of ring k, it touches none beyond. Where ring 8 is still touched there are over 200 cells, which
 * hash to nearly all partitions, and the answer is "all".
 */

import { type Layout, partitionOfCell } from '@hexfleet/geo-partition';
import { distanceM, type LatLng } from '@hexfleet/geodesy';
import { cellToBoundary, cellToLatLng, gridDiskDistances } from 'h3-js';
import { LRUCache } from 'lru-cache';
import { HomeCells } from './home-cells.js';

/** Grid distances that are looked at in turn: 7, 19, 61 and 217 cells. */
const DISK_SIZES = [1, 2, 4, 8] as const;
/** Records keep 10⁻⁷ degrees while the home cell came from the full fix: a tenth of a metre covers that and rounding. */
const MARGIN_M = 0.1;
const CELLS_REMEMBERED = 50_000;
const DISKS_REMEMBERED = 5_000;

/** A cell as a circle around it. */
interface CellCircle {
  readonly cell: string;
  readonly partition: number;
  readonly center: LatLng;
  readonly circumradiusM: number;
}

/** Circles by grid distance from a cell, the cell itself first. */
type Disk = readonly (readonly CellCircle[])[];

export class CellCover {
  readonly #homeCells: HomeCells;
  readonly #circles: LRUCache<string, CellCircle>;
  readonly #disks: readonly LRUCache<string, Disk>[];

  /** `homeCells` may be shared with others of the same layout. */
  constructor({ resolution, partitions }: Layout, homeCells: HomeCells = new HomeCells({ resolution, partitions })) {
    this.#homeCells = homeCells;
    this.#circles = new LRUCache({ max: CELLS_REMEMBERED, memoMethod: (cell) => circleAround(cell, partitions) });
    this.#disks = DISK_SIZES.map((k) => {
      const memoMethod = (home: string) =>
        gridDiskDistances(home, k).map((ring) => ring.map((cell) => this.#circles.memo(cell)));
      return new LRUCache<string, Disk>({ max: DISKS_REMEMBERED, memoMethod });
    });
  }

  /** Cells that hold every place within `radiusM` of the centre; undefined where they would be too many to list. */
  cellsTouching(center: LatLng, radiusM: number): string[] | undefined {
    return this.#touching(center, radiusM)?.map((circle) => circle.cell);
  }

  /** The partitions of those cells, each once; undefined where all have to be asked. */
  partitionsTouching(center: LatLng, radiusM: number): number[] | undefined {
    const circles = this.#touching(center, radiusM);
    return circles && [...new Set(circles.map((circle) => circle.partition))];
  }

  #touching(center: LatLng, radiusM: number): CellCircle[] | undefined {
    const home = this.#homeCells.cellOf(center.latDeg, center.lngDeg);
    const touches = (circle: CellCircle) =>
      distanceM(center, circle.center) <= radiusM + circle.circumradiusM + MARGIN_M;
    for (const disks of this.#disks) {
      const disk = disks.memo(home);
      if (!disk.at(-1)?.some(touches)) return disk.flatMap((ring) => ring.filter(touches));
    }
    return undefined;
  }
}

function circleAround(cell: string, partitions: number): CellCircle {
  const [latDeg, lngDeg] = cellToLatLng(cell);
  const center = { latDeg, lngDeg };
  const cornersM = cellToBoundary(cell).map(([lat, lng]) => distanceM(center, { latDeg: lat, lngDeg: lng }));
  return { cell, partition: partitionOfCell(cell, partitions), center, circumradiusM: Math.max(...cornersM) };
}
