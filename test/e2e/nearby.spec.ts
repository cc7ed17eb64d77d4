import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startRedis } from '@hexfleet/embedded-servers';
import { destination } from '@hexfleet/geodesy';
import { STATUSES } from '@hexfleet/ping';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { nearestByBruteForce } from '../oracle/nearest-oracle.js';
import {
  Asker,
  CITY,
  type NearbyDriver,
  nearbyApp,
  REDIS_PASSWORD,
  randomOf,
  settingsFor,
  TTL_MS,
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
  for (const role of ['rider', 'fleet', 'ops', 'viewer'] as const) await asker.grant(role, { subject: role, role });
});
afterAll(async () => {
  fleet?.close();
  await app?.close();
  await redis?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('who is near', () => {
  it('is what a look at every driver tells, for any place, limit and radius', async () => {
    const random = randomOf(1);
    const drivers = Array.from({ length: 3_000 }, (_, i): Placed => {
      const metres = 12_000 * random() ** 2;
      const place = destination(CITY, random() * 360, metres);
      return { driverId: `c-${i}`, ...place, capturedAtMs: Date.now(), vehicleClass: i % 10 === 0 ? 'bike' : 'car' };
    });
    await fleet.place(drivers);
    for (let i = 0; i < 300; i++) {
      const from = destination(CITY, random() * 360, random() * 15_000);
      const limit = 1 + Math.floor(random() * 20);
      const radiusM = 100 + Math.floor(random() * 9_000);
      const vehicleClass = i % 5 === 0 ? 'bike' : '';
      const reply = await asker.near('fleet', from, { limit, radiusM, vehicleClass });
      const matching = drivers.filter((driver) => vehicleClass === '' || driver.vehicleClass === vehicleClass);
      const truth = nearestByBruteForce(
        matching.map(rounded),
        { lat: from.latDeg, lng: from.lngDeg },
        { limit, radiusM },
      );
      expect(reply.drivers.map(({ id }) => id)).toEqual(truth.map(({ driverId }) => driverId));
      for (const [rank, { distanceM }] of truth.entries()) {
        expect(Math.abs((reply.drivers[rank]?.distanceM ?? Number.NaN) - distanceM)).toBeLessThan(0.1);
      }
      expect(reply.degraded).toBe(false);
    }
  });

  it('is where they are believed to be by now, when that is asked for', async () => {
    const random = randomOf(3);
    const city = { latDeg: -33.87, lngDeg: 151.2 };
    const drivers = Array.from({ length: 1_500 }, (_, i): Placed => {
      const place = destination(city, random() * 360, 12_000 * random() ** 2);
      const capturedAtMs = Date.now() - Math.floor(random() * 40_000);
      // One in twenty is as fast as anybody is carried: 2.1 km in half a minute.
      const speedMps = i % 20 === 0 ? 70 : Math.round(random() * 200) / 10;
      const motion = {
        headingDeg: Math.floor(random() * 360),
        speedMps,
        isHeadingInferred: i % 3 === 0,
        isSpeedInferred: i % 3 === 0,
      };
      return { driverId: `m-${i}`, ...place, capturedAtMs, ...(i % 4 > 0 && motion) };
    });
    await fleet.place(drivers);
    for (let i = 0; i < 100; i++) {
      const from = destination(city, random() * 360, random() * 15_000);
      const limit = 1 + Math.floor(random() * 20);
      const radiusM = 100 + Math.floor(random() * 9_000);
      const reply = await asker.near('fleet', from, { limit, radiusM, carry: 'true' });
      const carried = drivers.map((driver) => carriedTo(driver, reply.asOfMs));
      const truth = nearestByBruteForce(carried, { lat: from.latDeg, lng: from.lngDeg }, { limit, radiusM });
      expect(reply.drivers.map(({ id }) => id)).toEqual(truth.map(({ driverId }) => driverId));
      for (const [rank, { driverId, distanceM }] of truth.entries()) {
        const shown = reply.drivers[rank] as NearbyDriver;
        const { lat, lng } = carried.find((driver) => driver.driverId === driverId) as (typeof carried)[number];
        expect(Math.abs(shown.distanceM - distanceM)).toBeLessThan(0.1);
        expect([shown.lat - lat, shown.lng - lng].every((offDeg) => Math.abs(offDeg) < 2e-7)).toBe(true);
      }
    }
  });

  it('leaves the fix where it is when carry is false, and tells no heading and speed but those that a phone read', async () => {
    const here = { latDeg: -36.85, lngDeg: 174.76 };
    const motion = { headingDeg: 0, speedMps: 20, capturedAtMs: Date.now() - 10_000 };
    await fleet.place([
      { driverId: 'read', ...here, ...motion },
      { driverId: 'inferred', ...here, ...motion, isHeadingInferred: true, isSpeedInferred: true },
    ]);
    for (const [carry, distancesM] of [
      ['false', [0, 0]],
      ['true', [200, 200]],
    ] as const) {
      const { drivers } = await asker.near('fleet', here, { carry });
      expect(drivers.map(({ distanceM }) => Math.round(distanceM / 10) * 10)).toEqual(distancesM);
      expect(drivers.map(({ id, headingDeg, speedMps }) => [id, headingDeg, speedMps]).sort()).toEqual([
        ['inferred', undefined, undefined],
        ['read', 0, 20],
      ]);
    }
    const byId = (await asker.get('fleet', '/v1/drivers/inferred')).json();
    expect(byId).toMatchObject({ id: 'inferred', lat: here.latDeg });
    expect(byId).not.toHaveProperty('headingDeg');
    expect(byId).not.toHaveProperty('speedMps');
  });

  it('crosses the antimeridian both ways, and goes as far north as pings do', async () => {
    const capturedAtMs = Date.now();
    await fleet.place([
      { driverId: 'east', latDeg: -17, lngDeg: 179.999, capturedAtMs },
      { driverId: 'west', latDeg: -17, lngDeg: -179.999, capturedAtMs },
      { driverId: 'north', latDeg: 84.9, lngDeg: 20, capturedAtMs },
      { driverId: 'north-far-side', latDeg: 84.9, lngDeg: 180, capturedAtMs },
    ]);
    const ids = async (latDeg: number, lngDeg: number, radiusM = 5_000) =>
      (await asker.near('fleet', { latDeg, lngDeg }, { radiusM })).drivers.map(({ id }) => id);
    expect(await ids(-17, -179.9985)).toEqual(['west', 'east']);
    expect(await ids(-17, 179.9985)).toEqual(['east', 'west']);
    expect(await ids(-17, 180)).toHaveLength(2);
    expect(await ids(-17, -180, 150)).toHaveLength(2);
    expect(await ids(84.9, 20.01)).toEqual(['north']);
    expect(await ids(85.05, 20, 20_000)).toEqual(['north']);
    expect(await ids(84.9, -179.99)).toEqual(['north-far-side']);
  });

  it('hides from riders who drivers are and who is not available', async () => {
    const here = { latDeg: 48.85, lngDeg: 2.35 };
    const capturedAtMs = Date.now() - 1_000;
    await fleet.place(
      STATUSES.map((status) => ({
        driverId: `paris-${status}`,
        ...here,
        capturedAtMs,
        status,
        headingDeg: 90,
        seq: 7,
      })),
    );
    const { drivers } = await asker.near('rider', here);
    expect(drivers).toHaveLength(1);
    const { id, ageMs, ...rest } = drivers[0] as NearbyDriver;
    expect(rest).toEqual({
      ...{
        lat: 48.85,
        lng: 2.35,
        distanceM: 0,
        headingDeg: 90,
        vehicleClass: 'car',
        status: 'available',
        capturedAtMs,
      },
    });
    expect(id).toMatch(/^r_[A-Za-z0-9_-]{22}$/);
    expect(ageMs).toBeGreaterThanOrEqual(1_000);
    expect((await asker.near('rider', here)).drivers[0]?.id).toBe(id);

    await fleet.place([{ driverId: 'paris-available', ...here, capturedAtMs: capturedAtMs + 500, life: 2 }]);
    expect((await asker.near('rider', here)).drivers[0]?.id).not.toBe(id);

    expect((await asker.near('fleet', here)).drivers.map((driver) => driver.id)).toEqual(
      STATUSES.map((s) => `paris-${s}`).sort(),
    );
    expect((await asker.near('ops', here, { status: 'on_trip,idle' })).drivers.map(({ status }) => status)).toEqual([
      'idle',
      'on_trip',
    ]);
  });

  it('shows a driver once, where it is newest, while two partitions hold it', async () => {
    const old = { driverId: 'twice', latDeg: 51.5, lngDeg: -0.12, capturedAtMs: Date.now() - 5_000 };
    const now = { ...old, lngDeg: -0.1201, capturedAtMs: old.capturedAtMs + 4_000, status: 'on_trip' as const };
    const home = fleet.partitionOf(now);
    const both = [home, (home + 1) % 16] as const;
    await fleet.write(both[0], [now]);
    await fleet.write(both[1], [old]);
    const reply = await asker.near('fleet', old, { radiusM: 50_000 });
    expect(reply.drivers.map(({ id, capturedAtMs }) => [id, capturedAtMs])).toEqual([['twice', now.capturedAtMs]]);
    expect((await asker.near('rider', old, { radiusM: 50_000 })).drivers).toEqual([]);
  });

  it('leaves out who has been silent for longer than the TTL', async () => {
    const here = { latDeg: 40.7, lngDeg: -74 };
    await fleet.place([
      { driverId: 'fresh', ...here, capturedAtMs: Date.now() - TTL_MS + 10_000 },
      { driverId: 'silent', ...here, capturedAtMs: Date.now() - TTL_MS - 1 },
    ]);
    expect((await asker.near('fleet', here)).drivers.map(({ id }) => id)).toEqual(['fresh']);
    expect((await asker.get('fleet', '/v1/drivers/silent')).statusCode).toBe(404);
  });

  it('does not go back when the store does', async () => {
    const first = { driverId: 'reset', latDeg: 35.68, lngDeg: 139.69, capturedAtMs: Date.now() - 2_000, seq: 5 };
    await fleet.place([first]);
    const seen = (await asker.near('fleet', first)).drivers[0];
    await fleet.place([{ ...first, latDeg: 35.681, capturedAtMs: first.capturedAtMs - 3_000 }]);
    expect((await asker.near('fleet', first)).drivers[0]).toMatchObject({
      id: 'reset',
      lat: seen?.lat,
      capturedAtMs: first.capturedAtMs,
    });
    expect((await asker.get('fleet', '/v1/drivers/reset')).json()).toMatchObject({ lat: 35.68, seq: 5 });
    await fleet.place([{ ...first, latDeg: 35.682, seq: 6 }]);
    expect((await asker.get('fleet', '/v1/drivers/reset')).json()).toMatchObject({ lat: 35.682, seq: 6 });
  });

  it('says degraded when a partition that it asked has not been written lately', async () => {
    const here = { latDeg: 52.52, lngDeg: 13.4 };
    await fleet.place([], Date.now() - 16_000);
    expect((await asker.near('rider', here)).degraded).toBe(true);
    await fleet.place([]);
    expect((await asker.near('rider', here)).degraded).toBe(false);
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(/^hexfleet_nearby_degraded_total 1$/m);
    expect(body).toMatch(/^hexfleet_nearby_seconds_count\{query="nearest"\} \d{3}/m);
    expect(body).toMatch(/^hexfleet_nearby_rings_count \d{3}/m);
  });

  it('refuses what it does not take, with every fault', async () => {
    const answer = await asker.get('rider', '/v1/drivers/nearby?lat=91&limit=0&radiusM=50001&status=idle&carry=on');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const { code, detail } = answer.json<{ code: string; detail: string }>();
    expect(code).toBe('invalid_request');
    expect(['lat', 'lng', 'limit', 'radiusM', 'status', 'carry'].filter((name) => !detail.includes(name))).toEqual([]);
    expect((await asker.get('viewer', '/v1/drivers/nearby?lat=1&lng=1')).statusCode).toBe(403);
    expect((await app.inject('/v1/drivers/nearby?lat=1&lng=1')).statusCode).toBe(401);
  });
});

describe('where one driver is', () => {
  const driver = { driverId: 'd:1.7', latDeg: 59.33, lngDeg: 18.06, seq: 42, status: 'en_route' as const };

  it('is told with whether and when its ping was written', async () => {
    const capturedAtMs = Date.now() - 3_000;
    const writtenAtMs = capturedAtMs + 700;
    await fleet.place([{ ...driver, capturedAtMs, speedMps: 8.5, accuracyM: 6 }], undefined, writtenAtMs);
    await fleet.place([]);
    const answer = await asker.get('fleet', '/v1/drivers/d:1.7');
    expect(answer.statusCode).toBe(200);
    const { asOfMs, ageMs, ...rest } = answer.json<Record<string, number>>();
    expect(rest).toEqual({
      ...{ id: 'd:1.7', lat: 59.33, lng: 18.06, speedMps: 8.5, accuracyM: 6, vehicleClass: 'car', status: 'en_route' },
      ...{ capturedAtMs, seq: 42, writtenAtMs },
    });
    expect(ageMs).toBe((asOfMs as number) - capturedAtMs);
  });

  it('is told to fleets, operators, the driver and the rider whose trip names it, and to nobody else', async () => {
    await asker.grant('own', { subject: 'd:1.7', role: 'driver' });
    await asker.grant('another driver', { subject: 'd:1.8', role: 'driver' });
    await asker.grant('on its trip', { subject: 'rider-1', role: 'rider', driverId: 'd:1.7' });
    await asker.grant('on another trip', { subject: 'rider-2', role: 'rider', driverId: 'd:1.8' });
    const statusOf = async (who: string) => (await asker.get(who, '/v1/drivers/d:1.7')).statusCode;
    for (const who of ['fleet', 'ops', 'own', 'on its trip']) expect([who, await statusOf(who)]).toEqual([who, 200]);
    for (const who of ['another driver', 'on another trip', 'rider', 'viewer']) {
      expect([who, await statusOf(who)]).toEqual([who, 403]);
    }
    expect((await app.inject('/v1/drivers/d:1.7')).statusCode).toBe(401);
  });

  it('is not found where nobody has that id, or could', async () => {
    for (const id of ['never-seen', '__proto__', '%0A', 'x'.repeat(65), 'x'.repeat(500)]) {
      const answer = await asker.get('fleet', `/v1/drivers/${id}`);
      expect([id, answer.statusCode, answer.json().code]).toEqual([id, 404, 'not_found']);
    }
  });
});

/** As records keep it. */
function rounded({ driverId, latDeg, lngDeg }: Placed) {
  return { driverId, lat: Math.round(latDeg * 1e7) / 1e7, lng: Math.round(lngDeg * 1e7) / 1e7 };
}

/** As far along its heading as it drives in the time since, 30 s of it at most. */
function carriedTo(driver: Placed, asOfMs: number) {
  const { driverId, headingDeg, speedMps = 0, capturedAtMs } = driver;
  const fix = rounded(driver);
  const seconds = Math.min(30, (asOfMs - capturedAtMs) / 1_000);
  if (headingDeg === undefined || speedMps < 0.5) return fix;
  const { latDeg, lngDeg } = destination({ latDeg: fix.lat, lngDeg: fix.lng }, headingDeg, speedMps * seconds);
  return { driverId, lat: latDeg, lng: lngDeg };
}
