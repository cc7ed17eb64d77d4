import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD_BYTES, readRecord, writeRecord } from '@hexfleet/driver-record';
import { findServerBinaries, type RunningServer, startRedis } from '@hexfleet/embedded-servers';
import { type Incarnation, NO_TOTALS, type PartitionTotals } from '@hexfleet/partition-table';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { geohashScore } from './geohash.js';
import { createLocationReader, createPartitionStore, type LocationReader, type PartitionStore } from './index.js';

const NOW_MS = 1_700_000_000_000;
const TTL_MS = 60_000;
const PARTITION = 7;

let dataDir: string;
let server: RunningServer;
let redis: Redis;
let store: PartitionStore;
let reader: LocationReader;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-store-'));
  const { redis: binary } = await findServerBinaries();
  if (binary === undefined) throw new Error('no redis-server');
  server = await startRedis({ dataDir, port: 0, password: 'a-password-for-tests', binary });
  redis = new Redis(server.url);
  const options = { redisUrls: [server.url], name: 'test', ttlMs: TTL_MS, onConnection: () => {} };
  store = createPartitionStore(options);
  reader = createLocationReader(options);
  await untilReady(store, reader);
});
afterAll(async () => {
  redis?.disconnect();
  store?.close();
  reader?.close();
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(() => redis.flushall());

async function untilReady(...clients: { ping(): Promise<void> }[]): Promise<void> {
  for (const client of clients) {
    while (
      !(await client.ping().then(
        () => true,
        () => false,
      ))
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function record(latDeg: number, lngDeg: number, capturedAtMs = NOW_MS): Buffer {
  const packed = Buffer.alloc(RECORD_BYTES);
  const unknown = { headingDeg: undefined, speedMps: undefined, accuracyM: undefined };
  writeRecord(packed, 0, {
    latDeg,
    lngDeg,
    capturedAtMs,
    seq: 0,
    ...unknown,
    status: 'available',
    vehicleClass: 'car',
  });
  return packed;
}

const totals = (written: number): PartitionTotals => ({
  ...NO_TOTALS,
  position: { stream: 's1', seq: written },
  written,
  publishers: new Map([['aa', { total: written, seenAtMs: NOW_MS }]]),
});

function apply(incarnation: Incarnation, n: number, written: number, ...drivers: [string, Buffer][]) {
  return applyTo(incarnation, n, written, drivers.length, ...drivers);
}

/** `holds`: how many drivers the partition is to hold after it. */
function applyTo(incarnation: Incarnation, n: number, written: number, holds: number, ...drivers: [string, Buffer][]) {
  const sets = drivers.map(([driverId, packed]) => ({ driverId, record: packed }));
  return store.apply(PARTITION, {
    kind: 'apply',
    incarnation,
    n,
    sets,
    moved: sets,
    removals: [],
    holds,
    totals: totals(written),
    changedPublishers: ['aa'],
    asOfMs: NOW_MS,
  });
}

/** A partition that was claimed empty and built with nothing in it, at n = 1. */
async function built(epoch: number): Promise<Incarnation> {
  expect(await store.claim(PARTITION, { epoch, k: 1 }, true)).toEqual({ kind: 'empty' });
  const adopt = {
    kind: 'adopt',
    from: { epoch, k: 1 },
    to: { epoch, k: 2 },
    n: 1,
    sets: [],
    totals: NO_TOTALS,
    asOfMs: NOW_MS,
  } as const;
  expect(await store.adopt(PARTITION, adopt)).toBe('ok');
  return { epoch, k: 2 };
}

describe('the score of a place', () => {
  it('is the one that GEOADD stores', async () => {
    const places = [
      [0, 0],
      [85.05, 179.9999999],
      [-85.05, -180],
      [37.7749, -122.4194],
      [-33.8688, 151.2093],
      [0.0000001, 179.999],
    ] as const;
    for (const [latDeg, lngDeg] of places) {
      await redis.geoadd('geo', lngDeg, latDeg, 'x');
      expect([latDeg, lngDeg, geohashScore(latDeg, lngDeg)]).toEqual([
        latDeg,
        lngDeg,
        Number(await redis.zscore('geo', 'x')),
      ]);
    }
  });
});

it('keeps the eastern edge in range, where GEOADD overflows', () => {
  expect(geohashScore(0, 180)).toBe(geohashScore(0, 179.9999999));
});

describe('a partition', () => {
  it('is read back as it was written, counts and publishers included', async () => {
    const incarnation = await built(1);
    const packed = record(37.7749, -122.4194);
    expect(await apply(incarnation, 2, 5, ['d-1', packed])).toBe('ok');
    const claim = await store.claim(PARTITION, { epoch: 2, k: 1 }, true);
    expect(claim).toEqual({
      kind: 'built',
      before: incarnation,
      n: 2,
      totals: totals(5),
      records: [{ driverId: 'd-1', record: packed }],
    });
  });

  it('does not see the write of a former owner', async () => {
    const old = await built(1);
    await store.claim(PARTITION, { epoch: 2, k: 1 }, false);
    expect(await apply(old, 2, 5, ['d-1', record(37, -122)])).toBe('other');
    expect((await reader.search([PARTITION], { latDeg: 37, lngDeg: -122 }, 100)).hits).toEqual([]);
    expect(await store.claim(PARTITION, { epoch: 1, k: 9 }, false)).toEqual({ kind: 'fenced' });
  });

  it('does not see an own write that was held up past a newer claim, and refuses an older claim', async () => {
    const incarnation = await built(1);
    expect(await store.claim(PARTITION, { epoch: 1, k: 3 }, false)).toMatchObject({
      kind: 'built',
      n: 1,
      before: { epoch: 1, k: 2 },
    });
    expect(await apply(incarnation, 2, 1, ['d-1', record(37, -122)])).toBe('other');
    expect(await store.claim(PARTITION, { epoch: 1, k: 2 }, false)).toEqual({ kind: 'outdated' });
  });

  it('says diverged on a base that is not the one expected, and empty to whoever claims what was built on it', async () => {
    const incarnation = await built(1);
    expect(await apply(incarnation, 5, 1, ['d-1', record(37, -122)])).toBe('diverged');
    expect(await store.claim(PARTITION, { epoch: 2, k: 1 }, true)).toEqual({ kind: 'empty' });
  });

  it.each(['geo', 'records'])(
    'notices a %s key that went by itself, at the next write and at the next claim',
    async (name) => {
      const incarnation = await built(1);
      expect(await apply(incarnation, 2, 1, ['d-1', record(37, -122)])).toBe('ok');
      await redis.del(`test:{${PARTITION}}:${name}:1.2`);
      expect(await applyTo(incarnation, 3, 2, 2, ['d-2', record(38, -122)])).toBe('diverged');
      expect(await store.claim(PARTITION, { epoch: 2, k: 1 }, true)).toEqual({ kind: 'empty' });
    },
  );

  it.each(['header', 'geo', 'records'])('drops what somebody else wrote under the name of its %s key', async (name) => {
    const incarnation = await built(1);
    await apply(incarnation, 2, 1, ['d-1', record(37, -122)]);
    await redis.set(`test:{${PARTITION}}:${name}:1.2`, 'a stranger');
    expect(await store.claim(PARTITION, { epoch: 2, k: 1 }, true)).toEqual({ kind: 'empty' });
    expect(await store.claim(PARTITION, { epoch: 2, k: 2 }, true)).toEqual({ kind: 'empty' });
  });

  it('adopts a table once, however often asked, and not from a name that is no longer its own', async () => {
    await built(1);
    const adopt = {
      kind: 'adopt',
      from: { epoch: 1, k: 2 },
      to: { epoch: 1, k: 3 },
      n: 2,
      sets: [{ driverId: 'd-1', record: record(37, -122) }],
      totals: totals(1),
      asOfMs: NOW_MS,
    } as const;
    expect(await store.adopt(PARTITION, adopt)).toBe('ok');
    expect(await store.adopt(PARTITION, { ...adopt, to: { epoch: 1, k: 4 } })).toBe('other');
    await store.claim(PARTITION, { epoch: 2, k: 1 }, false);
    expect(await store.adopt(PARTITION, { ...adopt, to: { epoch: 1, k: 5 } })).toBe('fenced');
  });

  it('leaves no position without an expiry', async () => {
    const incarnation = await built(1);
    await apply(incarnation, 2, 1, ['d-1', record(37, -122)]);
    for (const key of await redis.keys('test:*')) {
      if (!key.endsWith(':inc')) expect([key, (await redis.pttl(key)) > 0]).toEqual([key, true]);
    }
  });
});

describe('search', () => {
  it('finds across the antimeridian from either side, and near the end of the map', async () => {
    const incarnation = await built(1);
    await apply(
      incarnation,
      2,
      3,
      ['west', record(10, 179.999)],
      ['east', record(10, -179.999)],
      ['north', record(84.9, 20)],
    );
    for (const lngDeg of [179.9995, -179.9995, 180, -180]) {
      const { hits } = await reader.search([PARTITION], { latDeg: 10, lngDeg }, 500);
      expect([...new Set(hits.map(({ driverId }) => driverId))].sort()).toEqual(['east', 'west']);
    }
    const { hits } = await reader.search([PARTITION], { latDeg: 84.9001, lngDeg: 20.001 }, 100);
    expect(hits.map(({ driverId, record: packed }) => [driverId, readRecord(packed).latDeg])).toEqual([
      ['north', 84.9],
    ]);
  });

  it('returns thousands of drivers, past what Lua passes in one call', async () => {
    const incarnation = await built(1);
    const drivers = Array.from({ length: 2_500 }, (_, i): [string, Buffer] => [`d-${i}`, record(37 + i * 1e-6, -122)]);
    await apply(incarnation, 2, 2_500, ...drivers);
    const { hits, oldestWriteAtMs } = await reader.search([PARTITION], { latDeg: 37, lngDeg: -122 }, 2_000);
    expect([hits.length, oldestWriteAtMs]).toEqual([2_500, NOW_MS]);
  });
});

describe('the directory', () => {
  const at = (capturedAtMs: number, more: object = {}) => ({
    driverId: 'd-1',
    capturedAtMs,
    holds: false,
    force: false,
    life: -1,
    available: true,
    ...more,
  });
  const enter = async (partition: number, request: ReturnType<typeof at>) =>
    (await store.directory.enter(partition, [request], NOW_MS)).entered[0];

  it('moves a driver to where its newest ping was taken, and tells the old home until it has cleared', async () => {
    const first = await enter(3, at(NOW_MS));
    expect(await enter(4, at(NOW_MS + 1))).toMatchObject({ ok: true, life: first?.life });
    const { todos } = await store.directory.todos([3, 4], NOW_MS);
    expect(todos).toMatchObject([{ partition: 3, driverId: 'd-1', capturedAtMs: NOW_MS + 1, elsewhere: [4] }]);
    await store.directory.clear(3, [{ ...(todos[0] as (typeof todos)[0]), token: 0 }]);
    expect((await store.directory.todos([3], NOW_MS)).todos).toHaveLength(1);
    await store.directory.clear(3, todos);
    expect((await store.directory.todos([3], NOW_MS)).todos).toEqual([]);
  });

  it('calls an older or equal ping stale, but for a forced tie, and gives a stale holder a to-do', async () => {
    await enter(3, at(NOW_MS));
    expect(await enter(4, at(NOW_MS))).toMatchObject({ ok: false, tiedWith: 3 });
    expect(await enter(4, at(NOW_MS - 1))).toMatchObject({ ok: false, tiedWith: undefined });
    expect((await enter(4, at(NOW_MS - 1, { holds: true })))?.ok).toBe(false);
    expect((await store.directory.todos([4], NOW_MS)).todos).toHaveLength(1);
    expect((await enter(4, at(NOW_MS, { force: true })))?.ok).toBe(true);
    expect((await store.directory.todos([3, 4], NOW_MS)).todos.map(({ partition }) => partition)).toEqual([3]);
  });

  it('tells who comes with an older ping of its own driver what it was told, and is set back from that alone', async () => {
    await enter(3, at(NOW_MS));
    await enter(4, at(NOW_MS + 1));
    await enter(4, at(NOW_MS + 9));
    expect(await enter(4, at(NOW_MS + 2, { holds: true }))).toMatchObject({ ok: true, toldMs: NOW_MS + 9 });
    const correction = { driverId: 'd-1', toldMs: NOW_MS + 9, capturedAtMs: NOW_MS + 2 };
    await store.directory.correct(3, [correction]);
    await store.directory.correct(4, [{ ...correction, toldMs: NOW_MS + 8 }]);
    expect((await store.directory.todos([3], NOW_MS)).todos).toMatchObject([{ capturedAtMs: NOW_MS + 9 }]);
    await store.directory.correct(4, [correction]);
    expect((await store.directory.todos([3], NOW_MS)).todos).toMatchObject([
      { capturedAtMs: NOW_MS + 2, elsewhere: [4] },
    ]);
    expect(await enter(4, at(NOW_MS + 2, { holds: true }))).toMatchObject({ ok: true, toldMs: undefined });
  });

  it('begins a new spell of availability for a driver that was out of sight, or changed homes while busy', async () => {
    const { life } = (await enter(3, at(NOW_MS))) as { life: number };
    expect((await enter(3, at(NOW_MS + 1)))?.life).toBe(life + 1);
    expect((await enter(4, at(NOW_MS + 2)))?.life).toBe(life + 1);
    expect((await enter(5, at(NOW_MS + 3, { available: false })))?.life).toBe(life + 2);
  });

  it('keeps an entry for 2.6 TTLs past its last ping and then leaves nothing', async () => {
    await enter(3, at(NOW_MS));
    const sweepAll = async (nowMs: number) => {
      for (const slot of store.directory.slots) {
        let cursor = '0';
        do cursor = await store.directory.sweep(slot, cursor, nowMs);
        while (cursor !== '0');
      }
      return (await redis.keys('test:{d*}:entries:*')).length;
    };
    expect(await sweepAll(NOW_MS + 2.6 * TTL_MS)).toBe(1);
    expect(await sweepAll(NOW_MS + 2.6 * TTL_MS + 1)).toBe(0);
  });

  it('names a new birth after it was emptied', async () => {
    const before = (await store.directory.enter(3, [at(NOW_MS)], NOW_MS)).born;
    await redis.flushall();
    const after = (await store.directory.enter(3, [at(NOW_MS)], NOW_MS)).born;
    expect([...after.keys()]).toEqual([...before.keys()]);
    expect([...after.values()]).not.toEqual([...before.values()]);
  });
});
