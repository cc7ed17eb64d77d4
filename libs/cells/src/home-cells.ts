/**
 * The home cell of a fix, memoised exactly on a fine grid of latitude and longitude.
 *
 * H3 takes 600 ns for `latLngToCell` when warm and 2 to 3 µs when not; a look-up takes 50 to 70 ns. A square of the grid
 * may stand for one cell when every place in it lies in that cell, which four corners can prove: on one face of the
 * icosahedron, a cell is a convex hexagon of the gnomonic projection, so it is convex along great circles, and a cell that
 * H3 says lies on one face only holds the whole geodesic hull of any places in it. The hull of a square's corners leaves
 * out a sliver at the parallel nearer to the equator, at most δ²/16 radians wide for a square of δ radians; taking the
 * corners of a square enlarged by a hundredth on each side covers it while δ < 0.16 (and covers rounding). A square that a
 * cell's border crosses is looked at again as 4 × 4 smaller ones, and only what those leave open goes to H3.
 *
 * The memo is a table of pairs: a square's hash names its pair, and the newest two squares of a pair stay.
 */
import { type Layout, mix32, partitionOfCell } from '@hexfleet/geo-partition';
import { getIcosahedronFaces, latLngToCell } from 'h3-js';
import { LRUCache } from 'lru-cache';

/** A square's side is about a sixth of a cell's edge: 217 m at resolution 7, where an edge is 1.4 km. */
const SQUARES_PER_DEG_AT_7 = 512;
const FINER = 4;
const ENLARGE = 0.01;
/** Polewards of this, squares degenerate and H3 answers. Pings end at 85.05°. */
const MEMO_MAX_LAT_DEG = 88;
const SLOTS = 1 << 18;
const CELLS_REMEMBERED = 20_000;
const EMPTY = -1;
const MIXED = -1;

export class HomeCells {
  readonly #resolution: number;
  readonly #partitions: number;
  readonly #squaresPerDeg: number;
  readonly #rows = new Float64Array(SLOTS).fill(EMPTY);
  readonly #columns = new Float64Array(SLOTS);
  readonly #partitionOf = new Int32Array(SLOTS);
  readonly #cellOf: string[] = new Array<string>(SLOTS).fill('');
  readonly #onOneFace = new LRUCache<string, boolean>({
    max: CELLS_REMEMBERED,
    memoMethod: (cell) => getIcosahedronFaces(cell).length === 1,
  });

  constructor(layout: Layout) {
    this.#resolution = layout.resolution;
    this.#partitions = layout.partitions;
    // Cells shrink by √7 a resolution. A power of two keeps the squares' corners exact in binary.
    this.#squaresPerDeg = 2 ** Math.round(Math.log2(SQUARES_PER_DEG_AT_7 * 7 ** ((layout.resolution - 7) / 2)));
  }

  /** The H3 cell of a place in valid degrees, at the layout's resolution, as H3 spells it. */
  cellOf(latDeg: number, lngDeg: number): string {
    const slot = this.#settledSlot(latDeg, lngDeg);
    return slot === undefined ? latLngToCell(latDeg, lngDeg, this.#resolution) : (this.#cellOf[slot] as string);
  }

  /** The partition of a place's home cell. */
  partitionOf(latDeg: number, lngDeg: number): number {
    const slot = this.#settledSlot(latDeg, lngDeg);
    return slot === undefined
      ? partitionOfCell(latLngToCell(latDeg, lngDeg, this.#resolution), this.#partitions)
      : (this.#partitionOf[slot] as number);
  }

  /** The slot of a square around the place that lies in one cell, or undefined where H3 has to be asked. */
  #settledSlot(latDeg: number, lngDeg: number): number | undefined {
    if (!(latDeg < MEMO_MAX_LAT_DEG && latDeg > -MEMO_MAX_LAT_DEG)) return undefined;
    const coarse = this.#slotOf(latDeg, lngDeg, this.#squaresPerDeg, 0);
    if (this.#partitionOf[coarse] !== MIXED) return coarse;
    const fine = this.#slotOf(latDeg, lngDeg, this.#squaresPerDeg * FINER, 1);
    return this.#partitionOf[fine] === MIXED ? undefined : fine;
  }

  #slotOf(latDeg: number, lngDeg: number, squaresPerDeg: number, level: 0 | 1): number {
    const row = Math.floor((latDeg + 90) * squaresPerDeg);
    const column = Math.floor((lngDeg + 180) * squaresPerDeg);
    const columnAndLevel = column * 2 + level;
    const newer = (mix32(Math.imul(row, 0x9e3779b1) ^ columnAndLevel) & (SLOTS / 2 - 1)) * 2;
    const older = newer + 1;
    if (this.#rows[newer] === row && this.#columns[newer] === columnAndLevel) return newer;
    if (this.#rows[older] === row && this.#columns[older] === columnAndLevel) return older;

    const cell = this.#cellHolding(row, column, 1 / squaresPerDeg);
    this.#rows[older] = this.#rows[newer] as number;
    this.#columns[older] = this.#columns[newer] as number;
    this.#partitionOf[older] = this.#partitionOf[newer] as number;
    this.#cellOf[older] = this.#cellOf[newer] as string;
    this.#rows[newer] = row;
    this.#columns[newer] = columnAndLevel;
    this.#partitionOf[newer] = cell === undefined ? MIXED : partitionOfCell(cell, this.#partitions);
    this.#cellOf[newer] = cell ?? '';
    return newer;
  }

  /** The one cell that provably holds the whole square, if there is one. */
  #cellHolding(row: number, column: number, sideDeg: number): string | undefined {
    const south = row * sideDeg - 90 - ENLARGE * sideDeg;
    const west = column * sideDeg - 180 - ENLARGE * sideDeg;
    const north = south + sideDeg * (1 + 2 * ENLARGE);
    const east = west + sideDeg * (1 + 2 * ENLARGE);
    const cell = latLngToCell(south, west, this.#resolution);
    return cell === latLngToCell(north, east, this.#resolution) &&
      cell === latLngToCell(north, west, this.#resolution) &&
      cell === latLngToCell(south, east, this.#resolution) &&
      this.#onOneFace.memo(cell)
      ? cell
      : undefined;
  }
}
