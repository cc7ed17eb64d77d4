import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type RunningHexfleet, startHexfleet, startServers, type TestServers, until } from '../harness/index.js';
import { FleetView } from './fleet-view.js';
import { mayRemain } from './keys-at-rest.js';
import { Operator } from './operator.js';

const TTL_MS = 4_000;
/** The owner looks for what has expired once a second, and a busy machine holds it up. */
const BEAT_SLACK_MS = 4_000;
const IDS = Array.from({ length: 40 }, (_, i) => `silent-${i}`);

let servers: TestServers;
let hexfleet: RunningHexfleet;
let view: FleetView;
let redis: Redis;

beforeAll(async () => {
  servers = await startServers();
  const ours = servers.startArgs;
  hexfleet = await startHexfleet({ args: [...ours, '--ttl', '4s', '--max-speed-mps', '1000000'] });
  // Each ping is expected to be accepted.
  await new Operator(hexfleet).changePolicy({ mode: 'off' });
  view = new FleetView(hexfleet);
  redis = new Redis(servers.redis.url);
});
afterAll(async () => {
  redis?.disconnect();
  await hexfleet?.stop();
});

it('leaves nothing of a driver that has been silent for three times the TTL', async () => {
  // Twice, and far apart, so that every driver has crossed into another partition and leaves a home to be cleared.
  for (const lat of [37.7, 38.2]) {
    // Again where a busy machine took longer to show them than they live.
    await until('they are shown there', async () => {
      const pings = IDS.map((driverId, i) => ({ driverId, lat: lat + i / 100, lng: -122.4, capturedAtMs: Date.now() }));
      expect((await view.post({ pings })).json).toMatchObject({ accepted: IDS.length });
      return (await view.near(lat + 0.2, -122.4, 100, 50_000)).length === IDS.length;
    });
  }
  const silentSinceMs = Date.now();
  expect((await remaining()).some((key) => !mayRemain(key))).toBe(true);

  await sleep(TTL_MS);
  expect(await view.near(38.4, -122.4, 100, 50_000)).toEqual([]);
  expect(await Promise.all(IDS.map((id) => view.driver(id)))).toEqual(IDS.map(() => undefined));

  await sleep(silentSinceMs + 3 * TTL_MS + BEAT_SLACK_MS - Date.now());
  expect((await remaining()).filter((key) => !mayRemain(key))).toEqual([]);
  for (const key of await remaining()) {
    const held = key.includes(':header:') ? JSON.stringify(await redis.hgetall(key)) : await redis.get(key);
    expect([key, held]).not.toEqual([key, expect.stringContaining('silent-')]);
  }
  await view.balanced();
});

function remaining(): Promise<string[]> {
  return redis.keys('*');
}
