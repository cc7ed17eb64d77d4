import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Motion } from './car.js';
import { ARTERIAL_LIMIT_MPS, BLOCK_M, City } from './city.js';
import {
  ACCELERATION_MPS2,
  BRAKING_MPS2,
  drive,
  eastM,
  gridHeadingDeg,
  headFor,
  KERB_M,
  northM,
  park,
  TURN_RADIUS_M,
  TURN_SPEED_MPS,
} from './driving.js';
import { Random } from './random.js';

const CENTER = { latDeg: 37.7749, lngDeg: -122.4194 };
const MAX_TURN_RATE_DEG = ((TURN_SPEED_MPS / TURN_RADIUS_M) * 180) / Math.PI;
const START_MS = 1_700_000_000_000;
/** For sums of floating-point steps. */
const SLACK = 1e-6;

function parkedCar(city: City, random: Random): Motion {
  const car: Motion = {
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
    hurry: random.between(0.85, 1.1),
  };
  park(car, city, city.anyPlace(random), random);
  return car;
}

/** The least angle between two headings. */
function turnedDeg(from: number, to: number): number {
  return Math.abs(((((to - from) % 360) + 540) % 360) - 180);
}

describe('driving', () => {
  const anyDrive = { seed: fc.integer(), stepMs: fc.integer({ min: 20, max: 1_000 }) };

  it('keeps within speed, acceleration, braking and turning limits, on the streets and inside the city', () => {
    fc.assert(
      fc.property(fc.record(anyDrive), ({ seed, stepMs }) => {
        const random = new Random(seed);
        const city = new City(CENTER, 1_500, seed);
        const car = parkedCar(city, random);
        headFor(car, city.anyPlace(random));
        const seconds = stepMs / 1000;
        const broken: string[] = [];
        for (let step = 0; step < 600; step++) {
          const before = { ...car, heading: gridHeadingDeg(car), east: eastM(car), north: northM(car) };
          drive(car, city, START_MS + step * stepMs, seconds, random);
          const movedM = Math.hypot(eastM(car) - before.east, northM(car) - before.north);
          const limits: [string, number, number][] = [
            ['speed', car.speedMps, ARTERIAL_LIMIT_MPS * 1.1],
            ['speeding up', car.speedMps - before.speedMps, ACCELERATION_MPS2 * seconds],
            // The last half metre a second is dropped at the kerb.
            ['braking', before.speedMps - car.speedMps, Math.max(BRAKING_MPS2 * seconds, 0.5)],
            ['way', movedM, car.speedMps * seconds],
            ['turning', turnedDeg(before.heading, gridHeadingDeg(car)), MAX_TURN_RATE_DEG * seconds],
            ['off the street', distanceToStreetM(car), TURN_RADIUS_M * (1 - Math.SQRT1_2)],
            ['city', Math.max(Math.abs(eastM(car)), Math.abs(northM(car))), city.reach * BLOCK_M],
          ];
          for (const [name, figure, limit] of limits) {
            if (!(figure <= limit + SLACK)) broken.push(`${name} ${figure} > ${limit} at step ${step}`);
          }
          if (car.arrived) headFor(car, city.anyPlace(random));
        }
        expect(broken).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('gets everywhere: arrives at the kerb of its goal, standing', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const city = new City(CENTER, 3_000, seed);
        const car = parkedCar(city, random);
        const goal = city.anyPlace(random);
        headFor(car, goal);
        let seconds = 0;
        while (!car.arrived && seconds < 3_600) {
          drive(car, city, START_MS + seconds * 1000, 1, random);
          seconds++;
        }
        expect(car.arrived).toBe(true);
        expect(car.speedMps).toBe(0);
        expect([car.x, car.y]).toEqual([goal.x, goal.y]);
        expect(Math.abs(car.toCrossingM - KERB_M)).toBeLessThan(1);
      }),
    );
  });

  it('stands at a red light and crosses at green', () => {
    const city = new City(CENTER, 6_000, 7);
    const random = new Random(7);
    const car = parkedCar(city, random);
    // Down an arterial, through the crossings with the others, which all have lights.
    park(car, city, { x: 0, y: 1 - city.reach }, random);
    Object.assign(car, { direction: 0, x: 0, turn: 0, toCrossingM: 100 });
    headFor(car, { x: 0, y: city.reach });
    let stoodSeconds = 0;
    let ranRed = 0;
    for (let second = 0; second < 900 && !car.arrived; second++) {
      const ahead = { x: car.x, y: car.y, red: city.isRed(car.x, car.y, car.direction, START_MS + second * 1000) };
      const couldStop = car.speedMps ** 2 / (2 * BRAKING_MPS2) + car.speedMps < car.toCrossingM - 15;
      drive(car, city, START_MS + second * 1000, 1, random);
      if (car.speedMps < 0.01) stoodSeconds++;
      if (ahead.red && couldStop && car.y !== ahead.y) ranRed++;
    }
    expect(car.arrived).toBe(true);
    expect(stoodSeconds).toBeGreaterThan(20);
    expect(ranRed).toBe(0);
  });
});

/** Metres to the nearest street of the grid. */
function distanceToStreetM(car: Motion): number {
  return Math.min(toMultipleM(eastM(car)), toMultipleM(northM(car)));
}

function toMultipleM(metres: number): number {
  return Math.abs(metres - Math.round(metres / BLOCK_M) * BLOCK_M);
}
