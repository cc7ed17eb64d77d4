/**
 * How thickly drivers lie around a place, learnt from answers, to guess a first radius. Kept as square metres a matching
 * driver, by a square of 1/64 degree (1.7 km) and by what was asked for, in a table of fixed size; an answer moves what is
 * kept by a third of the way, in logarithms, since densities differ by orders of magnitude. Two squares of one slot spoil each other's guess, and a wrong guess costs a ring, never an answer.
 */
import { fnv1a32, mix32 } from '@hexfleet/geo-partition';
import type { LatLng } from '@hexfleet/geodesy';
import { expectedForLimit, type Nearest } from './nearest-search.js';

const SQUARES_PER_DEG = 64;
const SLOTS = 1 << 16;
const NEWEST_WEIGHT = 1 / 3;
/** The guess where nothing is known: a city's middle, 4 drivers a square kilometre. */
const UNKNOWN_AREA_M2 = 250_000;
const MIN_RADIUS_M = 50;

export interface Asked {
  readonly center: LatLng;
  readonly limit: number;
  readonly radiusM: number;
  /** Names the filters: their drivers are spread differently. */
  readonly filter: string;
}

export class DensityMemory {
  readonly #areaM2 = new Float64Array(SLOTS);

  /** A radius that should hold `limit` drivers. */
  startRadiusM(asked: Asked): number {
    const areaM2 = this.#areaM2[slotOf(asked)] || UNKNOWN_AREA_M2;
    return Math.max(MIN_RADIUS_M, Math.sqrt((areaM2 * expectedForLimit(asked.limit)) / Math.PI));
  }

  learn(asked: Asked, answer: readonly Pick<Nearest, 'distanceM'>[]): void {
    // k drivers within the k-th's distance; fewer than k within all of the radius, and half a driver where there is none.
    const full = answer.length >= asked.limit;
    const reachM = full ? Math.max(MIN_RADIUS_M / 4, answer.at(-1)?.distanceM ?? 0) : asked.radiusM;
    const areaM2 = (Math.PI * reachM * reachM) / Math.max(0.5, answer.length);
    const slot = slotOf(asked);
    const before = this.#areaM2[slot] || areaM2;
    this.#areaM2[slot] = before * (areaM2 / before) ** NEWEST_WEIGHT;
  }
}

function slotOf({ center, filter }: Asked): number {
  const row = Math.floor(center.latDeg * SQUARES_PER_DEG);
  const column = Math.floor(center.lngDeg * SQUARES_PER_DEG);
  return mix32(Math.imul(row, 0x9e3779b1) ^ Math.imul(column, 0x85ebca6b) ^ fnv1a32(filter)) & (SLOTS - 1);
}
