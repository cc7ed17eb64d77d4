/**
 * What drivers do, as states and what ends them:
 *
 *   idle       stands, on a break                  → available   when the break is over
 *   available  drives to where riders are, waits   → en_route    when a rider orders (after 4 min on average)
 *   en_route   drives to the rider, who gets in    → on_trip     at the rider's place, after 15–60 s
 *   on_trip    drives to where the rider goes      → available   at the goal, after 10–30 s; one in four times idle
 *   off        the shift is over and the car stands; somebody else takes it over within 5 min. Nobody goes off with a
 *              rider or on the way to one.
 */
import type { Status } from '@hexfleet/ping';
import type { Car } from './car.js';
import type { City, Crossing } from './city.js';
import { headFor, park } from './driving.js';
import type { Random } from './random.js';

const MEAN_ORDER_MS = 240_000;
const MEAN_BREAK_MS = 300_000;
const BREAK_SHARE = 0.25;
const BOARDING_MS = [15_000, 60_000] as const;
const ALIGHTING_MS = [10_000, 30_000] as const;
const KERB_WAIT_MS = [20_000, 90_000] as const;
const OFF_MS = [30_000, 300_000] as const;
/** Of so many places with a rider, the order goes to the nearest. */
const NEARBY_ORDERS = 12;

/** How the statuses stand when the simulation begins: about where the states above settle. */
const STATUS_SHARES: readonly (readonly [Status, number])[] = [
  ['on_trip', 0.55],
  ['en_route', 0.16],
  ['available', 0.21],
  ['idle', 0.08],
];

/** Puts a new driver into a car, in the midst of things: parked somewhere, with something to do. */
export function beginShift(
  car: Car,
  city: City,
  meanShiftMs: number,
  status: Status = initialStatus(car.random),
): void {
  const { random } = car;
  car.offUntilMs = 0;
  car.waitUntilMs = 0;
  car.shiftEndsMs = car.atMs + random.exponential(meanShiftMs);
  car.hurry = random.between(0.85, 1.1);
  park(car, city, city.anyPlace(random), random);
  turnTo(car, city, status);
}

/** What the driver does next, asked whenever the car has arrived, its wait is over, or its next order is due. */
export function decide(car: Car, city: City): void {
  const { random } = car;
  const orderDue = car.atMs >= car.nextOrderMs;
  switch (car.status) {
    case 'idle':
      if (orderDue) turnTo(car, city, 'available');
      return;
    case 'available':
      if (car.atMs >= car.shiftEndsMs) goOff(car);
      else if (orderDue) turnTo(car, city, 'en_route');
      else if (car.arrived) {
        car.waitUntilMs = Math.min(car.nextOrderMs, car.atMs + random.between(...KERB_WAIT_MS));
        headFor(car, city.anyPlace(random));
      }
      return;
    case 'en_route':
      if (car.arrived) turnTo(car, city, 'on_trip');
      return;
    case 'on_trip':
      if (car.arrived) turnTo(car, city, random.chance(BREAK_SHARE) ? 'idle' : 'available');
      return;
  }
}

function turnTo(car: Car, city: City, status: Status): void {
  const { random } = car;
  car.status = status;
  car.nextOrderMs = Number.POSITIVE_INFINITY;
  switch (status) {
    case 'idle':
      car.nextOrderMs = car.atMs + random.exponential(MEAN_BREAK_MS);
      car.waitUntilMs = car.nextOrderMs;
      return;
    case 'available':
      if (car.arrived) car.waitUntilMs = car.atMs + random.between(...ALIGHTING_MS);
      car.nextOrderMs = Math.max(car.atMs, car.waitUntilMs) + random.exponential(MEAN_ORDER_MS);
      headFor(car, city.anyPlace(random));
      return;
    case 'en_route':
      headFor(car, nearestOrder(car, city));
      return;
    case 'on_trip':
      if (car.arrived) car.waitUntilMs = car.atMs + random.between(...BOARDING_MS);
      headFor(car, city.anyPlace(random));
      return;
  }
}

function goOff(car: Car): void {
  car.offUntilMs = car.atMs + car.random.between(...OFF_MS);
}

/** The nearest of some places with a rider, but none right here: a driver is on the way for at least a moment. */
function nearestOrder(car: Car, city: City): Crossing {
  let nearest = city.anyPlace(car.random);
  for (let order = 1; order < NEARBY_ORDERS; order++) {
    const place = city.anyPlace(car.random);
    const blocks = blocksTo(car, place);
    if (blocks > 0 && (blocks < blocksTo(car, nearest) || blocksTo(car, nearest) === 0)) nearest = place;
  }
  return nearest;
}

function blocksTo(car: Car, place: Crossing): number {
  return Math.abs(place.x - car.x) + Math.abs(place.y - car.y);
}

function initialStatus(random: Random): Status {
  let left = random.next();
  for (const [status, share] of STATUS_SHARES) {
    left -= share;
    if (left < 0) return status;
  }
  return 'idle';
}
