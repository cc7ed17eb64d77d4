import { fnv1a32, mix32 } from './hash.js';

/** How places map to partitions. Two processes must agree on it, so it is carried in the name of the stream's config. */
export interface Layout {
  /** H3 resolution of home cells, 0–15. At 7 a cell is about 5 km²; at 5 one cell held 88% of a city's pings. */
  readonly resolution: number;
  /** Number of partitions, P. */
  readonly partitions: number;
}

/** Number of slots that the driver directory is sharded in; fixed, so that it can be spread over endpoints later. */
export const DIRECTORY_SLOTS = 16;

/** The partition 0…P−1 of a home cell, given as the 15 or 16 hexadecimal digits of its H3 index. */
export function partitionOfCell(cell: string, partitions: number): number {
  return mix32(fnv1a32(cell)) % partitions;
}

/** The directory slot 0…DIRECTORY_SLOTS−1 of a driver. */
export function directorySlotOf(driverId: string): number {
  return mix32(fnv1a32(driverId)) % DIRECTORY_SLOTS;
}
