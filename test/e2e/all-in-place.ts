import { expect } from '@jest/globals';
import { someAtATime, until } from '../harness/index.js';
import type { FleetView } from './fleet-view.js';
import type { SteadyLoad } from './steady-load.js';

/** I2, I3, I4 and I6, once the load has stopped: the books balance, and each driver is in one place, its newest. */
export async function expectAllInPlace(view: FleetView, load: SteadyLoad): Promise<void> {
  await view.balanced();
  await expectAllShown(view, load);
}

export async function expectAllShown(view: FleetView, load: SteadyLoad): Promise<void> {
  await someAtATime([...load.accepted.keys()], (driverId) =>
    until(`${driverId} is where it was last accepted`, async () => {
      const shown = await view.driver(driverId);
      return shown !== undefined && load.mayShow(shown);
    }),
  );
  // An answer by id may come from what nearby itself remembers; one by place comes from Redis.
  const fleet = [...load.accepted.keys()].sort();
  const near = await until('all are found by place', async () => {
    const found = (await view.near(37.7749, -122.4194, 100, 50_000)).filter(({ id }) => id.startsWith('load-'));
    return found.length >= fleet.length && found;
  });
  expect(near.map(({ id }) => id).sort()).toEqual(fleet);
  expect(near.filter((shown) => !load.mayShow(shown))).toEqual([]);
}
