import type { Ping } from '@hexfleet/ping';

const SPEED_MPS = 8;
const METRES_PER_DEGREE = 111_195;
const TURN_SHARE = 0.05;

/** Where the cars start: 13 km by 12 km of San Francisco. */
export const CITY = { southDeg: 37.7, westDeg: -122.5, heightDeg: 0.12, widthDeg: 0.14 } as const;

/** A ping in the names of the wire, complete. */
export type CarPing = Omit<Ping, 'latDeg' | 'lngDeg'> & { readonly lat: number; readonly lng: number };

/** Cars that cross a city at 8 m/s and turn now and then: cheap enough that a load costs less than what it loads. */
export class MovingCars {
  readonly #lat: Float64Array;
  readonly #lng: Float64Array;
  readonly #headingDeg: Float64Array;
  readonly #atMs: Float64Array;
  #seq = 0;
  #turn = 0;

  constructor(
    private readonly count: number,
    nowMs: number,
    private readonly idOf: (car: number) => string = (car) => `driver-${car}`,
  ) {
    this.#lat = Float64Array.from({ length: count }, () => CITY.southDeg + CITY.heightDeg * Math.random());
    this.#lng = Float64Array.from({ length: count }, () => CITY.westDeg + CITY.widthDeg * Math.random());
    this.#headingDeg = Float64Array.from({ length: count }, () => 90 * Math.floor(4 * Math.random()));
    this.#atMs = new Float64Array(count).fill(nowMs);
  }

  /** The next pings, of one car after the other. */
  take(pings: number, nowMs: number): CarPing[] {
    return Array.from({ length: pings }, () => this.#next(nowMs));
  }

  #next(nowMs: number): CarPing {
    const car = this.#turn;
    this.#turn = (car + 1) % this.count;
    const metres = (SPEED_MPS * (nowMs - (this.#atMs[car] as number))) / 1_000;
    const headingDeg = this.#headingDeg[car] as number;
    const heading = (headingDeg * Math.PI) / 180;
    const lat = (this.#lat[car] as number) + (metres * Math.cos(heading)) / METRES_PER_DEGREE;
    const perDegree = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
    const lng = (this.#lng[car] as number) + (metres * Math.sin(heading)) / perDegree;
    this.#atMs[car] = nowMs;
    this.#lat[car] = lat;
    this.#lng[car] = lng;
    if (Math.random() < TURN_SHARE) this.#headingDeg[car] = (headingDeg + 90) % 360;
    return {
      driverId: this.idOf(car),
      lat,
      lng,
      capturedAtMs: nowMs,
      seq: ++this.#seq,
      headingDeg,
      speedMps: SPEED_MPS,
      accuracyM: 8,
      status: 'available',
      vehicleClass: 'car',
    };
  }
}
