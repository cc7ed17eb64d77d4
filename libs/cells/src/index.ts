/**
 * The one door to H3: the home cell (and so the partition) of a fix, and the cells (and so the partitions) that a circle
 * touches. Promises: a home cell is exactly H3's own answer, memoised or not; a cover holds the home cell of every place
 * within the circle, near pentagons, at the antimeridian and up to the latitudes where pings are taken (±85.05°).
 * All memory is bounded. Both classes hold caches and are meant to be made once a process.
 */

export { CellCover } from './cell-cover.js';
export { HomeCells } from './home-cells.js';
export { homeCellsOf, isNamedCell } from './named-cells.js';
