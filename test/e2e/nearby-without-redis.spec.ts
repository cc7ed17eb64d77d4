import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startRedis } from '@hexfleet/embedded-servers';
import { destination } from '@hexfleet/geodesy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  Asker,
  CITY,
  type NearbyDriver,
  nearbyApp,
  REDIS_PASSWORD,
  randomOf,
  settingsFor,
  untilReady,
} from './nearby-asker.js';
import { type Placed, PlacedFleet } from './placed-fleet.js';

let dataDir: string;
let redis: RunningServer;
let app: NestFastifyApplication;
let fleet: PlacedFleet;
let asker: Asker;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-nearby-'));
  redis = await startRedis({ dataDir, password: REDIS_PASSWORD });
  const settings = settingsFor(redis.url);
  app = await nearbyApp(settings);
  fleet = await PlacedFleet.in(settings);
  asker = new Asker(app);
  for (const role of ['rider', 'fleet', 'ops'] as const) await asker.grant(role, { subject: role, role });
});
afterAll(async () => {
  fleet?.close();
  await app?.close();
  await redis?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('without Redis', () => {
  it('is unready and answers 503, and serves again without a restart when it returns', async () => {
    const here = { latDeg: 41.9, lngDeg: 12.5 };
    await fleet.place([{ driverId: 'survivor', ...here, capturedAtMs: Date.now() }]);
    expect((await asker.get('ops', '/readyz')).statusCode).toBe(200);
    await redis.stop();
    const down = await asker.get('rider', `/v1/drivers/nearby?lat=${here.latDeg}&lng=${here.lngDeg}`);
    expect([down.statusCode, down.json().code, down.headers['retry-after']]).toEqual([503, 'unavailable', '1']);
    expect((await asker.get('fleet', '/v1/drivers/survivor')).statusCode).toBe(503);
    expect((await asker.get('ops', '/readyz')).statusCode).toBe(503);
    expect((await asker.get('ops', '/healthz')).statusCode).toBe(200);

    redis = await startRedis({ dataDir, password: REDIS_PASSWORD, port: redis.port });
    await untilReady(app);
    expect((await asker.near('fleet', here, { limit: 1 })).drivers[0]?.id).toBe('survivor');
    expect((await asker.get('fleet', '/v1/drivers/survivor')).statusCode).toBe(200);
  });
});

describe('with one of two Redis away', () => {
  let folder: string;
  let lost: RunningServer;
  let halfApp: NestFastifyApplication;
  let halfFleet: PlacedFleet;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hexfleet-nearby-'));
    lost = await startRedis({ dataDir: folder, password: REDIS_PASSWORD });
    const settings = { ...settingsFor(`${redis.url},${lost.url}`), name: 'two' };
    halfApp = await nearbyApp(settings);
    halfFleet = await PlacedFleet.in(settings);
  });
  afterAll(async () => {
    halfFleet?.close();
    await halfApp?.close();
    await lost?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers with whom it can see, and says that it is degraded', async () => {
    const random = randomOf(5);
    const drivers = Array.from({ length: 200 }, (_, i): Placed => {
      const place = destination(CITY, random() * 360, random() * 20_000);
      return { driverId: `h-${i}`, ...place, capturedAtMs: Date.now() };
    });
    await halfFleet.place(drivers);
    const url = `/v1/drivers/nearby?lat=${CITY.latDeg}&lng=${CITY.lngDeg}&radiusM=50000&limit=100`;
    const halfAsker = new Asker(halfApp);
    await halfAsker.grant('fleet', { subject: 'fleet', role: 'fleet' });
    const ask = async () => (await halfAsker.get('fleet', url)).json<{ degraded: boolean; drivers: NearbyDriver[] }>();
    const whole = await ask();
    expect([whole.degraded, whole.drivers.length]).toEqual([false, 100]);
    await lost.stop();
    const half = await ask();
    expect(half.degraded).toBe(true);
    expect(half.drivers.length).toBeGreaterThan(20);
    expect((await halfApp.inject('/readyz')).statusCode).toBe(503);

    lost = await startRedis({ dataDir: folder, password: REDIS_PASSWORD, port: lost.port });
    await untilReady(halfApp);
    expect((await ask()).drivers.map(({ id }) => id)).toEqual(whole.drivers.map(({ id }) => id));
  });
});
