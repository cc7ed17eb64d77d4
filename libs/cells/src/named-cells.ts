import { cellToChildren, getResolution, isValidCell } from 'h3-js';

/** At most so many resolutions coarser than home cells: 7³ = 343 home cells each. */
const MAX_COARSER = 3;

/** Whether a text names an H3 cell that is made of home cells: at their resolution, or at most three coarser. */
export function isNamedCell(cell: string, homeResolution: number): boolean {
  if (!isValidCell(cell)) return false;
  const coarser = homeResolution - getResolution(cell);
  return coarser >= 0 && coarser <= MAX_COARSER;
}

/** The home cells that a named cell is made of; none where it names none. */
export function homeCellsOf(cell: string, homeResolution: number): readonly string[] {
  return isNamedCell(cell, homeResolution) ? cellToChildren(cell, homeResolution) : [];
}
