/**
 * Sends pings at a steady pace, in a process of its own so that its CPU is not the service's. Its one argument is a
 * `LoadPlan`; it says 'ready', then answers each `LoadOrder` with a `LoadTally`, and ends when its parent lets go.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MovingCars } from '../fleet/moving-cars.js';
import { openCarrier } from './carriers.js';
import type { LoadOrder, LoadPlan, LoadTally } from './load-plan.js';

const PACE_STEP_MS = 2;

const plan: LoadPlan = JSON.parse(process.argv[2] ?? '');
const carrier = await openCarrier(plan);
const cars = new MovingCars(plan.drivers, Date.now());
process.on('message', (order: LoadOrder) => void run(order).then((tally) => process.send?.(tally)));
process.send?.('ready');
await once(process, 'disconnect');
await carrier.close();

async function run({ seconds }: LoadOrder): Promise<LoadTally> {
  const tally = { sent: 0, accepted: 0, coalesced: 0 };
  const underWay = new Set<Promise<void>>();
  const startMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < seconds * 1_000; elapsedMs = performance.now() - startMs) {
    const due = (elapsedMs / 1_000) * plan.pingsPerSecond;
    while (tally.sent < due) {
      tally.sent += plan.pingsAtOnce;
      const sending: Promise<void> = carrier
        .send(cars.take(plan.pingsAtOnce, Date.now()))
        .then(({ accepted, coalesced }) => {
          tally.accepted += accepted;
          tally.coalesced += coalesced;
        })
        .catch(() => {})
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
    await sleep(PACE_STEP_MS);
  }
  const sentMs = performance.now();
  await Promise.all(underWay);
  const lateMs = Math.round(performance.now() - sentMs);
  return { ...tally, other: tally.sent - tally.accepted - tally.coalesced, lateMs };
}
