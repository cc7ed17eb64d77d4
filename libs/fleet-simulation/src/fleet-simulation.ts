import type { LatLng } from '@hexfleet/geodesy';
import type { Car, SimulatedPing } from './car.js';
import { City } from './city.js';
import { beginShift, decide } from './drivers-day.js';
import { drive, eastM, gridHeadingDeg, northM } from './driving.js';
import { accuracyM, errorM, NoiseStep, newPhone } from './phone.js';
import { mix, Random } from './random.js';

export interface FleetSimulationOptions {
  readonly seed: number;
  /** How many cars there are; at any moment a few per cent of them stand without a driver. */
  readonly drivers: number;
  /** Between two pings of a driver. */
  readonly intervalMs: number;
  /** When the simulation begins, Unix ms. */
  readonly startMs: number;
  /** San Francisco where it isn't said. */
  readonly center?: LatLng;
  readonly radiusM?: number;
  readonly meanShiftMs?: number;
  /** What driver ids begin with. */
  readonly idPrefix?: string;
}

const SAN_FRANCISCO: LatLng = { latDeg: 37.7749, lngDeg: -122.4194 };
const DEFAULT_RADIUS_M = 6_000;
const DEFAULT_MEAN_SHIFT_MS = 2 * 3_600_000;
const LONGEST_STEP_MS = 1_000;

/** Six decimals of a degree, 0.1 m; one of metres, degrees and m/s: what phones send. */
const FIX_DECIMALS = 1e6;
const READING_DECIMALS = 10;

/**
 * The fleet on the road. Pings come in slots that are spread evenly over the interval: slot m lies at start + (m + 1) ·
 * interval / drivers and belongs to car m modulo drivers. So the next ping is always known, without a queue.
 */
export class FleetSimulation {
  readonly #cars: Car[] = [];
  readonly #city: City;
  readonly #noiseStep: NoiseStep;
  readonly #intervalMs: number;
  readonly #startMs: number;
  readonly #meanShiftMs: number;
  readonly #idPrefix: string;
  #slot = 0;

  constructor(options: FleetSimulationOptions) {
    const { seed, drivers, intervalMs, startMs, center = SAN_FRANCISCO, radiusM = DEFAULT_RADIUS_M } = options;
    if (!(Number.isInteger(drivers) && drivers >= 1)) throw new RangeError(`drivers must be 1 or more, not ${drivers}`);
    if (!(intervalMs >= 1 && Number.isFinite(intervalMs))) {
      throw new RangeError(`the interval must be 1 ms or more, not ${intervalMs}`);
    }
    this.#city = new City(center, radiusM, seed);
    this.#noiseStep = new NoiseStep(intervalMs);
    this.#intervalMs = intervalMs;
    this.#startMs = startMs;
    this.#meanShiftMs = options.meanShiftMs ?? DEFAULT_MEAN_SHIFT_MS;
    this.#idPrefix = options.idPrefix ?? 'sim-';
    for (let seat = 0; seat < drivers; seat++) this.#cars.push(this.#newCar(new Random(mix(seed, seat + 2))));
  }

  /** The pings due until `untilMs`, itself included, that have not been given yet, in the order of their times. */
  *pings(untilMs: number): Generator<SimulatedPing> {
    for (let atMs = this.#slotAtMs(); atMs <= untilMs; atMs = this.#slotAtMs()) {
      const ping = this.#take(atMs);
      if (ping !== undefined) yield ping;
    }
  }

  /** The same as a list. */
  step(untilMs: number): SimulatedPing[] {
    const due: SimulatedPing[] = [];
    for (let atMs = this.#slotAtMs(); atMs <= untilMs; atMs = this.#slotAtMs()) {
      const ping = this.#take(atMs);
      if (ping !== undefined) due.push(ping);
    }
    return due;
  }

  /** Leaves out the pings until then, for a sender that was held up: the cars drive on, their phones were silent. */
  skipTo(untilMs: number): void {
    const slots = Math.floor(((untilMs - this.#startMs) * this.#cars.length) / this.#intervalMs);
    this.#slot = Math.max(this.#slot, slots);
  }

  #slotAtMs(): number {
    return this.#startMs + ((this.#slot + 1) * this.#intervalMs) / this.#cars.length;
  }

  #take(slotAtMs: number): SimulatedPing | undefined {
    const seat = this.#slot % this.#cars.length;
    const car = this.#cars[seat] as Car;
    const seq = Math.floor(this.#slot / this.#cars.length);
    this.#slot++;
    const atMs = Math.floor(slotAtMs);
    this.#advance(car, seat, atMs);
    return car.offUntilMs > 0 ? undefined : this.#ping(car, atMs, seq);
  }

  #advance(car: Car, seat: number, untilMs: number): void {
    while (car.atMs < untilMs) {
      if (car.offUntilMs > 0) {
        if (car.offUntilMs > untilMs) {
          car.atMs = untilMs;
          return;
        }
        car.atMs = car.offUntilMs;
        this.#seatDriver(car, seat);
      }
      if (car.waitUntilMs > car.atMs) {
        car.atMs = Math.min(car.waitUntilMs, untilMs);
        continue;
      }
      if (car.arrived || car.atMs >= car.nextOrderMs) {
        decide(car, this.#city);
        if (car.offUntilMs > 0 || car.waitUntilMs > car.atMs) continue;
      }
      const stepMs = Math.min(LONGEST_STEP_MS, untilMs - car.atMs);
      drive(car, this.#city, car.atMs, stepMs / 1000, car.random);
      car.atMs += stepMs;
    }
  }

  #ping(car: Car, atMs: number, seq: number): SimulatedPing {
    const { phone, random } = car;
    this.#noiseStep.drift(phone, random);
    const east = eastM(car) + errorM(phone, phone.noiseEast);
    const north = northM(car) + errorM(phone, phone.noiseNorth);
    const moving = car.speedMps > 0.5;
    const headingDeg = gridHeadingDeg(car) + this.#city.turnedDeg + (moving ? random.between(-4, 4) : 0);
    const speedMps = moving ? Math.max(0, car.speedMps + random.between(-0.4, 0.4)) : 0;
    return {
      ping: {
        driverId: car.driverId,
        lat: Math.round(this.#city.latDeg(east, north) * FIX_DECIMALS) / FIX_DECIMALS,
        lng: Math.round(this.#city.lngDeg(east, north) * FIX_DECIMALS) / FIX_DECIMALS,
        capturedAtMs: atMs + phone.clockAheadMs,
        seq,
        headingDeg: (Math.round(((headingDeg + 720) % 360) * READING_DECIMALS) / READING_DECIMALS) % 360,
        speedMps: Math.round(speedMps * READING_DECIMALS) / READING_DECIMALS,
        accuracyM: Math.round(accuracyM(phone, random) * READING_DECIMALS) / READING_DECIMALS,
        status: car.status,
        vehicleClass: car.vehicleClass,
      },
      atMs,
      clockAheadMs: phone.clockAheadMs,
    };
  }

  #newCar(random: Random): Car {
    const car: Car = {
      x: 0,
      y: 0,
      direction: 0,
      toCrossingM: 0,
      turn: 0,
      arcM: -1,
      speedMps: 0,
      goalX: 0,
      goalY: 0,
      arrived: false,
      hurry: 1,
      status: 'idle',
      waitUntilMs: 0,
      nextOrderMs: 0,
      shiftEndsMs: 0,
      offUntilMs: 0,
      random,
      driverId: '',
      vehicleClass: '',
      phone: newPhone(random),
      driversSoFar: 0,
      atMs: this.#startMs,
    };
    this.#seatDriver(car, this.#cars.length);
    return car;
  }

  /** A driver comes on shift, with a phone of their own. */
  #seatDriver(car: Car, seat: number): void {
    car.driversSoFar++;
    const number = String(seat + 1).padStart(6, '0');
    car.driverId = `${this.#idPrefix}${number}${car.driversSoFar === 1 ? '' : `-${car.driversSoFar}`}`;
    car.vehicleClass = vehicleClassOf(car.random);
    car.phone = newPhone(car.random);
    beginShift(car, this.#city, this.#meanShiftMs);
  }
}

/** Eight of ten are cars; bikes and auto-rickshaws share the rest. They drive alike here. */
function vehicleClassOf(random: Random): string {
  const draw = random.next();
  if (draw < 0.8) return 'car';
  return draw < 0.9 ? 'bike' : 'auto';
}
