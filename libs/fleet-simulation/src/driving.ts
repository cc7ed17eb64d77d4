/**
 * How a car moves along the grid, in steps of at most a second.
 *
 *   speeding up    v' ≤ v + a·τ                                          a = 2 m/s²
 *   braking        v' ≤ −b·τ + √(b²τ² + vₑ² + 2·b·gap), the fastest speed from which it can still slow to vₑ within the
 *                  gap without braking harder than b = 3 m/s²
 *   turning        along a quarter circle of radius 9 m at ≤ 4.7 m/s: 2.5 m/s² sideways, 30 degrees a second
 *
 * A light that turns red, or a goal that is set, too close ahead to stop for is driven past. τ: the step; gap: metres
 * to where vₑ must be reached (a turn, a stop line, the kerb).
 * Source: S. Krauß, "Microscopic Modeling of Traffic Flow" (1998), the safe speed, with a standing or slow leader. Left
 * out: other cars, bends, one-way streets.
 */

import type { Motion } from './car.js';
import { BLOCK_M, type City, EAST, NORTH } from './city.js';
import type { Random } from './random.js';

export const ACCELERATION_MPS2 = 2;
export const BRAKING_MPS2 = 3;
export const TURN_RADIUS_M = 9;
export const TURN_SPEED_MPS = 4.7;
const ARC_M = (Math.PI / 2) * TURN_RADIUS_M;
const STOP_LINE_M = 12;
export const KERB_M = 35;
const STRAIGHT_ON_SHARE = 0.8;

/** Moves the car by one step of `seconds` that begins at `atMs`. */
export function drive(car: Motion, city: City, atMs: number, seconds: number, random: Random): void {
  const slowestMps = Math.max(0, car.speedMps - BRAKING_MPS2 * seconds);
  let mps = Math.min(
    car.hurry * city.limitMps(car.x, car.y, car.direction),
    car.speedMps + ACCELERATION_MPS2 * seconds,
  );
  if (car.arcM >= 0) {
    mps = Math.min(mps, TURN_SPEED_MPS);
  } else {
    if (car.turn !== 0) mps = Math.min(mps, safeSpeedMps(car.toCrossingM - TURN_RADIUS_M, TURN_SPEED_MPS, seconds));
    const toLineM = car.toCrossingM - STOP_LINE_M;
    if (toLineM >= 0 && city.isRed(car.x, car.y, car.direction, atMs)) {
      const stoppingMps = safeSpeedMps(toLineM, 0, seconds);
      if (stoppingMps >= slowestMps) mps = Math.min(mps, stoppingMps);
    }
    const toKerbM = car.toCrossingM - KERB_M;
    if (toKerbM >= 0 && car.x === car.goalX && car.y === car.goalY) {
      const stoppingMps = safeSpeedMps(toKerbM, 0, seconds);
      if (stoppingMps >= slowestMps) mps = Math.min(mps, stoppingMps);
      car.arrived = toKerbM < 0.5 && mps < 0.5 && slowestMps === 0;
    }
  }
  car.speedMps = car.arrived ? 0 : Math.max(mps, slowestMps);
  moveAlong(car, city, car.speedMps * seconds, random);
}

/** Sets a new goal. The turn at the crossing ahead is already settled, and stays. */
export function headFor(car: Motion, goal: { readonly x: number; readonly y: number }): void {
  car.goalX = goal.x;
  car.goalY = goal.y;
  car.arrived = false;
}

/** Places a car on the block before a crossing, standing, in any direction that keeps it on the grid. */
export function park(
  car: Motion,
  city: City,
  crossing: { readonly x: number; readonly y: number },
  random: Random,
): void {
  const first = Math.floor(random.next() * 4);
  for (let quarter = 0; quarter < 4; quarter++) {
    const direction = (first + quarter) % 4;
    if (!city.holds(crossing.x - stepEast(direction), crossing.y - stepNorth(direction))) continue;
    car.direction = direction;
    break;
  }
  car.x = crossing.x;
  car.y = crossing.y;
  car.toCrossingM = random.between(KERB_M, BLOCK_M - TURN_RADIUS_M);
  car.arcM = -1;
  car.speedMps = 0;
  headFor(car, crossing);
  car.turn = chooseTurn(car, city, random);
}

/** Metres east of the centre, on the grid's own axes. */
export function eastM(car: Motion): number {
  if (car.arcM < 0) return car.x * BLOCK_M - stepEast(car.direction) * car.toCrossingM;
  const angle = car.arcM / TURN_RADIUS_M;
  const into = stepEast(turned(car.direction, car.turn));
  return (
    car.x * BLOCK_M + TURN_RADIUS_M * (stepEast(car.direction) * (Math.sin(angle) - 1) + into * (1 - Math.cos(angle)))
  );
}

/** Metres north of the centre, on the grid's own axes. */
export function northM(car: Motion): number {
  if (car.arcM < 0) return car.y * BLOCK_M - stepNorth(car.direction) * car.toCrossingM;
  const angle = car.arcM / TURN_RADIUS_M;
  const into = stepNorth(turned(car.direction, car.turn));
  return (
    car.y * BLOCK_M + TURN_RADIUS_M * (stepNorth(car.direction) * (Math.sin(angle) - 1) + into * (1 - Math.cos(angle)))
  );
}

/** Degrees clockwise from the grid's north, any number of rounds. */
export function gridHeadingDeg(car: Motion): number {
  return car.direction * 90 + (car.arcM < 0 ? 0 : (car.turn * 90 * car.arcM) / ARC_M);
}

function safeSpeedMps(gapM: number, endMps: number, seconds: number): number {
  const brakingMps = BRAKING_MPS2 * seconds;
  return Math.sqrt(brakingMps * brakingMps + endMps * endMps + 2 * BRAKING_MPS2 * Math.max(0, gapM)) - brakingMps;
}

function moveAlong(car: Motion, city: City, metres: number, random: Random): void {
  let leftM = metres;
  for (;;) {
    const straightM = car.toCrossingM - (car.turn === 0 ? 0 : TURN_RADIUS_M);
    const untilNextM = car.arcM < 0 ? straightM : ARC_M - car.arcM;
    if (leftM < untilNextM) {
      if (car.arcM < 0) car.toCrossingM -= leftM;
      else car.arcM += leftM;
      return;
    }
    leftM -= Math.max(0, untilNextM);
    if (car.arcM < 0 && car.turn !== 0) {
      car.arcM = 0;
      car.toCrossingM = TURN_RADIUS_M;
    } else {
      enterBlock(car, city, random);
    }
  }
}

/** Leaves the crossing behind and settles what to do at the next. */
function enterBlock(car: Motion, city: City, random: Random): void {
  car.direction = turned(car.direction, car.turn);
  car.toCrossingM = car.arcM < 0 ? BLOCK_M : BLOCK_M - TURN_RADIUS_M;
  car.arcM = -1;
  car.x += stepEast(car.direction);
  car.y += stepNorth(car.direction);
  car.turn = chooseTurn(car, city, random);
}

/** Towards the goal: straight on rather than turning, and never back; where the goal lies behind, around the block. */
function chooseTurn(car: Motion, city: City, random: Random): number {
  const eastward = Math.sign(car.goalX - car.x);
  const northward = Math.sign(car.goalY - car.y);
  const rightEast = stepEast(turned(car.direction, 1));
  const rightNorth = stepNorth(turned(car.direction, 1));
  const ahead = eastward * stepEast(car.direction) + northward * stepNorth(car.direction);
  const right = eastward * rightEast + northward * rightNorth;
  if (ahead > 0 && (right === 0 || random.chance(STRAIGHT_ON_SHARE))) return 0;
  if (right !== 0) return right;
  const side = random.chance(0.5) ? 1 : -1;
  return city.holds(car.x + side * rightEast, car.y + side * rightNorth) ? side : -side;
}

function turned(direction: number, turn: number): number {
  return (direction + turn + 4) & 3;
}

function stepEast(direction: number): number {
  return EAST[direction] as number;
}

function stepNorth(direction: number): number {
  return NORTH[direction] as number;
}
