import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  failingStart,
  type RunningHexfleet,
  startHexfleet,
  startServers,
  type TestServers,
  until,
} from '../harness/index.js';
import { FleetView } from './fleet-view.js';
import { Operator } from './operator.js';
import { loggedSince, readinessOf, untilAllWell } from './readiness-of.js';

const HERE = { lat: 37.7749, lng: -122.4194 };

let servers: TestServers;
let another: TestServers;
let alpha: RunningHexfleet;
let redis: Redis;

const argsOf = (nats: TestServers) => ['--nats', nats.natsUrl, '--redis', servers.redisUrls.join(',')];
const named = (name: string) => ({ HEXFLEET_NAME: name });

beforeAll(async () => {
  [servers, another] = await Promise.all([startServers(), startServers()]);
  redis = new Redis(servers.redis.url);
  alpha = await startNamed('alpha', servers);
});
afterAll(async () => {
  redis?.disconnect();
  await alpha?.stop();
});

/** A fleet whose pings are all to be accepted, on a busy machine too. */
async function startNamed(name: string, nats: TestServers): Promise<RunningHexfleet> {
  const hexfleet = await startHexfleet({ args: argsOf(nats), env: named(name) });
  await new Operator(hexfleet).changePolicy({ mode: 'off' });
  return hexfleet;
}

async function place(view: FleetView, driverId: string): Promise<void> {
  const reply = await view.post({ pings: [{ driverId, ...HERE, capturedAtMs: Date.now() }] });
  expect(reply.json).toMatchObject({ accepted: 1 });
  await until(`${driverId} is shown`, () => view.driver(driverId));
}

const idsNear = async (view: FleetView) => (await view.near(HERE.lat, HERE.lng, 100, 1_000)).map(({ id }) => id).sort();

describe('two fleets', () => {
  it('with different names on one NATS and one Redis don’t see each other', async () => {
    const beta = await startNamed('beta', servers);
    const views = [new FleetView(alpha), new FleetView(beta)] as const;
    await Promise.all([place(views[0], 'of-alpha'), place(views[1], 'of-beta')]);
    expect(await Promise.all(views.map(idsNear))).toEqual([['of-alpha'], ['of-beta']]);
    expect([await views[0].driver('of-beta'), await views[1].driver('of-alpha')]).toEqual([undefined, undefined]);
    const books = await Promise.all(views.map((view) => view.balanced()));
    expect(books.map(({ accepted }) => accepted)).toEqual([1, 1]);
    expect(await beta.stop()).toBe(0);
    expect((await readinessOf(alpha.ready.gateway)).status).toBe(200);
  });

  it('with one name and two layouts: the later is refused, with both layouts', async () => {
    const env = { ...named('alpha'), HEXFLEET_PARTITIONS: '32' };
    const { status, err } = await failingStart({ args: argsOf(servers), env });
    expect(err).toMatch(
      /can't run: nats: stream alpha_PINGS is "hexfleet layout 1: 64 partitions of H3 resolution 7", this process wants "hexfleet layout 1: 32 /,
    );
    expect(status).toBe(1);
  });

  it('with one name, one Redis and two NATS: the later is refused while the first lives, which minds nothing', async () => {
    const view = new FleetView(alpha);
    const epochs = () => redis.mget(Array.from({ length: 64 }, (_, p) => `alpha:{${p}}:inc`));
    const before = await epochs();
    const logFrom = alpha.log.length;
    const { status, err } = await failingStart({ args: argsOf(another), env: named('alpha') });
    expect(err).toMatch(/can't run: redis: Redis \S+ is written by another fleet of the same name, on another NATS/);
    expect(status).toBe(1);
    expect(await epochs()).toEqual(before);
    expect(loggedSince(alpha, logFrom, 'location-writer', 'Redis has problems')).toEqual([]);
    await place(view, 'still-of-alpha');
    await view.balanced();
  });

  it('goes on by itself where its NATS was emptied, or its Redis', async () => {
    await redis.flushall();
    await untilAllWell(alpha);
    await place(new FleetView(alpha), 'after-redis');
    expect(await alpha.stop()).toBe(0);
    // What Redis holds is now of a stream that is no more.
    alpha = await startNamed('alpha', another);
    await place(new FleetView(alpha), 'after-nats');
    await untilAllWell(alpha);
  });
});
