/**
 * A partition's geo set is an index, its records are the truth: a driver keeps its place in the index until it is farther
 * than a slack from it, and whoever searches asks for that much more and goes by the records. A driver in a city then moves
 * in the sorted set, which costs more than twice what its record does, once in some pings.
 *
 * The same as safe regions, and as the lazy updates of R-trees for moving objects, where an object is only written to the
 * tree when it leaves a rectangle larger than itself. Sources: S. Prabhakar et al., "Query Indexing and Velocity
 * Constrained Indexing", IEEE Transactions on Computers 51 (2002); D. Kwon, S. Lee, S. Lee, "Indexing the Current Positions
 * of Moving Objects Using the Lazy Update R-tree", MDM 2002.
 */
import { EARTH_RADIUS_M } from '@hexfleet/geodesy';

/** At 8 m/s and a ping in 5 s, two pings of three stay within; BENCHMARKS.md has what it costs those who search. */
export const INDEX_SLACK_M = 85;

const RAD_PER_DEG = Math.PI / 180;
const METRES_PER_DEGREE = EARTH_RADIUS_M * RAD_PER_DEG;

/**
 * Whether a place lies within the slack of where it is indexed. On a plane that touches the earth there: two centimetres off
 * at most, as far north as drivers are taken. Across the antimeridian it says no, which costs a write.
 */
export function isWithinSlack(indexedLatDeg: number, indexedLngDeg: number, latDeg: number, lngDeg: number): boolean {
  const northM = (latDeg - indexedLatDeg) * METRES_PER_DEGREE;
  const eastM = (lngDeg - indexedLngDeg) * METRES_PER_DEGREE * Math.cos(indexedLatDeg * RAD_PER_DEG);
  return northM * northM + eastM * eastM <= INDEX_SLACK_M * INDEX_SLACK_M;
}
