/**
 * Where the cars drive: a grid of streets on a plane around the centre, turned by an angle of its own, inside the
 * largest square that fits the circle. Every fourth street is an arterial with a higher limit. Crossings are named by
 * whole numbers (`x`, `y`), −`reach` … `reach`; directions are 0 north, 1 east, 2 south, 3 west of the grid. A share of
 * the rides starts and ends around a few hot spots: in real traces ten of some hundreds of half-kilometre cells hold
 * 16–28% of all pick-ups.
 */
import { type LatLng, wrapLngDeg } from '@hexfleet/geodesy';
import { mix, Random } from './random.js';
import { isRed } from './traffic-light.js';

export interface Crossing {
  readonly x: number;
  readonly y: number;
}

export const BLOCK_M = 120;
const ARTERIAL_EVERY = 4;
export const ARTERIAL_LIMIT_MPS = 16;
export const STREET_LIMIT_MPS = 11;

const HOT_SPOTS = 10;
const HOT_SPOT_SHARE = 0.35;
const HOT_SPOT_SPREAD_M = 250;

const METRES_PER_LAT_DEG = 111_195.08;
/** Kept free at the rim, for the noise of the phones and the curvature that the plane leaves out. */
const RIM_SHARE = 0.03;
const RIM_M = 120;
export const MIN_RADIUS_M = 600;
export const MAX_RADIUS_M = 50_000;
export const MAX_CENTER_LAT_DEG = 70;

/** East and north of each direction of the grid. */
export const EAST = [0, 1, 0, -1] as const;
export const NORTH = [1, 0, -1, 0] as const;

export class City {
  /** The outermost crossings are ±reach. */
  readonly reach: number;
  /** How far the grid's north is turned from true north, clockwise. */
  readonly turnedDeg: number;
  readonly #seed: number;
  readonly #hotSpots: Crossing[] = [];
  readonly #metresPerLngDeg: number;
  readonly #sinTurn: number;
  readonly #cosTurn: number;

  constructor(
    readonly center: LatLng,
    radiusM: number,
    seed: number,
  ) {
    if (!(radiusM >= MIN_RADIUS_M && radiusM <= MAX_RADIUS_M)) {
      throw new RangeError(`a city's radius is ${MIN_RADIUS_M} to ${MAX_RADIUS_M} m, not ${radiusM}`);
    }
    if (!(Math.abs(center.latDeg) <= MAX_CENTER_LAT_DEG && Math.abs(center.lngDeg) <= 180)) {
      throw new RangeError(`a city's centre lies between latitudes ±${MAX_CENTER_LAT_DEG} and longitudes ±180`);
    }
    const random = new Random(mix(seed, 1));
    this.#seed = seed;
    this.reach = Math.floor((radiusM * (1 - RIM_SHARE) - RIM_M) / Math.SQRT2 / BLOCK_M);
    this.turnedDeg = random.between(0, 90);
    this.#sinTurn = Math.sin((this.turnedDeg * Math.PI) / 180);
    this.#cosTurn = Math.cos((this.turnedDeg * Math.PI) / 180);
    this.#metresPerLngDeg = METRES_PER_LAT_DEG * Math.cos((center.latDeg * Math.PI) / 180);
    for (let spot = 0; spot < HOT_SPOTS; spot++) this.#hotSpots.push(this.#anyCrossing(random));
  }

  latDeg(eastM: number, northM: number): number {
    return this.center.latDeg + (northM * this.#cosTurn - eastM * this.#sinTurn) / METRES_PER_LAT_DEG;
  }

  lngDeg(eastM: number, northM: number): number {
    const lngDeg = this.center.lngDeg + (eastM * this.#cosTurn + northM * this.#sinTurn) / this.#metresPerLngDeg;
    return lngDeg >= -180 && lngDeg < 180 ? lngDeg : wrapLngDeg(lngDeg);
  }

  holds(x: number, y: number): boolean {
    return Math.abs(x) <= this.reach && Math.abs(y) <= this.reach;
  }

  /** The limit on the street that leads to a crossing in a direction. */
  limitMps(x: number, y: number, direction: number): number {
    const street = direction % 2 === 0 ? x : y;
    return street % ARTERIAL_EVERY === 0 ? ARTERIAL_LIMIT_MPS : STREET_LIMIT_MPS;
  }

  /** Whether a car that comes to a crossing in a direction finds its light red. */
  isRed(x: number, y: number, direction: number, atMs: number): boolean {
    const arterials = (x % ARTERIAL_EVERY === 0 ? 1 : 0) + (y % ARTERIAL_EVERY === 0 ? 1 : 0);
    return isRed(mix(x, mix(y, this.#seed)), arterials, direction, atMs);
  }

  /** A place that riders want to leave from or go to. */
  anyPlace(random: Random): Crossing {
    if (!random.chance(HOT_SPOT_SHARE)) return this.#anyCrossing(random);
    // The square favours the first spots, as the busiest of a real city stand out.
    const spot = this.#hotSpots[Math.floor(random.next() ** 2 * HOT_SPOTS)] as Crossing;
    const spreadBlocks = HOT_SPOT_SPREAD_M / BLOCK_M;
    return {
      x: this.#near(spot.x, random.normal() * spreadBlocks),
      y: this.#near(spot.y, random.normal() * spreadBlocks),
    };
  }

  #near(coordinate: number, blocks: number): number {
    return Math.max(-this.reach, Math.min(this.reach, Math.floor(coordinate + blocks + 0.5)));
  }

  #anyCrossing(random: Random): Crossing {
    const span = 2 * this.reach + 1;
    return { x: Math.floor(random.next() * span) - this.reach, y: Math.floor(random.next() * span) - this.reach };
  }
}
