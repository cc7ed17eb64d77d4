import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type RunningHexfleet, startHexfleet, startServers, type TestServers, until } from '../harness/index.js';
import { expectAllInPlace, expectAllShown } from './all-in-place.js';
import { FleetView, metricsOf, sumOf } from './fleet-view.js';
import { Operator } from './operator.js';
import { OrderWatch } from './order-watch.js';
import { SteadyLoad } from './steady-load.js';

const REDIS_AWAY_MS = 20_000;
const WRITER_DEATHS = 3;
const GATEWAY_DEATHS = 2;

let servers: TestServers;
let hexfleet: RunningHexfleet;
let view: FleetView;
let watch: OrderWatch;

beforeAll(async () => {
  servers = await startServers();
  // The load drives at 250 m/s, so that it crosses many partitions in little time.
  const args = [...servers.startArgs, '--max-speed-mps', '2000'];
  hexfleet = await startHexfleet({ args });
  view = new FleetView(hexfleet);
  // Each driver is expected at its newest ping. What is shed while a writer is away has a spec of its own.
  await new Operator(hexfleet).changePolicy({ mode: 'off' });
});
afterAll(() => hexfleet?.stop());

beforeEach(() => {
  watch = new OrderWatch(view);
});
afterEach(async () => {
  await watch.stop();
  expect(watch.wentBack).toEqual([]);
  expect(watch.moves).toBeGreaterThan(60);
});

async function readiness(url: string): Promise<number> {
  return (await fetch(`${url}/readyz`)).status;
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  await redis.quit();
}

describe('under load', () => {
  it('loses nothing accepted while Redis is stopped for 20 s; only who needs Redis is unready', async () => {
    const load = new SteadyLoad(view);
    load.start();
    await until('the load is taken', () => load.accepted.size > 0);
    await servers.redis.stop();
    const { gateway, nearby, writers } = hexfleet.ready;
    await until('nearby and the writer are unready', async () => {
      const [a, b] = await Promise.all([readiness(nearby), readiness(writers[0] as string)]);
      return a === 503 && b === 503;
    });
    const takenBefore = sumOf(await metricsOf(gateway), 'hexfleet_pings_accepted_total');
    await sleep(REDIS_AWAY_MS);
    expect(await readiness(gateway)).toBe(200);
    expect(sumOf(await metricsOf(gateway), 'hexfleet_pings_accepted_total')).toBeGreaterThan(takenBefore);
    await servers.startRedisAgain();
    await until(
      'all are ready',
      async () => (await readiness(nearby)) === 200 && (await readiness(writers[0] as string)) === 200,
    );
    await sleep(1_000);
    await load.stop();
    expect([...load.statuses.keys()]).toEqual([202]);
    await expectAllInPlace(view, load);
  });

  it('says 503 and takes nothing while NATS is stopped, and serves again by itself', async () => {
    const load = new SteadyLoad(view);
    load.start();
    await until('the load is taken', () => load.accepted.size > 0);
    await servers.nats.stop();
    await until('the gateway is unready', async () => (await readiness(hexfleet.ready.gateway)) === 503);
    const away = await view.post({ pings: [{ driverId: 'away', lat: 37.7, lng: -122.4, capturedAtMs: Date.now() }] });
    expect([away.status, away.json]).toEqual([503, expect.objectContaining({ code: 'unavailable' })]);
    expect(Number(away.headers['retry-after'])).toBeGreaterThan(0);
    expect(away.headers['content-type']).toMatch(/^application\/problem\+json/);
    const taken = sumOf(await metricsOf(hexfleet.ready.gateway), 'hexfleet_pings_accepted_total');
    await sleep(3_000);
    expect(sumOf(await metricsOf(hexfleet.ready.gateway), 'hexfleet_pings_accepted_total')).toBe(taken);
    await servers.startNatsAgain();
    await until('the gateway is ready', async () => (await readiness(hexfleet.ready.gateway)) === 200);
    const sentBefore = load.statuses.get(202) ?? 0;
    await until('the load is taken again', () => (load.statuses.get(202) ?? 0) > sentBefore + 5);
    await load.stop();
    await expectAllInPlace(view, load);
  });

  it('keeps order, places and books while its writer is killed three times', async () => {
    const load = new SteadyLoad(view);
    load.start();
    for (let death = 0; death < WRITER_DEATHS; death++) {
      await sleep(1_500);
      await hexfleet.killApp('writer-1');
    }
    await sleep(1_000);
    await load.stop();
    expect([...load.statuses.keys()]).toEqual([202]);
    await expectAllInPlace(view, load);
  });

  it('has all positions again after Redis came back empty', async () => {
    const load = new SteadyLoad(view);
    load.start();
    await until('the load is taken', () => load.accepted.size > 0);
    const quiet = { driverId: 'quiet', lat: 37.9, lng: -122.6, capturedAtMs: Date.now() };
    expect((await view.post({ pings: [quiet] })).status).toBe(202);
    await until('it is written', () => view.driver('quiet'));
    await emptyRedis(servers.redis.url);
    await load.stop();
    await until('a driver that says nothing more is found again', async () => {
      const near = await view.near(quiet.lat, quiet.lng, 1, 1_000);
      return near.some(({ id }) => id === 'quiet');
    });
    await expectAllInPlace(view, load);
  });

  // The last of this file: with a gateway goes its side of the books, and they balance no more.
  it('has taken all that a gateway had accepted when it was killed', async () => {
    const takenBefore = await view.taken();
    const load = new SteadyLoad(view);
    load.start();
    for (let death = 0; death < GATEWAY_DEATHS; death++) {
      const { accepted } = load.counts;
      await until('the load is taken', () => load.counts.accepted > accepted + 600);
      await hexfleet.killApp('gateway');
    }
    const { accepted: beforeEnd } = load.counts;
    await until('the load is taken again', () => load.counts.accepted > beforeEnd + 300);
    await load.stop();
    expect(load.counts.inDoubt).toBeGreaterThan(0);
    await expectAllShown(view, load);
    const { accepted, inDoubt } = load.counts;
    const taken = await until('all accepted is in the books', async () => {
      const count = (await view.taken()) - takenBefore;
      return count >= accepted && count;
    });
    expect(taken).toBeLessThanOrEqual(accepted + inDoubt);
  });
});
